// The tables that describe generated types: one Shape a model shape, one Member a field, with its place in
// the C++ struct. Codecs and validation walk these tables; nothing else is generated for them. Rule: a table
// is constant data; it holds facts of the model and the layout of gen/<service>/types.h.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace meridian::aws {

enum class Kind : std::uint8_t {
  Boolean,
  Integer,  // int32
  Long,     // int64
  Float,
  Double,
  String,
  Blob,
  Timestamp,
  Structure,
  List,
  Map,
};

enum class TimestampFormat : std::uint8_t { Default, Iso8601, Rfc822, Unix };

// Where a member of an operation's input or output travels.
enum class Location : std::uint8_t { Body, Uri, QueryString, Header, Headers, StatusCode };

// How the struct holds a member: T, std::optional<T> or Boxed<T>.
enum class Holder : std::uint8_t { Plain, Optional, Boxed };

struct Shape;

struct Member {
  const char* name;           // as AWS and our struct spell it
  const char* wire;           // locationName, or the name
  const char* query_name;     // for ec2: queryName, or the capitalised locationName, or the capitalised name
  const char* xml_namespace;  // or null
  const char* xml_namespace_prefix;
  const Shape* shape;
  std::uint32_t offset;
  Location location = Location::Body;
  Holder holder = Holder::Optional;
  TimestampFormat timestamp = TimestampFormat::Default;  // of the member or its shape
  bool required = false;
  bool flattened = false;
  bool xml_attribute = false;
  bool idempotency_token = false;
  bool host_label = false;
};

struct Constraints {
  std::optional<double> min{}, max{};     // length, size or value, by kind
  const char* pattern = nullptr;          // in PCRE2's syntax; must match the whole value
  const char* model_pattern = nullptr;    // as the model writes it, for messages
  std::span<const char* const> values{};  // of an enum
};

struct ErrorFacts {
  const char* code;
  int status;  // 0: the model says nothing
  bool sender;
  bool message_only;  // no member but the message
};

// What a codec must do with typed storage it only sees through tables. `optional` points to what the Holder
// says.
struct Storage;

struct Shape {
  Kind kind;
  const char* name;
  const Storage* storage = nullptr;    // of structures, lists and maps
  std::span<const Member> members{};   // of a structure
  const Shape* element = nullptr;      // of a list; value of a map
  const Shape* key = nullptr;          // of a map
  const char* element_wire = nullptr;  // locationName of a list's member; "member" or "value" by default
  const char* key_wire = nullptr;
  const char* payload = nullptr;   // the member that is the body
  const char* xml_name = nullptr;  // locationName of the shape
  const Constraints* constraints = nullptr;
  const ErrorFacts* error = nullptr;
  std::uint32_t size = 0;  // bytes of a structure
  TimestampFormat timestamp = TimestampFormat::Default;
  bool flattened = false;
  bool element_named = false;  // element_wire stands in the model
  bool is_union = false;
  bool sensitive = false;
  bool streaming = false;
  bool unwrapped = false;  // as XML, the root holds the text of the one member
};

// A value that may be absent and whose type contains itself.
template <typename T>
class Boxed {
 public:
  Boxed() = default;
  Boxed(T value) : value_(std::make_unique<T>(std::move(value))) {}
  Boxed(const Boxed& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(Boxed other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }

  bool has_value() const { return value_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }
  T& emplace() { return *(value_ = std::make_unique<T>()); }
  void reset() { value_.reset(); }
  bool operator==(const Boxed& other) const {
    return has_value() == other.has_value() && (!has_value() || **this == *other);
  }

 private:
  std::unique_ptr<T> value_;
};

using MapVisitor = void (*)(void* context, const std::string& key, const void* value);

struct Storage {
  // Structures that are an input, an output or an error.
  void* (*create)();
  void (*destroy)(void* value);
  // Types that stand in a std::optional or a Boxed.
  void* (*emplace)(void* optional);
  const void* (*get)(const void* optional);  // null when absent
  void* (*emplace_boxed)(void* boxed);
  const void* (*get_boxed)(const void* boxed);
  // Lists.
  std::size_t (*count)(const void* list);
  const void* (*at)(const void* list, std::size_t index);
  void* (*append)(void* list);
  // Maps; also `count`.
  void* (*insert)(void* map, std::string key);  // null when the key is there already
  void (*visit)(const void* map, void* context, MapVisitor visitor);
};

// The member's value inside `structure`, or null when it is absent.
const void* find(const Member& member, const void* structure);
// The same, made present.
void* emplace(const Member& member, void* structure);

// The string member of an error that carries its message, however it is spelled; or null.
const Member* message_member(const Shape& error);

// One whole structure of any generated type.
class Value {
 public:
  Value() = default;
  explicit Value(const Shape& structure);
  Value(const Shape& structure, const void* copied);
  Value(const Value& other);
  Value(Value&& other) noexcept;
  Value& operator=(Value other) noexcept;
  ~Value();

  // From any generated structure; shape_of() is generated beside it.
  template <typename T>
  static Value of(const T& structure) {
    return Value(shape_of(&structure), &structure);
  }

  bool empty() const { return shape_ == nullptr; }
  const Shape& shape() const { return *shape_; }
  const void* data() const { return data_; }
  void* data() { return data_; }
  // T must be the structure this Value was made of.
  template <typename T>
  const T& as() const {
    return *static_cast<const T*>(data_);
  }
  template <typename T>
  T& as() {
    return *static_cast<T*>(data_);
  }
  bool operator==(const Value& other) const;

 private:
  const Shape* shape_ = nullptr;
  void* data_ = nullptr;
};

}  // namespace meridian::aws
