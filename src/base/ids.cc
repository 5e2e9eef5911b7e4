#include "base/ids.h"

namespace meridian {

std::string make_uuid(Random& random) {
  std::uint8_t bytes[16];
  random.fill(bytes);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(36, '-');
  std::size_t at = 0;
  for (const std::uint8_t byte : bytes) {
    if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
    out[at++] = kDigits[byte >> 4];
    out[at++] = kDigits[byte & 15];
  }
  return out;
}

std::string make_id(Random& random, char prefix, std::size_t size) {
  return prefix + random.text(size - 1, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

}  // namespace meridian
