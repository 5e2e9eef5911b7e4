#include "base/percent.h"

#include <algorithm>

namespace meridian {

std::string percent_encode(std::string_view text, bool keep_slash) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size() + text.size() / 4);
  for (char c : text) {
    bool unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '.' || c == '~';
    if (unreserved || (keep_slash && c == '/')) {
      out += c;
    } else {
      auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  const char space = plus_is_space ? '+' : '%';
  std::size_t at = std::min(text.find('%'), text.size());
  if (plus_is_space) at = std::min(text.substr(0, at).find('+'), at);
  std::string out(text);
  if (at == text.size()) return out;  // most texts have nothing to decode
  std::size_t to = at;
  while (at < text.size()) {
    char c = text[at++];
    if (c == '%') {
      if (at + 1 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[at]), low = hex_digit(text[at + 1]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high << 4 | low);
      at += 2;
    } else if (c == space) {
      c = ' ';
    }
    out[to++] = c;
  }
  out.resize(to);
  return out;
}

}  // namespace meridian
