#include "formats/http2/huffman.h"

#include <array>

namespace meridian::http2 {
namespace {

constexpr std::size_t kSymbols = 257;
constexpr std::size_t kEndOfString = 256;
constexpr unsigned kLongest = 30;
constexpr unsigned kShort = 8;  // codes up to here are found by one look

// Bits of each symbol's code, and of the end's.
constexpr std::array<std::uint8_t, kSymbols> kLengths = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28,
    28, 28, 28, 28, 28, 28, 6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,  5,  5,  5,  6,
    6,  6,  6,  6,  6,  6,  7,  8,  15, 6,  12, 10, 13, 6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,
    7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,  15, 5,  6,  5,  6,  5,  6,  6,
    6,  5,  7,  7,  6,  6,  6,  5,  6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7,  15, 11, 14, 13, 28, 20, 22,
    20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23,
    22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22,
    23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22,
    25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
};

struct Tables {
  std::array<std::uint32_t, kSymbols> codes{};
  // Symbols in the order of their codes; of each length, the first code and the place of its symbol.
  std::array<std::uint16_t, kSymbols> symbols{};
  std::array<std::uint32_t, kLongest + 2> first_code{}, end_code{};
  std::array<std::uint16_t, kLongest + 2> first_place{};
  struct Short {
    std::uint8_t symbol = 0, length = 0;  // length 0: the code is longer
  };
  std::array<Short, 1 << kShort> at_once{};
};

constexpr Tables make_tables() {
  Tables made;
  std::uint32_t code = 0;
  std::uint16_t place = 0;
  for (unsigned length = 1; length <= kLongest; ++length) {
    code <<= 1;
    made.first_code[length] = code;
    made.first_place[length] = place;
    for (std::size_t symbol = 0; symbol < kSymbols; ++symbol) {
      if (kLengths[symbol] != length) continue;
      made.codes[symbol] = code;
      made.symbols[place++] = static_cast<std::uint16_t>(symbol);
      if (length <= kShort)
        for (unsigned rest = 0; rest < 1u << (kShort - length); ++rest)
          made.at_once[(code << (kShort - length)) + rest] = {static_cast<std::uint8_t>(symbol),
                                                              static_cast<std::uint8_t>(length)};
      ++code;
    }
    made.end_code[length] = code;
  }
  return made;
}

constexpr Tables kTables = make_tables();

std::uint8_t byte_of(char c) {
  return static_cast<std::uint8_t>(c);
}

}  // namespace

std::size_t huffman_size(std::string_view text) {
  std::size_t bits = 0;
  for (const char c : text) bits += kLengths[byte_of(c)];
  return (bits + 7) / 8;
}

void append_huffman(std::string& out, std::string_view text) {
  std::uint64_t window = 0;
  unsigned bits = 0;
  for (const char c : text) {
    window = window << kLengths[byte_of(c)] | kTables.codes[byte_of(c)];
    bits += kLengths[byte_of(c)];
    while (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(window >> bits);
    }
  }
  // RFC 7541 §5.2: the rest is the beginning of the end's code.
  if (bits > 0) out += static_cast<char>(window << (8 - bits) | (0xFFu >> bits));
}

bool append_huffman_decoded(std::string& out, std::string_view coded) {
  std::uint64_t window = 0;  // its lowest `bits` are not read yet
  unsigned bits = 0;
  std::size_t at = 0;
  for (;;) {
    while (bits <= 48 && at < coded.size()) {
      window = window << 8 | byte_of(coded[at++]);
      bits += 8;
    }
    if (bits == 0) return true;
    const auto seen = static_cast<std::uint32_t>(bits >= kLongest ? window >> (bits - kLongest)
                                                                  : window << (kLongest - bits)) &
                      ((1u << kLongest) - 1);
    unsigned length = kTables.at_once[seen >> (kLongest - kShort)].length;
    std::size_t symbol = kTables.at_once[seen >> (kLongest - kShort)].symbol;
    if (length == 0) {
      for (length = kShort + 1; length <= kLongest; ++length)
        if (seen >> (kLongest - length) < kTables.end_code[length]) break;
      if (length <= kLongest) {
        const std::uint32_t code = seen >> (kLongest - length);
        symbol = kTables.symbols[kTables.first_place[length] + (code - kTables.first_code[length])];
      }
    }
    if (length > bits) {
      // What is left is padding: less than a byte, and all ones.
      const auto rest = window & ((std::uint64_t{1} << bits) - 1);
      return bits < 8 && rest == (std::uint64_t{1} << bits) - 1;
    }
    if (symbol == kEndOfString) return false;
    out += static_cast<char>(symbol);
    bits -= length;
  }
}

}  // namespace meridian::http2
