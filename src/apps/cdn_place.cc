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

bool is_wildcard(const net::IpAddress& address) {
  return address.bytes().find_first_not_of('\0') == std::string_view::npos;
}

Result<std::vector<net::IpAddress>> addresses_of(const std::vector<std::string>& published,
                                                 const CdnSide& cdn) {
  std::vector<net::IpAddress> out;
  const auto add = [&](const net::IpAddress& address) {
    if (!is_wildcard(address) && std::ranges::find(out, address) == out.end()) out.push_back(address);
  };
  for (const std::string& text : published) {
    const auto address = net::IpAddress::parse(text);
    if (!address || is_wildcard(*address)) return invalid("--cdn-address: " + text + " is not an address");
    add(*address);
  }
  if (!out.empty()) return out;
  for (const auto* listened : {&cdn.addresses(), &cdn.tls_addresses()})
    for (const net::Address& address : *listened) add(address.ip);
  return out;
}

}  // namespace

Result<std::vector<ServedAt>> served_at(const std::string& code, const std::vector<std::string>& published,
                                        const CdnSide& cdn, const DnsSide& dns) {
  ServedAt at;
  at.code = code;
  if (!snapshots::feed::is_location_code(at.code))
    return invalid("--cdn-location: " + at.code + " is not a location's code");
  at.addresses = TRY(addresses_of(published, cdn));
  if (at.addresses.empty()) return std::vector<ServedAt>();
  if (const auto pop = pops::find_pop(at.code)) {
    at.latitude = hundredths(pop->latitude);
    at.longitude = hundredths(pop->longitude);
    at.price_class = static_cast<std::uint16_t>(pop->price_class);
  }
  if (const auto* place = dns.edge_location(at.code, cdn.addresses())) {
    at.latitude = hundredths(place->point.latitude);
    at.longitude = hundredths(place->point.longitude);
  }
  return std::vector<ServedAt>{std::move(at)};
}

}  // namespace meridian::apps
