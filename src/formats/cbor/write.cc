// The CBOR writer, and look-up in the tree.
#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "formats/cbor/cbor.h"

namespace meridian::cbor {

namespace {

constexpr char kFalse = '\xf4', kTrue = '\xf5', kNull = '\xf6', kUndefined = '\xf7';
constexpr std::uint8_t kHalf = 0xf9, kSingle = 0xfa, kDouble = 0xfb;
constexpr std::uint16_t kHalfNaN = 0x7e00;

// The half of exactly this value, if there is one.
std::optional<std::uint16_t> to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000);
  const int exponent = static_cast<int>(bits >> 23 & 0xff) - 127;
  const std::uint32_t fraction = bits & 0x7fffff;
  if ((bits & 0x7fffffff) == 0) return sign;
  if (exponent == 128) return static_cast<std::uint16_t>(sign | (fraction ? kHalfNaN : 0x7c00));
  if (exponent >= -14 && exponent <= 15 && (fraction & 0x1fff) == 0)
    return static_cast<std::uint16_t>(sign | (exponent + 15) << 10 | fraction >> 13);
  if (exponent >= -24 && exponent < -14) {
    // Subnormal: a multiple of 2^-24.
    const std::uint32_t whole = fraction | 0x800000;
    const int shift = -exponent - 1;
    if ((whole & ((1U << shift) - 1)) == 0) return static_cast<std::uint16_t>(sign | whole >> shift);
  }
  return std::nullopt;
}

}  // namespace

const Tagged* Value::tagged() const {
  const auto* box = get<TaggedBox>();
  return box ? box->get() : nullptr;
}

const Value* Value::find(std::string_view name) const {
  const Map* map = get<Map>();
  if (!map) return nullptr;
  auto field = std::ranges::find(*map, name, &Field::first);
  return field == map->end() ? nullptr : &field->second;
}

bool Value::operator==(const Value& other) const {
  if (tagged() && other.tagged()) return *tagged() == *other.tagged();
  return any_ == other.any_;
}

Value make_tagged(std::uint64_t tag, Value value) {
  return Value::TaggedBox(std::make_shared<const Tagged>(Tagged{tag, std::move(value)}));
}

void Writer::head(std::uint8_t major, std::uint64_t argument) {
  const auto initial = static_cast<std::uint8_t>(major << 5);
  if (argument < 24) return append_u8(*out_, static_cast<std::uint8_t>(initial | argument));
  if (argument <= 0xff) {
    append_u8(*out_, initial | 24);
    return append_u8(*out_, static_cast<std::uint8_t>(argument));
  }
  if (argument <= 0xffff) {
    append_u8(*out_, initial | 25);
    return append_u16(*out_, static_cast<std::uint16_t>(argument));
  }
  if (argument <= 0xffffffff) {
    append_u8(*out_, initial | 26);
    return append_u32(*out_, static_cast<std::uint32_t>(argument));
  }
  append_u8(*out_, initial | 27);
  append_u64(*out_, argument);
}

void Writer::string(std::string_view text) {
  head(3, text.size());
  *out_ += text;
}

void Writer::bytes(std::string_view bytes) {
  head(2, bytes.size());
  *out_ += bytes;
}

void Writer::integer(std::int64_t value) {
  if (value >= 0)
    head(0, static_cast<std::uint64_t>(value));
  else
    head(1, static_cast<std::uint64_t>(-1 - value));
}

void Writer::number(double value) {
  const auto single = static_cast<float>(value);
  if (!std::isnan(value) && static_cast<double>(single) != value) {
    append_u8(*out_, kDouble);
    return append_u64(*out_, std::bit_cast<std::uint64_t>(value));
  }
  if (auto half = std::isnan(value) ? std::optional(kHalfNaN) : to_half(single)) {
    append_u8(*out_, kHalf);
    return append_u16(*out_, *half);
  }
  append_u8(*out_, kSingle);
  append_u32(*out_, std::bit_cast<std::uint32_t>(single));
}

void Writer::boolean(bool value) {
  out_->push_back(value ? kTrue : kFalse);
}

void Writer::null() {
  out_->push_back(kNull);
}

void Writer::value(const Value& tree) {
  if (const bool* flag = tree.get<bool>()) return boolean(*flag);
  if (const auto* positive = tree.get<std::uint64_t>()) return unsigned_integer(*positive);
  if (const auto* negative = tree.get<Negative>()) return head(1, negative->n);
  if (const double* real = tree.get<double>()) return number(*real);
  if (const auto* text = tree.get<std::string>()) return string(*text);
  if (const auto* blob = tree.get<ByteString>()) return bytes(blob->bytes);
  if (const Array* array = tree.get<Array>()) {
    begin_array(array->size());
    for (const Value& element : *array) value(element);
    return;
  }
  if (const Map* map = tree.get<Map>()) {
    begin_map(map->size());
    for (const auto& [name, field] : *map) {
      string(name);
      value(field);
    }
    return;
  }
  if (const Tagged* tagged = tree.tagged()) {
    tag(tagged->tag);
    return value(tagged->value);
  }
  if (tree.get<Undefined>()) return out_->push_back(kUndefined);
  null();
}

std::string to_bytes(const Value& tree) {
  std::string out;
  Writer(out).value(tree);
  return out;
}

}  // namespace meridian::cbor
