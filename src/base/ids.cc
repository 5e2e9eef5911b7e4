#include "base/ids.h"

namespace meridian {

std::string make_uuid(Random& random) {
  std::uint8_t bytes[16];
  random.fill(bytes);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  std::string hex = to_hex(bytes);
  for (std::size_t at : {20, 16, 12, 8}) hex.insert(at, 1, '-');
  return hex;
}

std::string make_id(Random& random, char prefix, std::size_t size) {
  return prefix + random.text(size - 1, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

}  // namespace meridian
