// CBOR (RFC 8949) as a small tree, and a writer that appends to a string.
// Rule: what is not well-formed and valid is refused: a length is checked against the bytes that are left
// before anything is allocated, text is strict UTF-8, and a map has text keys, each once. Indefinite lengths
// are read (Smithy clients may send them) and never written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace meridian::cbor {

struct Limits {
  static constexpr std::size_t kDepthMax = 64;
  static constexpr std::size_t kElementsMax = 500'000;
  static constexpr std::size_t kBytesMax = 32 * 1024 * 1024;
  std::size_t depth = kDepthMax;        // of arrays, maps and tags
  std::size_t elements = kElementsMax;  // of all items together, keys and pieces of strings too
  std::size_t bytes = kBytesMax;
};

inline constexpr std::uint64_t kTagDateText = 0;  // RFC 3339
inline constexpr std::uint64_t kTagEpoch = 1;     // seconds, integer or float

struct Undefined {
  bool operator==(const Undefined&) const = default;
};
// The integer -1 - n: major type 1 reaches beyond int64.
struct Negative {
  std::uint64_t n;
  bool operator==(const Negative&) const = default;
};
struct ByteString {
  std::string bytes;
  bool operator==(const ByteString&) const = default;
};
struct Tagged;

class Value {
 public:
  using Array = std::vector<Value>;
  using Field = std::pair<std::string, Value>;
  using Map = std::vector<Field>;  // in the order of the bytes
  using TaggedBox = std::shared_ptr<const Tagged>;
  using Any = std::variant<std::nullptr_t, Undefined, bool, std::uint64_t, Negative, double, std::string,
                           ByteString, Array, Map, TaggedBox>;

  Value() = default;
  template <typename T>
  requires(!std::is_same_v<std::remove_cvref_t<T>, Value> && std::is_constructible_v<Any, T>) Value(T&& value)
      : any_(std::forward<T>(value)) {}

  // Null and undefined both say that a value is absent.
  bool is_absent() const {
    return std::holds_alternative<std::nullptr_t>(any_) || std::holds_alternative<Undefined>(any_);
  }
  // The alternative of that type, or null.
  template <typename T>
  const T* get() const {
    return std::get_if<T>(&any_);
  }
  const Tagged* tagged() const;
  // A field of a map; null when this is no map or has no such field.
  const Value* find(std::string_view name) const;
  bool operator==(const Value&) const;

 private:
  Any any_ = nullptr;
};

struct Tagged {
  std::uint64_t tag;
  Value value;
  bool operator==(const Tagged&) const = default;
};

using Array = Value::Array;
using Map = Value::Map;

Value make_tagged(std::uint64_t tag, Value value);

Result<Value> parse(Bytes bytes, const Limits& limits = {});

// Appends items. The caller writes as many elements, or pairs of key and value, as begin_array and begin_map
// announced.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(&out) {}

  void begin_map(std::size_t pairs) { head(5, pairs); }
  void begin_array(std::size_t elements) { head(4, elements); }
  void tag(std::uint64_t tag) { head(6, tag); }
  void string(std::string_view text);
  void bytes(std::string_view bytes);
  void integer(std::int64_t value);
  void unsigned_integer(std::uint64_t value) { head(0, value); }
  // In the shortest of half, single and double precision that keeps the value (RFC 8949, section 4.2.1).
  void number(double value);
  void boolean(bool value);
  void null();
  void value(const Value& tree);

 private:
  void head(std::uint8_t major, std::uint64_t argument);
  std::string* out_;
};

std::string to_bytes(const Value& tree);

}  // namespace meridian::cbor
