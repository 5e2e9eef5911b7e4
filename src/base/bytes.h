// Byte spans, bounded big-endian reading and writing, and the text forms of bytes (hex, base64).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace meridian {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Reads network-order integers from bytes of unknown origin. A read past the end returns zero and leaves ok()
// false for good, so that a parser may check once at the end of a fixed-size part.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}
  explicit ByteReader(std::string_view text) : bytes_(as_bytes(text)) {}

  bool ok() const { return ok_; }
  std::size_t position() const { return position_; }
  std::size_t remaining() const { return bytes_.size() - position_; }
  bool at_end() const { return remaining() == 0; }

  std::uint8_t u8() { return static_cast<std::uint8_t>(integer(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(integer(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(integer(4)); }
  std::uint64_t u64() { return integer(8); }
  Bytes take(std::size_t size) {
    if (size > remaining()) {
      ok_ = false;
      position_ = bytes_.size();
      return {};
    }
    Bytes part = bytes_.subspan(position_, size);
    position_ += size;
    return part;
  }
  // A u32 length, then that many bytes: the pair of append_sized.
  std::string_view sized() { return as_text(take(u32())); }

 private:
  std::uint64_t integer(std::size_t size) {
    Bytes part = take(size);
    std::uint64_t value = 0;
    for (std::uint8_t byte : part) value = value << 8 | byte;
    return value;
  }
  Bytes bytes_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

void append_u8(std::string& out, std::uint8_t value);
void append_u16(std::string& out, std::uint16_t value);
void append_u32(std::string& out, std::uint32_t value);
void append_u64(std::string& out, std::uint64_t value);
void append_sized(std::string& out, std::string_view bytes);

static_assert(std::endian::native == std::endian::little);
inline std::uint16_t load_u16(const std::uint8_t* at) {
  std::uint16_t bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  return std::byteswap(bytes);
}
inline std::uint32_t load_u32(const std::uint8_t* at) {
  std::uint32_t bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  return std::byteswap(bytes);
}
inline void store_u16(std::uint8_t* at, std::uint16_t value) {
  value = std::byteswap(value);
  std::memcpy(at, &value, sizeof value);
}
inline void store_u32(std::uint8_t* at, std::uint32_t value) {
  value = std::byteswap(value);
  std::memcpy(at, &value, sizeof value);
}

std::string to_hex(Bytes bytes);  // lower case
std::optional<std::string> from_hex(std::string_view text);
std::string to_base64(Bytes bytes);
std::optional<std::string> from_base64(std::string_view text);  // padded, standard alphabet, no white space

// CRC-32C (Castagnoli): the checksum of everything we write to disk ourselves.
std::uint32_t crc32c(Bytes bytes, std::uint32_t seed = 0);

// Equal in time that depends only on the lengths: for signatures and tokens.
bool equal_in_constant_time(std::string_view a, std::string_view b);

std::string to_lower(std::string_view text);  // ASCII only

}  // namespace meridian
