#include "formats/dns/base32.h"

#include <cstdint>

namespace meridian::dns {
namespace {
constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
}

std::string to_base32hex(std::string_view bytes) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (char c : bytes) {
    bits = bits << 8 | static_cast<std::uint8_t>(c);
    for (count += 8; count >= 5; count -= 5) out.push_back(kAlphabet[bits >> (count - 5) & 31]);
  }
  if (count) out.push_back(kAlphabet[bits << (5 - count) & 31]);
  return out;
}

std::optional<std::string> from_base32hex(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (char c : text) {
    std::size_t digit = kAlphabet.find(c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 5 | static_cast<std::uint32_t>(digit);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count));
  }
  // A whole last digit too many, or bits that would be lost.
  if (count >= 5 || (bits & ((1u << count) - 1))) return std::nullopt;
  return out;
}

}  // namespace meridian::dns
