// Domain names (RFC 1035 §3.1, RFC 4343): uncompressed wire form inside, at most 255 bytes with the root
// label. A Name is always valid. Comparison and hashing ignore ASCII case; the case given is kept.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace meridian::dns {

inline constexpr std::size_t kNameSizeMax = 255;  // bytes on the wire
inline constexpr std::size_t kLabelSizeMax = 63;
inline constexpr std::size_t kLabelsMax = 127;  // without the root

// In one name: more than one a label is of no use, and long chains would make a message of many names costly.
inline constexpr std::size_t kPointersMax = kLabelsMax + 1;

// How a byte that cannot stand for itself is written: \DDD as in master files (RFC 1035 §5.1), or the three
// octal digits of Route 53, which in names also escapes every printable byte but letters, digits, hyphen and
// underscore.
enum class Escapes : std::uint8_t { Decimal, Octal };

// The size of the uncompressed name that `wire` begins with; 0: it begins with none.
inline std::size_t wire_name_size(std::string_view wire) {
  for (std::size_t at = 0; at < wire.size() && at < kNameSizeMax;) {
    const auto length = static_cast<std::uint8_t>(wire[at]);
    if (length > kLabelSizeMax) return 0;
    at += 1 + length;
    if (length == 0) return at;
  }
  return 0;
}

class Name {
 public:
  Name() : size_(1) { wire_[0] = 0; }  // the root
  // Only the bytes in use are copied; the rest of the array is never initialized.
  Name(const Name& other) : size_(other.size_) { std::memcpy(wire_.data(), other.wire_.data(), size_); }
  Name& operator=(const Name& other) {
    size_ = other.size_;
    std::memmove(wire_.data(), other.wire_.data(), size_);
    return *this;
  }

  // Presentation form with \DDD or \OOO and \X escapes. Without a trailing dot it is relative to `origin`;
  // "@" has no meaning here. Error messages name what is wrong ("label is longer than 63 bytes").
  static Result<Name> parse(std::string_view text, const Name& origin = Name(),
                            Escapes escapes = Escapes::Decimal);
  // Reads a possibly compressed name at `position` of a message and moves `position` behind it. Pointers must
  // go strictly backwards, and be no more than kPointersMax.
  static Result<Name> read(Bytes message, std::size_t& position);
  // Becomes the uncompressed name that `bytes` begins with; false, and unchanged, when it begins with none.
  bool assign_prefix(std::string_view bytes) {
    const std::size_t size = wire_name_size(bytes);
    if (size == 0) return false;
    std::memcpy(wire_.data(), bytes.data(), size);
    size_ = static_cast<std::uint8_t>(size);
    return true;
  }
  // Takes an uncompressed wire name that fills `wire` exactly.
  static Result<Name> from_wire(std::string_view wire);

  std::string_view wire() const { return {reinterpret_cast<const char*>(wire_.data()), size_}; }
  Name lower() const;
  // With the trailing dot, escapes for what is not printable; "." for the root.
  std::string to_string(Escapes escapes = Escapes::Decimal) const;
  void append_to(std::string& out, Escapes escapes = Escapes::Decimal) const;

  std::size_t label_count() const;  // without the root label
  bool is_root() const { return size_ == 1; }
  bool is_wildcard() const { return size_ >= 3 && wire_[0] == 1 && wire_[1] == '*'; }
  std::string_view first_label() const { return {reinterpret_cast<const char*>(wire_.data()) + 1, wire_[0]}; }
  Name parent() const;                        // the root is its own parent
  Name suffix(std::size_t labels) const;      // the last `labels` labels
  bool is_under(const Name& ancestor) const;  // or equal to it
  Result<Name> prepend(std::string_view label) const;
  std::size_t hash() const;  // of the lower-case form

  friend bool operator==(const Name& a, const Name& b);
  // Canonical order of RFC 4034 §6.1.
  friend std::strong_ordering operator<=>(const Name& a, const Name& b);

 private:
  struct Blank {};
  explicit Name(Blank) : size_(0) {}

  std::array<std::uint8_t, kNameSizeMax + 1> wire_;  // one more, so that it can be written by eights
  std::uint8_t size_;
};

// Whether two uncompressed wire names are the same but for ASCII case. No label length is a letter, so the
// bytes can be compared without regard to labels.
bool same_name(std::string_view a, std::string_view b);

// Writes `wire` in lower case to `out`, which has room for its size rounded up to a multiple of eight.
void copy_lower(std::string_view wire, std::uint8_t* out);

// Appends `bytes` with escapes for what does not stand for itself inside a quoted string.
void append_quoted(std::string& out, std::string_view bytes, Escapes escapes = Escapes::Decimal);

// Takes one escape from `text`, whose byte at `position` is a backslash, and moves `position` behind it.
// Nothing: the escape is cut short or its number is above 255.
std::optional<std::uint8_t> take_escape(std::string_view text, std::size_t& position, Escapes escapes);
std::string bad_escape(Escapes escapes);  // the message for it

}  // namespace meridian::dns

template <>
struct std::hash<meridian::dns::Name> {
  std::size_t operator()(const meridian::dns::Name& name) const { return name.hash(); }
};
