// Which characters XML 1.0 allows (section 2.2), in UTF-8.
#pragma once

#include <cstdint>
#include <string_view>

namespace meridian::xml {

inline bool legal(std::uint32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code < 0xd800 || (code >= 0xe000 && code != 0xfffe && code != 0xffff && code <= 0x10ffff);
}

// Bytes of the legal character at `at`, or 0 when there is none (strict UTF-8).
std::size_t character_size(std::string_view text, std::size_t at);
bool legal_text(std::string_view text);

// How many bytes from `at` on mean nothing but themselves wherever they stand: printable ASCII without
// < > & " and '. Nearly all of a document, for which it is read and written in runs.
std::size_t plain_run(std::string_view text, std::size_t at);

}  // namespace meridian::xml
