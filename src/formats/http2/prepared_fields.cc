#include "formats/http2/prepared_fields.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "formats/http2/static_table.h"

namespace meridian::http2 {
namespace {

Keeping keeping_of(std::string_view name) {
  switch (name.size()) {
    case 3:
      return name == "age" ? Keeping::Never : Keeping::Table;
    case 4:
      return name == "etag" ? Keeping::Never : Keeping::Table;
    case 5:
      return name == ":path" ? Keeping::Never : Keeping::Table;
    case 6:
      return name == "cookie" ? Keeping::Secret : Keeping::Table;
    case 8:
      return name == "location" ? Keeping::Never : Keeping::Table;
    case 10:
      return name == "set-cookie" ? Keeping::Secret : Keeping::Table;
    case 11:
      return name == "x-amz-cf-id" ? Keeping::Never : Keeping::Table;
    case 13:
      if (name == "authorization") return Keeping::Secret;
      return name == "last-modified" || name == "content-range" || name == "server-timing" ? Keeping::Never
                                                                                           : Keeping::Table;
    case 14:
      return name == "content-length" ? Keeping::Never : Keeping::Table;
    default:
      return Keeping::Table;
  }
}

// Of the ends of both: cheap, and a table is small.
std::uint32_t hash_of(std::string_view name, std::string_view value) {
  const auto word = [](std::string_view text, bool last) {
    std::uint64_t word = 0;
    const std::size_t size = std::min(text.size(), sizeof word);
    std::memcpy(&word, last ? text.data() + text.size() - size : text.data(), size);
    return word;
  };
  std::uint64_t mixed = word(name, false) * 0x9E3779B97F4A7C15 ^ word(name, true);
  mixed = (mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9 + word(value, false);
  mixed = (mixed ^ mixed >> 32) * 0x94D049BB133111EB + word(value, true) + value.size();
  mixed *= 0x9E3779B97F4A7C15;
  return static_cast<std::uint32_t>(mixed >> 40);
}

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

FieldForm form_of(std::string_view name, std::string_view value) {
  FieldForm form;
  form.keeping = keeping_of(name);
  form.known = static_cast<std::uint8_t>(find_static_name(name));
  if (form.keeping != Keeping::Table) return form;
  // ":method" and ":path" with values of their own.
  for (std::uint8_t i = form.known; i != 0 && i <= kStaticFields && kStaticTable[i].name == name; ++i)
    if (!value.empty() && kStaticTable[i].value == value) form.whole = i;
  if (form.whole == 0) form.hash = hash_of(name, value);
  return form;
}

void append_name(std::string& out, std::string_view name) {
  const std::size_t at = out.size();
  out.resize(at + name.size());
  std::ranges::transform(name, out.begin() + static_cast<std::ptrdiff_t>(at),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
}

PreparedFields::PreparedFields() : number_(next_number()) {}

void PreparedFields::add(std::string_view name, std::string_view value) {
  const std::size_t at = text_.size();
  append_name(text_, name);
  places_.push_back({static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size()),
                     form_of(std::string_view(text_).substr(at), value)});
  text_ += value;
}

}  // namespace meridian::http2
