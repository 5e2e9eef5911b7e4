// UTF-8 decoding, one character at a time. Rule: an overlong or surrogate form is not a character.
#include "formats/xml/characters.h"

#include <array>

namespace meridian::xml {
namespace {

constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7f; ++c)
    plain[c] = std::string_view("<>&\"'").find(static_cast<char>(c)) == std::string_view::npos;
  return plain;
}();

}  // namespace

std::size_t plain_run(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && kPlain[static_cast<unsigned char>(text[end])]) ++end;
  return end - at;
}

std::size_t character_size(std::string_view text, std::size_t at) {
  auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return legal(first) ? 1 : 0;
  std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + size > text.size()) return 0;
  std::uint32_t code = first & (0xff >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    auto next = static_cast<unsigned char>(text[at + i]);
    if ((next & 0xc0) != 0x80) return 0;
    code = code << 6 | (next & 0x3f);
  }
  // Overlong forms: two-byte ones are excluded by 0xc2 above.
  if ((size == 3 && code < 0x800) || (size == 4 && code < 0x10000)) return 0;
  return legal(code) ? size : 0;
}

bool legal_text(std::string_view text) {
  for (std::size_t at = plain_run(text, 0); at < text.size(); at += plain_run(text, at)) {
    std::size_t size = character_size(text, at);
    if (size == 0) return false;
    at += size;
  }
  return true;
}

}  // namespace meridian::xml
