// SipHash (Aumasson and Bernstein, 2012): a keyed hash of short inputs. 2-4 for values that leave the process
// (DNS cookies), 1-3 for hash tables whose keys strangers choose.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace meridian {

struct SipKey {
  std::uint64_t k0 = 0, k1 = 0;
  // The 16 bytes in the order every other implementation takes them (little-endian words).
  static SipKey from_bytes(const std::array<std::uint8_t, 16>& bytes) {
    SipKey key;
    std::memcpy(&key.k0, bytes.data(), 8);
    std::memcpy(&key.k1, bytes.data() + 8, 8);
    return key;
  }
};
static_assert(std::endian::native == std::endian::little);

struct Hash128 {
  std::uint64_t high = 0, low = 0;
  auto operator<=>(const Hash128&) const = default;
};

namespace detail {

template <int kCompressionRounds, int kFinalRounds, bool kWide>
Hash128 siphash(const SipKey& key, std::string_view bytes) {
  std::uint64_t v0 = key.k0 ^ 0x736f6d6570736575, v1 = key.k1 ^ 0x646f72616e646f6d;
  std::uint64_t v2 = key.k0 ^ 0x6c7967656e657261, v3 = key.k1 ^ 0x7465646279746573;
  if constexpr (kWide) v1 ^= 0xee;
  const auto rounds = [&](int count) {
    for (int i = 0; i < count; ++i) {
      v0 += v1, v2 += v3;
      v1 = std::rotl(v1, 13) ^ v0, v3 = std::rotl(v3, 16) ^ v2;
      v0 = std::rotl(v0, 32);
      v2 += v1, v0 += v3;
      v1 = std::rotl(v1, 17) ^ v2, v3 = std::rotl(v3, 21) ^ v0;
      v2 = std::rotl(v2, 32);
    }
  };
  const auto absorb = [&](std::uint64_t word) {
    v3 ^= word;
    rounds(kCompressionRounds);
    v0 ^= word;
  };
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, 8);
    absorb(word);
  }
  std::uint64_t last = static_cast<std::uint64_t>(bytes.size()) << 56;
  for (std::size_t i = at; i < bytes.size(); ++i)
    last |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[i])) << (8 * (i - at));
  absorb(last);
  v2 ^= kWide ? 0xee : 0xff;
  rounds(kFinalRounds);
  Hash128 hash;
  hash.low = v0 ^ v1 ^ v2 ^ v3;
  if constexpr (kWide) {
    v1 ^= 0xdd;
    rounds(kFinalRounds);
    hash.high = v0 ^ v1 ^ v2 ^ v3;
  }
  return hash;
}

}  // namespace detail

template <int kCompressionRounds, int kFinalRounds>
std::uint64_t siphash(const SipKey& key, std::string_view bytes) {
  return detail::siphash<kCompressionRounds, kFinalRounds, false>(key, bytes).low;
}

// SipHash-128: for keys of tables that hold no more than the hash.
template <int kCompressionRounds, int kFinalRounds>
Hash128 siphash128(const SipKey& key, std::string_view bytes) {
  return detail::siphash<kCompressionRounds, kFinalRounds, true>(key, bytes);
}

}  // namespace meridian
