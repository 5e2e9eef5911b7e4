#include "engines/dns/client_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace meridian::engines::dns {
namespace {

using snapshots::location::Located;
using snapshots::location::Place;

constexpr Place kNowhere;
constexpr unsigned kMappedBits = 96;
constexpr std::string_view kMappedPrefix("\0\0\0\0\0\0\0\0\0\0\xff\xff", kMappedBits / 8);

unsigned width_of(const net::IpAddress& address) {
  return address.is_v4() ? 32 : 128;
}

// Sockets of both families and some resolvers write IPv4 clients so.
ClientBlock unmapped(ClientBlock block) {
  if (block.address.is_v4() || block.bits < kMappedBits || !block.address.bytes().starts_with(kMappedPrefix))
    return block;
  std::array<std::uint8_t, 4> v4;
  std::ranges::copy(as_bytes(block.address.bytes()).last(4), v4.begin());
  block.address = net::IpAddress::v4(v4);
  block.bits -= kMappedBits;
  block.mapped_bits = kMappedBits;
  return block;
}

net::IpAddress address_of(const meridian::dns::ClientSubnet& subnet) {
  if (subnet.family == 2) return net::IpAddress::v6(subnet.address);
  return net::IpAddress::v4({subnet.address[0], subnet.address[1], subnet.address[2], subnet.address[3]});
}

}  // namespace

void ClientPlace::read_block() {
  block_.emplace();
  if (!context_ || context_->place) return;
  if (subnet_ && subnet_->source_bits > 0)
    block_ = unmapped({address_of(*subnet_), subnet_->source_bits, 0, true});
  else
    block_ = unmapped({context_->client.ip, width_of(context_->client.ip), 0, false});
}

void ClientPlace::locate() {
  if (context_ && context_->place) [[unlikely]] {
    located_ = Located{.place = context_->place};
    return depend_on(0);
  }
  located_ = locations() ? locations()->locate(block().address, block().bits) : Located{.place = &kNowhere};
  depend_on(located_->prefix_bits);
}

std::uint8_t ClientPlace::scope_bits() const {
  if (!depends_ || !subnet_) return 0;
  const unsigned width = subnet_->family == 1 ? 32 : subnet_->family == 2 ? 128 : 0;
  return static_cast<std::uint8_t>(std::min(std::max(depends_on_, 1u), width));
}

void ClientPlace::explain(Trace& trace) {
  if (std::exchange(explained_, true)) return;
  const ClientBlock& from = block();
  const bool assumed = context_ && context_->place;
  const std::string address =
      assumed ? "any address" : fmt::format("{}/{}", from.address.to_string(), from.bits);
  const char* const told_by = assumed                 ? "place assumed"
                              : from.is_client_subnet ? "client subnet"
                                                      : "source address";
  const ClientPlace before = *this;
  const Located where = located();
  reset_to(before);
  const Place& place = *where.place;
  std::vector<Trace::Field> fields{{"address", address}, {"address_source", std::string(told_by)}};
  std::string text = fmt::format("{} ({})", address, told_by);
  const auto add_code = [&](const char* name, const snapshots::location::Code& code) {
    if (!code.known()) return;
    text += fmt::format(", {} {}", name, code.text());
    fields.push_back({name, std::string(code.text())});
  };
  add_code("continent", place.continent);
  add_code("country", place.country);
  add_code("subdivision", place.subdivision);
  if (place.has_point) {
    text += fmt::format(", at {:.4g} {:.4g}", place.latitude, place.longitude);
    fields.push_back({"latitude", static_cast<double>(place.latitude)});
    fields.push_back({"longitude", static_cast<double>(place.longitude)});
  }
  const std::string by = assumed       ? "as asked"
                         : locations() ? locations()->describe(where)
                                       : "nothing is known of any client";
  text += fmt::format("; {}; holds for /{}", by, where.prefix_bits);
  fields.push_back({"located_by", by});
  fields.push_back({"prefix_bits", std::int64_t{where.prefix_bits}});
  trace.add("client", std::move(text), std::move(fields));
}

}  // namespace meridian::engines::dns
