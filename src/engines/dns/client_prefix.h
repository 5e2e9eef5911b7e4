// ClientPrefix: the network that a client belongs to, the unit of every limit: /24 of IPv4 and /56 of IPv6,
// about what one customer holds and what one forger can vary at will.
#pragma once

#include <cstdint>
#include <string>

#include "net/address.h"

namespace meridian::engines::dns {

struct ClientPrefix {
  static constexpr std::uint8_t kBitsV4 = 24, kBitsV6 = 56;

  std::uint64_t bits = 0;  // those of the prefix first; the last byte tells the families apart

  static ClientPrefix of(const net::IpAddress& address) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(address.bytes().data());
    const int size = (address.is_v4() ? kBitsV4 : kBitsV6) / 8;
    std::uint64_t bits = 0;
    for (int i = 0; i < size; ++i) bits |= static_cast<std::uint64_t>(bytes[i]) << (56 - 8 * i);
    return {bits | (address.is_v4() ? 4u : 6u)};
  }

  net::Cidr cidr() const;
  bool operator==(const ClientPrefix&) const = default;
};

// For tables whose size bounds the harm; what strangers can fill at will is keyed (rate_table.h).
struct ClientPrefixHash {
  std::size_t operator()(const ClientPrefix& prefix) const {
    return static_cast<std::size_t>((prefix.bits * 0x9e3779b97f4a7c15) >> 16);
  }
};

}  // namespace meridian::engines::dns
