// Domain names (RFC 1035 §3.1, RFC 4343): uncompressed wire form inside, at most 255 bytes with the root label.
// A Name is always valid. Comparison and hashing ignore ASCII case; the case given is kept.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace meridian::dns {

inline constexpr std::size_t kNameSizeMax = 255;   // bytes on the wire
inline constexpr std::size_t kLabelSizeMax = 63;
inline constexpr std::size_t kLabelsMax = 127;     // without the root

class Name {
 public:
  Name() : size_(1) { wire_[0] = 0; }  // the root

  // Presentation form with \DDD (decimal) and \X escapes (RFC 1035 §5.1). Without a trailing dot it is relative to
  // `origin`. Error messages name what is wrong ("label is longer than 63 bytes").
  static Result<Name> parse(std::string_view text, const Name& origin = Name());
  // Reads a possibly compressed name at `position` of a message and moves `position` behind it. Pointers must go
  // strictly backwards, which bounds the work.
  static Result<Name> read(Bytes message, std::size_t& position);
  // Takes an uncompressed wire name that fills `wire` exactly.
  static Result<Name> from_wire(std::string_view wire);

  std::string_view wire() const { return {reinterpret_cast<const char*>(wire_.data()), size_}; }
  Name lower() const;
  std::string to_string() const;  // with the trailing dot, \DDD for what is not printable; "." for the root

  std::size_t label_count() const;      // without the root label
  bool is_root() const { return size_ == 1; }
  bool is_wildcard() const { return size_ >= 3 && wire_[0] == 1 && wire_[1] == '*'; }
  std::string_view first_label() const { return {reinterpret_cast<const char*>(wire_.data()) + 1, wire_[0]}; }
  Name parent() const;                  // the root is its own parent
  Name suffix(std::size_t labels) const;  // the last `labels` labels
  bool is_under(const Name& ancestor) const;  // or equal to it
  Result<Name> prepend(std::string_view label) const;

  friend bool operator==(const Name& a, const Name& b);
  // Canonical order of RFC 4034 §6.1.
  friend std::strong_ordering operator<=>(const Name& a, const Name& b);

 private:
  std::array<std::uint8_t, kNameSizeMax> wire_;
  std::uint8_t size_;
};

}  // namespace meridian::dns
