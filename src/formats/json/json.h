// JSON (RFC 8259) as a small tree, and a writer that appends to a string.
// Rule: text from outside is refused, never repaired: strict UTF-8, no comments, no trailing commas, bounded
// depth and size. Of duplicate names the last one counts, as it does for AWS (Jackson).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace meridian::json {

struct Limits {
  static constexpr std::size_t kDepthMax = 64;
  static constexpr std::size_t kElementsMax = 500'000;
  static constexpr std::size_t kBytesMax = 32 * 1024 * 1024;
  std::size_t depth = kDepthMax;        // of arrays and objects
  std::size_t elements = kElementsMax;  // of all values together
  std::size_t bytes = kBytesMax;
};

// Integers stay exact over the whole of int64 and uint64; an integer beyond both, and -0, is a double. The
// unsigned alternative holds only what int64 cannot.
class Value {
 public:
  using Array = std::vector<Value>;
  using Field = std::pair<std::string, Value>;
  using Object = std::vector<Field>;  // in the order of the text, each name once
  using Any =
      std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object>;

  Value() = default;
  template <typename T>
  requires(!std::is_same_v<std::remove_cvref_t<T>, Value> && std::is_constructible_v<Any, T>) Value(T&& value)
      : any_(std::forward<T>(value)) {}

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(any_); }
  // The alternative of that type, or null.
  template <typename T>
  const T* get() const {
    return std::get_if<T>(&any_);
  }
  template <typename T>
  T* get() {
    return std::get_if<T>(&any_);
  }
  // A field of an object; null when this is no object or has no such field.
  const Value* find(std::string_view name) const;
  bool operator==(const Value&) const = default;

 private:
  Any any_ = nullptr;
};

using Array = Value::Array;
using Object = Value::Object;

Result<Value> parse(std::string_view text, const Limits& limits = {});

// Appends JSON without white space. The caller keeps begin and end in balance and gives a key before each
// value of an object; commas come by themselves.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(&out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void key(std::string_view name);
  void string(std::string_view text);  // bytes that are not UTF-8 become U+FFFD
  void integer(std::int64_t value);
  void unsigned_integer(std::uint64_t value);
  // The shortest text that reads back as the same value; "NaN", "Infinity" and "-Infinity" as strings, as
  // Smithy has it.
  void number(double value);
  void number(float value);
  void boolean(bool value);
  void null();
  void value(const Value& tree);

 private:
  void separate();
  void open(char bracket);
  void close(char bracket);

  std::string* out_;
  bool comma_ = false;
};

std::string to_text(const Value& tree);

}  // namespace meridian::json
