#include "apps/cdn_place.h"

#include <algorithm>
#include <cmath>

#include "formats/pops/pops.h"

namespace meridian::apps {
namespace {

using snapshots::feed::ServedAt;

std::int32_t hundredths(double degrees) {
  return static_cast<std::int32_t>(std::lround(degrees * 100));
}

Result<std::vector<net::IpAddress>> addresses_of(const CdnPlace& place) {
  std::vector<net::IpAddress> out;
  const auto add = [&](const net::IpAddress& address) {
    if (!is_wildcard(address) && std::ranges::find(out, address) == out.end()) out.push_back(address);
  };
  for (const std::string& text : place.published) {
    const auto address = net::IpAddress::parse(text);
    if (!address || is_wildcard(*address)) return invalid("--cdn-address: " + text + " is not an address");
    add(*address);
  }
  if (!out.empty()) return out;
  for (const auto* listened : {&place.http, &place.https})
    for (const net::Address& address : *listened) add(address.ip);
  return out;
}

Result<ServedAt> served_at(const CdnPlace& place, const DnsSide& dns) {
  ServedAt at;
  at.code = place.code;
  at.addresses = TRY(addresses_of(place));
  if (const auto pop = pops::find_pop(at.code)) {
    at.latitude = hundredths(pop->latitude);
    at.longitude = hundredths(pop->longitude);
    at.price_class = static_cast<std::uint16_t>(pop->price_class);
  }
  if (const auto* known = dns.edge_location(at.code, place.http)) {
    at.latitude = hundredths(known->point.latitude);
    at.longitude = hundredths(known->point.longitude);
  }
  return at;
}

}  // namespace

bool is_wildcard(const net::IpAddress& address) {
  return address.bytes().find_first_not_of('\0') == std::string_view::npos;
}

Result<std::vector<ServedAt>> served_at(const CdnSide& cdn, const DnsSide& dns) {
  std::vector<ServedAt> out;
  for (const CdnPlace& place : cdn.places())
    if (ServedAt at = TRY(served_at(place, dns)); !at.addresses.empty()) out.push_back(std::move(at));
  return out;
}

}  // namespace meridian::apps
