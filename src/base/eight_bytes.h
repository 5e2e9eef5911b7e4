// Looking at text eight bytes at a time: for checks that see every byte of every request, reply and log line.
// Each function sets the high bit of a byte of its result where it finds something, and beside such a byte
// perhaps of others: so a result is either 0, which is exact, or a reason to look byte by byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace meridian::eight_bytes {

inline constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;

constexpr std::uint64_t below(std::uint64_t word, unsigned char bound) {  // bound <= 128
  return (word - kOnes * bound) & ~word;
}
constexpr std::uint64_t equal(std::uint64_t word, unsigned char byte) {
  return below(word ^ kOnes * byte, 1);
}

// The size of the longest beginning of `text`, in words, of which `odd` finds nothing.
template <typename Odd>
std::size_t plain_words(std::string_view text, Odd odd) {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((odd(word) & kHigh) != 0) break;
  }
  return at;
}

}  // namespace meridian::eight_bytes
