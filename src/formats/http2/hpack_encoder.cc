// What we say: fields that come again are told by a number; those that hardly ever do are left out of the
// table, where they would only push out others.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "formats/http2/hpack.h"
#include "formats/http2/huffman.h"

namespace meridian::http2 {
namespace {

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
  name_.clear();
  append_name(name_, name);
  add(out, name_, value, form_of(name_, value));
}

void HpackEncoder::add(std::string& out, std::string_view name, std::string_view value,
                       const FieldForm& form) {
  const bool fits = name.size() + value.size() + kFieldOverhead <= table_.size_max() / 4;
  if (form.keeping != Keeping::Table || !fits) {
    append_integer(out, form.keeping == Keeping::Secret ? 0x10 : 0, 4, form.known);
    if (form.known == 0) append_text(out, name);
    return append_text(out, value);
  }
  if (form.whole != 0) {
    out += static_cast<char>(0x80 | form.whole);
    return;
  }
  std::uint64_t* const set = &slots_[form.hash % (kSlots / kWays) * kWays];
  for (std::uint64_t* slot = set; slot < set + kWays; ++slot) {
    if (*slot == 0 || !table_.holds(*slot - 1)) continue;
    const TableField kept = table_.field(*slot - 1);
    if (kept.value == value && kept.name == name)
      return append_integer(out, 0x80, 7, kStaticFields + (table_.newest() - *slot) + 1);
  }
  append_integer(out, 0x40, 6, form.known);
  if (form.known == 0) append_short_text(out, name);
  append_short_text(out, value);
  table_.add(name, value);
  *std::min_element(set, set + kWays) = table_.newest();
}

// As long as nothing goes into the table or out of it, the same fields are the same bytes.
void HpackEncoder::add(std::string& out, const PreparedFields& fields) {
  Said& said = said_[fields.number() % kSaidMax];
  const std::array<std::uint64_t, 3> state = {table_.newest(), table_.oldest(), table_.size_max()};
  if (said.number == fields.number() && said.state == state) {
    out += said.bytes;
    return;
  }
  const std::size_t at = out.size();
  fields.for_each([&](std::string_view name, std::string_view value, const FieldForm& form) {
    add(out, name, value, form);
  });
  const bool again = table_.newest() == state[0] && table_.oldest() == state[1];
  said.number = again && out.size() - at <= kSaidBytesMax ? fields.number() : 0;
  if (said.number == 0) return;
  said.state = state;
  said.bytes.assign(out, at);
}

}  // namespace meridian::http2
