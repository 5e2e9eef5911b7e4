#include "http/header_lines.h"

#include <algorithm>

#include "base/eight_bytes.h"
#include "formats/http1/message.h"

namespace meridian::http {
namespace {

bool has_controls(std::string_view text) {
  using eight_bytes::below, eight_bytes::equal;
  const std::size_t plain =
      eight_bytes::plain_words(text, [](std::uint64_t word) { return below(word, ' ') | equal(word, 0x7F); });
  return std::ranges::any_of(text.substr(plain),
                             [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; });
}

}  // namespace

void append_header(std::string& lines, std::string_view name, std::string_view value) {
  if (!http1::is_token(name)) return;
  lines += name;
  lines += ": ";
  const std::size_t begin = lines.size();
  lines += value;
  if (has_controls(value))
    for (std::size_t at = begin; at < lines.size(); ++at)
      if ((static_cast<unsigned char>(lines[at]) < 0x20 && lines[at] != '\t') || lines[at] == 0x7F)
        lines[at] = ' ';
  lines += "\r\n";
}

}  // namespace meridian::http
