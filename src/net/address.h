// IP addresses, socket addresses and CIDR blocks as values, with their text forms.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace meridian::net {

class IpAddress {
 public:
  IpAddress() = default;  // 0.0.0.0
  static IpAddress v4(const std::array<std::uint8_t, 4>& bytes) {
    IpAddress address;
    for (std::size_t i = 0; i < bytes.size(); ++i) address.bytes_[i] = bytes[i];
    return address;
  }
  static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);
  // Dotted quad without leading zeros, or RFC 4291 text; no zone, no port.
  static Result<IpAddress> parse(std::string_view text);

  bool is_v4() const { return v4_; }
  std::string_view bytes() const { return {reinterpret_cast<const char*>(bytes_.data()), v4_ ? 4u : 16u}; }
  std::string to_string() const;  // RFC 5952
  bool is_loopback() const;
  auto operator<=>(const IpAddress&) const = default;

 private:
  bool v4_ = true;
  std::array<std::uint8_t, 16> bytes_{};
};

struct Address {
  IpAddress ip;
  std::uint16_t port = 0;
  // "127.0.0.1:53", "[::1]:53"; ":53" is 0.0.0.0:53.
  static Result<Address> parse(std::string_view text);
  std::string to_string() const;
  auto operator<=>(const Address&) const = default;
};

struct Cidr {
  IpAddress base;  // host bits zero
  std::uint8_t bits = 0;
  static Result<Cidr> parse(std::string_view text);  // refuses host bits that are set
  bool contains(const IpAddress& address) const;
  std::string to_string() const;
  auto operator<=>(const Cidr&) const = default;
};

}  // namespace meridian::net
