#include "engines/dns/client_prefix.h"

namespace meridian::engines::dns {

net::Cidr ClientPrefix::cidr() const {
  const auto byte = [this](int i) { return static_cast<std::uint8_t>(bits >> (56 - 8 * i)); };
  if ((bits & 0xff) == 4) return {net::IpAddress::v4({byte(0), byte(1), byte(2), 0}), kBitsV4};
  std::array<std::uint8_t, 16> bytes{};
  for (int i = 0; i < kBitsV6 / 8; ++i) bytes[static_cast<std::size_t>(i)] = byte(i);
  return {net::IpAddress::v6(bytes), kBitsV6};
}

}  // namespace meridian::engines::dns
