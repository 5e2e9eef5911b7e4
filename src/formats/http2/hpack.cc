#include "formats/http2/hpack.h"

#include <algorithm>
#include <cstring>

#include "formats/http2/huffman.h"

namespace meridian::http2 {
namespace {

constexpr std::uint64_t kIntegerMax = 1 << 24;

constexpr std::uint8_t kIndexed = 0x80, kWithIndexing = 0x40, kTableSize = 0x20;

std::uint8_t byte_of(char c) {
  return static_cast<std::uint8_t>(c);
}

}  // namespace

void append_integer(std::string& out, std::uint8_t mark, unsigned bits, std::uint64_t value) {
  const std::uint64_t most = (1u << bits) - 1;
  if (value < most) {
    out += static_cast<char>(mark | value);
    return;
  }
  out += static_cast<char>(mark | most);
  for (value -= most; value >= 128; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7F));
  out += static_cast<char>(value);
}

bool take_integer(std::string_view& block, unsigned bits, std::uint64_t& value) {
  if (block.empty()) return false;
  const std::uint64_t most = (1u << bits) - 1;
  value = byte_of(block.front()) & most;
  block.remove_prefix(1);
  if (value < most) return true;
  for (unsigned shift = 0; !block.empty() && shift <= 28; shift += 7) {
    const std::uint8_t byte = byte_of(block.front());
    block.remove_prefix(1);
    value += std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value <= kIntegerMax;
  }
  return false;
}

TableField DynamicTable::field(std::uint64_t number) const {
  const Place& place = places_[number % kFieldsMax];
  const std::string_view bytes = bytes_;
  return {bytes.substr(place.begin, place.name_size),
          bytes.substr(place.begin + place.name_size, place.value_size)};
}

void DynamicTable::set_size_max(std::size_t size) {
  size_max_ = size;
  evict();
}

void DynamicTable::evict() {
  while (size_ > size_max_) {
    const Place& place = places_[oldest_++ % kFieldsMax];
    size_ -= place.name_size + place.value_size + kFieldOverhead;
  }
}

// RFC 7541 §4.4: one that is larger than the table empties it.
void DynamicTable::add(std::string_view name, std::string_view value, bool judged) {
  const std::size_t size = name.size() + value.size() + kFieldOverhead;
  if (size > size_max_) {
    oldest_ = newest_;
    size_ = 0;
    return;
  }
  size_ += size;
  evict();
  if (bytes_.size() + name.size() + value.size() > 2 * kTableBytesMax) {
    const std::size_t gone = count() == 0 ? bytes_.size() : places_[oldest_ % kFieldsMax].begin;
    bytes_.erase(0, gone);
    for (std::uint64_t each = oldest_; each < newest_; ++each)
      places_[each % kFieldsMax].begin -= static_cast<std::uint32_t>(gone);
  }
  places_[newest_++ % kFieldsMax] = {static_cast<std::uint32_t>(bytes_.size()),
                                     static_cast<std::uint16_t>(name.size()),
                                     static_cast<std::uint16_t>(value.size()), judged};
  bytes_ += name;
  bytes_ += value;
}

bool HpackDecoder::look_up(std::uint64_t index, TableField& field, bool& judged) const {
  if (index == 0) return false;
  if (index <= kStaticFields) {
    field = kStaticTable[index];
    judged = true;
    return true;
  }
  if (index - kStaticFields > table_.count()) return false;
  field = table_.at(index - kStaticFields - 1);
  judged = table_.judged(index - kStaticFields - 1);
  return true;
}

bool HpackDecoder::take_text(std::string_view& block, std::string& buffer, std::string_view& text) {
  if (block.empty()) return false;
  const bool coded = byte_of(block.front()) & 0x80;
  std::uint64_t size = 0;
  if (!take_integer(block, 7, size) || size > block.size()) return false;
  text = block.substr(0, size);
  block.remove_prefix(size);
  if (!coded) return true;
  buffer.clear();
  if (!append_huffman_decoded(buffer, text)) return false;
  text = buffer;
  return true;
}

HpackDecoder::Taken HpackDecoder::take_field(std::string_view& block, TableField& field) {
  const std::uint8_t first = byte_of(block.front());
  std::uint64_t index = 0;
  Taken taken;
  if (first & kIndexed) {
    taken.good = take_integer(block, 7, index) && look_up(index, field, taken.judged);
    return taken;
  }
  taken.kept = first & kWithIndexing;
  if (!take_integer(block, taken.kept ? 6 : 4, index)) return taken;
  if (index != 0) {
    bool ignored = false;
    if (!look_up(index, field, ignored)) return taken;
    if (taken.kept && index > kStaticFields) {  // what it stands in may go when this is added
      name_ = field.name;
      field.name = name_;
    }
  } else if (!take_text(block, name_, field.name)) {
    return taken;
  }
  taken.good = take_text(block, value_, field.value);
  return taken;
}

HpackDecoder::Verdict HpackDecoder::decode(std::string_view block, std::size_t list_bytes_max,
                                           FieldSink& sink) {
  std::size_t list_bytes = 0;
  bool any = false;
  while (!block.empty()) {
    // RFC 7541 §4.2: a new size comes before the first field.
    if ((byte_of(block.front()) & 0xE0) == kTableSize) {
      std::uint64_t size = 0;
      if (any || !take_integer(block, 5, size) || size > kTableBytesMax) return Verdict::Malformed;
      table_.set_size_max(size);
      continue;
    }
    any = true;
    TableField field;
    const Taken taken = take_field(block, field);
    if (!taken.good) return Verdict::Malformed;
    const bool judged = taken.kept ? sink.judge(field.name, field.value) : taken.judged;
    if (taken.kept) table_.add(field.name, field.value, judged);
    list_bytes += field.name.size() + field.value.size() + kFieldOverhead;
    if (list_bytes > list_bytes_max) return Verdict::TooLarge;
    sink.on_field(field.name, field.value, judged);
  }
  return Verdict::Done;
}

}  // namespace meridian::http2
