// What we say: fields that come again are told by a number; those that hardly ever do are left out of the
// table, where they would only push out others.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "formats/http2/hpack.h"
#include "formats/http2/huffman.h"

namespace meridian::http2 {
namespace {

enum class Keeping : std::uint8_t { Table, Never, Secret };

// RFC 7541 §7.1.3: nobody on the way is to keep a secret either.
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

void append_text(std::string& out, std::string_view text) {
  append_integer(out, 0, 7, text.size());
  out += text;
}

// Of what is told once and then by its number: there Huffman's code pays.
void append_short_text(std::string& out, std::string_view text) {
  const std::size_t coded = huffman_size(text);
  if (coded >= text.size()) return append_text(out, text);
  append_integer(out, 0x80, 7, coded);
  append_huffman(out, text);
}

}  // namespace

void HpackEncoder::set_peer_table(std::size_t size) {
  const std::size_t ours = std::min(size, kTableBytesMax);
  smallest_ = std::min(smallest_, ours);
  table_.set_size_max(ours);
}

// RFC 7541 §4.2: the smallest size in between is told, too: it has emptied the table.
void HpackEncoder::begin(std::string& out) {
  if (smallest_ < announced_ && smallest_ < table_.size_max()) append_integer(out, 0x20, 5, smallest_);
  if (announced_ != table_.size_max() || smallest_ < announced_)
    append_integer(out, 0x20, 5, table_.size_max());
  announced_ = smallest_ = table_.size_max();
}

void HpackEncoder::add_status(std::string& out, int status) {
  for (std::uint32_t i = 8; i <= 14; ++i) {
    const std::string_view text = kStaticTable[i].value;
    if (status == (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0')) {
      out += static_cast<char>(0x80 | i);
      return;
    }
  }
  add(out, ":status", fmt::format_int(status).c_str());
}

void HpackEncoder::add(std::string& out, std::string_view name, std::string_view value) {
  name_.resize(name.size());
  std::ranges::transform(name, name_.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  const std::uint32_t known = find_static_name(name_);
  const Keeping keeping = keeping_of(name_);
  const bool fits = name_.size() + value.size() + kFieldOverhead <= table_.size_max() / 4;
  if (keeping != Keeping::Table || !fits) {
    append_integer(out, keeping == Keeping::Secret ? 0x10 : 0, 4, known);
    if (known == 0) append_text(out, name_);
    return append_text(out, value);
  }
  // ":method" and ":path" with values of their own.
  for (std::uint32_t i = known; i != 0 && i <= kStaticFields && kStaticTable[i].name == name_; ++i)
    if (!value.empty() && kStaticTable[i].value == value) {
      out += static_cast<char>(0x80 | i);
      return;
    }
  std::uint64_t& slot = slots_[hash_of(name_, value) % kSlots];
  if (slot != 0 && table_.holds(slot - 1)) {
    const TableField kept = table_.field(slot - 1);
    if (kept.value == value && kept.name == name_)
      return append_integer(out, 0x80, 7, kStaticFields + (table_.newest() - slot) + 1);
  }
  append_integer(out, 0x40, 6, known);
  if (known == 0) append_short_text(out, name_);
  append_short_text(out, value);
  table_.add(name_, value);
  slot = table_.newest();
}

}  // namespace meridian::http2
