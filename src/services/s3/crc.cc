// Eight bytes at a time by eight tables, which are made at compile time.
#include "services/s3/crc.h"

#include <array>
#include <bit>
#include <cstring>

namespace meridian::services::s3 {
namespace {

constexpr std::uint64_t polynomial(CrcKind kind) {
  switch (kind) {
    case CrcKind::Crc32:
      return 0xEDB88320;
    case CrcKind::Crc32c:
      return 0x82F63B78;
    case CrcKind::Crc64nvme:
      return 0x9A6C9329AC4BC9B5;
  }
  return 0;
}

constexpr std::uint64_t ones(CrcKind kind) {
  return kind == CrcKind::Crc64nvme ? ~0ULL : 0xFFFFFFFF;
}

using Tables = std::array<std::array<std::uint64_t, 256>, 8>;

constexpr Tables make_tables(CrcKind kind) {
  Tables tables{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? polynomial(kind) : 0);
    tables[0][byte] = value;
  }
  for (std::size_t n = 1; n < 8; ++n)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t before = tables[n - 1][byte];
      tables[n][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  return tables;
}

constexpr std::array<Tables, 3> kTables = {make_tables(CrcKind::Crc32), make_tables(CrcKind::Crc32c),
                                           make_tables(CrcKind::Crc64nvme)};
static_assert(std::endian::native == std::endian::little);

// As zlib does it: a matrix over GF(2) that appends one zero bit, squared as often as needed.
using Matrix = std::array<std::uint64_t, 64>;

std::uint64_t times(const Matrix& matrix, std::uint64_t vector) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; vector != 0; ++i, vector >>= 1)
    if ((vector & 1) != 0) sum ^= matrix[i];
  return sum;
}

Matrix squared(const Matrix& matrix) {
  Matrix out;
  for (std::size_t i = 0; i < 64; ++i) out[i] = times(matrix, matrix[i]);
  return out;
}

}  // namespace

std::uint64_t extend_crc(CrcKind kind, std::uint64_t crc, std::string_view bytes) {
  const Tables& t = kTables[static_cast<std::size_t>(kind)];
  std::uint64_t value = crc ^ ones(kind);
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    word ^= value;
    value = t[7][word & 0xFF] ^ t[6][word >> 8 & 0xFF] ^ t[5][word >> 16 & 0xFF] ^ t[4][word >> 24 & 0xFF] ^
            t[3][word >> 32 & 0xFF] ^ t[2][word >> 40 & 0xFF] ^ t[1][word >> 48 & 0xFF] ^ t[0][word >> 56];
  }
  for (; left > 0; ++at, --left)
    value = (value >> 8) ^ t[0][(value ^ static_cast<unsigned char>(*at)) & 0xFF];
  return value ^ ones(kind);
}

std::uint64_t combine_crcs(CrcKind kind, std::uint64_t first, std::uint64_t second, std::uint64_t size) {
  Matrix one_bit{};
  one_bit[0] = polynomial(kind);
  for (std::size_t i = 1; i < 64; ++i) one_bit[i] = 1ULL << (i - 1);
  Matrix matrix = squared(squared(squared(one_bit)));  // a byte
  for (; size != 0; size >>= 1, matrix = squared(matrix))
    if ((size & 1) != 0) first = times(matrix, first);
  return first ^ second;
}

}  // namespace meridian::services::s3
