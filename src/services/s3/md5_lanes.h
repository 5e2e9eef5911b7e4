// MD5's block function over words of any width: of one text, or of eight side by side, which takes little
// longer, because a text's own steps can only come one after another. Rule: everything here has internal
// linkage, because each file that includes it is compiled for another processor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__AVX512VL__)
#include <immintrin.h>
#endif

namespace meridian::services::s3 {

inline constexpr std::size_t kMd5BlockBytes = 64, kMd5Lanes = 8;

namespace {

// RFC 1321 §3.4.
constexpr std::uint32_t kSines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
// The word of the block that a step takes: begin + step * stride.
constexpr std::size_t kWordBegin[4] = {0, 1, 5, 0}, kWordStride[4] = {1, 5, 3, 7};

inline std::uint32_t word_at(const unsigned char* at) {
  std::uint32_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// F, G, H and I of RFC 1321, and rotation, as any processor has them.
struct PlainSteps {
  template <std::size_t kRound, typename Words>
  static void mix(Words& out, const Words& b, const Words& c, const Words& d) {
    if constexpr (kRound == 0) out = d ^ (b & (c ^ d));
    // The two halves have no bit in common, and the first does not wait for the last step's result.
    if constexpr (kRound == 1) out = (c & ~d) + (b & d);
    if constexpr (kRound == 2) out = b ^ c ^ d;
    if constexpr (kRound == 3) out = c ^ (b | ~d);
  }
  template <int kBits, typename Words>
  static void rotate(Words& word) {
    word = word << kBits | word >> (32 - kBits);
  }
};

struct OneLane : PlainSteps {
  static constexpr std::size_t kCount = 1;
  using Words = std::uint32_t;
  static void load(Words (&block)[16], const unsigned char* const* from, std::size_t offset) {
    for (std::size_t i = 0; i < 16; ++i) block[i] = word_at(from[0] + offset + 4 * i);
  }
};

struct EightLanes : PlainSteps {
  static constexpr std::size_t kCount = kMd5Lanes;
  typedef std::uint32_t Words __attribute__((vector_size(kMd5Lanes * sizeof(std::uint32_t))));
  static void load(Words (&block)[16], const unsigned char* const* from, std::size_t offset) {
    for (std::size_t i = 0; i < 16; ++i) {
      const auto word = [&](std::size_t lane) { return word_at(from[lane] + offset + 4 * i); };
      block[i] = Words{word(0), word(1), word(2), word(3), word(4), word(5), word(6), word(7)};
    }
  }
#if defined(__AVX512VL__)
  template <std::size_t kRound>
  static void mix(Words& out, const Words& b, const Words& c, const Words& d) {
    constexpr int kTables[4] = {0xCA, 0xE4, 0x96, 0x39};
    out = reinterpret_cast<Words>(_mm256_ternarylogic_epi32(reinterpret_cast<__m256i>(b),
                                                            reinterpret_cast<__m256i>(c),
                                                            reinterpret_cast<__m256i>(d), kTables[kRound]));
  }
  template <int kBits>
  static void rotate(Words& word) {
    word = reinterpret_cast<Words>(_mm256_rol_epi32(reinterpret_cast<__m256i>(word), kBits));
  }
#endif
};

template <typename Lanes>
struct Md5Steps {
  using Words = typename Lanes::Words;

  template <std::size_t kStep>
  static void step(Words (&v)[4], const Words (&block)[16]) {
    constexpr std::size_t kRound = kStep / 16,
                          kWord = (kWordBegin[kRound] + kStep * kWordStride[kRound]) % 16;
    // Every step turns the four by one place.
    Words& a = v[(64 - kStep) % 4];
    const Words &b = v[(65 - kStep) % 4], &c = v[(66 - kStep) % 4], &d = v[(67 - kStep) % 4];
    Words mixed;
    Lanes::template mix<kRound>(mixed, b, c, d);
    a += block[kWord] + kSines[kStep];
    a += mixed;
    Lanes::template rotate<kShifts[kRound][kStep % 4]>(a);
    a += b;
  }
  template <std::size_t... kStep>
  static void all(Words (&v)[4], const Words (&block)[16], std::index_sequence<kStep...>) {
    (step<kStep>(v, block), ...);
  }
};

// `blocks` blocks of each lane from at[lane] on. state[n][lane]: A to D of RFC 1321.
template <typename Lanes>
void hash_blocks(std::uint32_t (*state)[Lanes::kCount], const unsigned char* const* from,
                 std::size_t blocks) {
  using Words = typename Lanes::Words;
  Words sum[4];
  for (int i = 0; i < 4; ++i) std::memcpy(&sum[i], state[i], sizeof sum[i]);
  for (std::size_t offset = 0; blocks > 0; --blocks, offset += kMd5BlockBytes) {
    Words block[16];
    Lanes::load(block, from, offset);
    Words v[4] = {sum[0], sum[1], sum[2], sum[3]};
    Md5Steps<Lanes>::all(v, block, std::make_index_sequence<64>());
    for (int i = 0; i < 4; ++i) sum[i] += v[i];
  }
  for (int i = 0; i < 4; ++i) std::memcpy(state[i], &sum[i], sizeof sum[i]);
}

}  // namespace

// The eight lanes for a processor with AVX2, and for one with AVX-512VL (md5_avx2.cc, md5_avx512.cc).
using Md5Kernel = void(std::uint32_t (*state)[kMd5Lanes], const unsigned char* const* from,
                       std::size_t blocks);
Md5Kernel md5_avx2, md5_avx512;

}  // namespace meridian::services::s3
