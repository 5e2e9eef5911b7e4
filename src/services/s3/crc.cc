// Long texts by carry-less multiplication, four times sixteen bytes at a time; short ones, and processors
// without it, eight bytes at a time by eight tables. All constants are made at compile time.
#include "services/s3/crc.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

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

// What `bytes` make of the register `value`.
std::uint64_t by_tables(CrcKind kind, std::uint64_t value, std::string_view bytes) {
  const Tables& t = kTables[static_cast<std::size_t>(kind)];
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
  return value;
}

#if defined(__x86_64__)

constexpr std::size_t kFoldedBytes = 16, kFoldedTogether = 4 * kFoldedBytes;

// x^n modulo the polynomial; bit 63 stands for x^0.
constexpr std::uint64_t power(CrcKind kind, int n) {
  const bool wide = kind == CrcKind::Crc64nvme;
  std::uint64_t value = 1ULL << (wide ? 63 : 31);
  for (; n > 0; --n) value = (value >> 1) ^ ((value & 1) != 0 ? polynomial(kind) : 0);
  return wide ? value : value << 32;
}

// What the two halves of a register are multiplied with to move it `bits` further. A product of reflected
// words is one bit short of where it belongs, so each power is one less.
struct Fold {
  std::uint64_t first, second;
};
constexpr Fold fold_by(CrcKind kind, int bits) {
  return {power(kind, bits + 63), power(kind, bits - 1)};
}
struct Folds {
  Fold by_one, by_four;  // registers
};
constexpr Folds folds_of(CrcKind kind) {
  return {fold_by(kind, 128), fold_by(kind, 512)};
}
constexpr std::array<Folds, 3> kFolds = {folds_of(CrcKind::Crc32), folds_of(CrcKind::Crc32c),
                                         folds_of(CrcKind::Crc64nvme)};

__attribute__((target("pclmul,sse2"))) inline __m128i folded(__m128i value, __m128i by, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(value, by, 0x00), high = _mm_clmulepi64_si128(value, by, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

__attribute__((target("pclmul,sse2"))) inline __m128i load(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

__attribute__((target("pclmul,sse2"))) inline __m128i constants(const Fold& fold) {
  return _mm_set_epi64x(static_cast<long long>(fold.second), static_cast<long long>(fold.first));
}

// At least kFoldedTogether bytes. They are folded into sixteen that have the same remainder (Gopal et al.,
// "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction"), and tables do the rest.
__attribute__((target("pclmul,sse2"))) std::uint64_t by_folding(CrcKind kind, std::uint64_t value,
                                                                std::string_view bytes) {
  const Folds& folds = kFolds[static_cast<std::size_t>(kind)];
  const __m128i by_four = constants(folds.by_four), by_one = constants(folds.by_one);
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  __m128i a = load(at), b = load(at + 16), c = load(at + 32), d = load(at + 48);
  a = _mm_xor_si128(a, _mm_set_epi64x(0, static_cast<long long>(value)));
  for (at += kFoldedTogether; static_cast<std::size_t>(end - at) >= kFoldedTogether; at += kFoldedTogether) {
    a = folded(a, by_four, load(at));
    b = folded(b, by_four, load(at + 16));
    c = folded(c, by_four, load(at + 32));
    d = folded(d, by_four, load(at + 48));
  }
  a = folded(folded(folded(a, by_one, b), by_one, c), by_one, d);
  for (; static_cast<std::size_t>(end - at) >= kFoldedBytes; at += kFoldedBytes)
    a = folded(a, by_one, load(at));
  char last[kFoldedBytes];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(last), a);
  value = by_tables(kind, 0, {last, sizeof last});
  return by_tables(kind, value, {at, static_cast<std::size_t>(end - at)});
}

bool can_fold() {
  static const bool kCan = __builtin_cpu_supports("pclmul") != 0;
  return kCan;
}

#endif

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
  const std::uint64_t value = crc ^ ones(kind);
#if defined(__x86_64__)
  if (bytes.size() >= kFoldedTogether && can_fold()) return by_folding(kind, value, bytes) ^ ones(kind);
#endif
  return by_tables(kind, value, bytes) ^ ones(kind);
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
