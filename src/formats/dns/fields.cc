#include "formats/dns/fields.h"

#include "formats/dns/rdata.h"

namespace meridian::dns {
namespace {
bool ends_line(char c) {
  return c == '\n' || c == '\r';
}

// Behind the closing quote of the string whose first byte is at `at`; npos when the line or text ends before
// it.
std::size_t behind_quote(std::string_view text, std::size_t at) {
  for (; at < text.size() && !ends_line(text[at]); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\' && at + 1 < text.size() && !ends_line(text[at + 1])) ++at;
  }
  return std::string_view::npos;
}

std::unexpected<Error> unbalanced() {
  return invalid("quoted string does not end on its line");
}
}  // namespace

Result<RawField> take_field(std::string_view text, std::size_t& position, std::string_view specials) {
  std::size_t start = position;
  if (text[start] == '"') {
    std::size_t end = behind_quote(text, start + 1);
    if (end == std::string_view::npos) return unbalanced();
    position = end;
    return RawField{text.substr(start + 1, end - start - 2), true};
  }
  std::size_t at = start;
  for (; at < text.size(); ++at) {
    char c = text[at];
    if (c == '\\') {
      if (at + 1 < text.size() && !ends_line(text[at + 1])) ++at;
    } else if (c == '"') {
      if (text[at - 1] != '=') break;
      at = behind_quote(text, at + 1);
      if (at == std::string_view::npos) return unbalanced();
      break;
    } else if (c == ' ' || c == '\t' || ends_line(c) || specials.find(c) != std::string_view::npos) {
      break;
    }
  }
  position = at;
  return RawField{text.substr(start, at - start), false};
}

Result<std::vector<RawField>> cut_fields(std::string_view text) {
  std::vector<RawField> fields;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ' || text[at] == '\t') {
      ++at;
      continue;
    }
    if (ends_line(text[at])) return invalid("text has more than one line");
    fields.push_back(TRY(take_field(text, at, "")));
  }
  return fields;
}

Result<std::string> resolve_escapes(std::string_view text, Escapes escapes) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      out.push_back(text[at++]);
      continue;
    }
    auto byte = take_escape(text, at, escapes);
    if (!byte) return invalid(bad_escape(escapes));
    out.push_back(static_cast<char>(*byte));
  }
  return out;
}

Result<std::vector<Field>> split_fields(std::string_view text, Escapes escapes) {
  std::vector<Field> fields;
  for (const RawField& raw : TRY(cut_fields(text)))
    fields.push_back({TRY(resolve_escapes(raw.text, escapes)), raw.quoted});
  return fields;
}

}  // namespace meridian::dns
