// The fields that RDATA of each type is made of: the one table that checking, parsing and printing walk.
// Rule: field_size() proves a field well-formed, so that what walks after it needs no checks of its own.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "formats/dns/types.h"

namespace meridian::dns {

enum class FieldKind : std::uint8_t {
  U8,
  U16,
  U32,
  Duration,   // 32 bits; text may have units (1h30m)
  Timestamp,  // 32 bits; YYYYMMDDHHmmSS (RFC 4034 §3.2)
  TypeCode,
  Ip4,
  Ip6,
  Name,
  String,   // one character string
  Strings,  // one or more, to the end
  CaaTag,
  CaaValue,  // to the end
  Hex,       // to the end
  Base64,    // to the end
  Salt,      // RFC 5155 §3.3: sized, hexadecimal, "-" for none
  NextHash,  // RFC 5155 §3.3: sized, base32hex
  TypeBitmap,
  SvcParams,
};

struct FieldSpec {
  FieldKind kind;
  std::string_view name;
};

// Empty for a type whose layout we do not know.
std::span<const FieldSpec> layout_of(Type type);

// The size of the field that `rest` begins with.
Result<std::size_t> field_size(FieldKind kind, std::string_view rest);

// Rules that span fields, such as the length of a digest of a known kind.
Result<void> check_across_fields(Type type, std::string_view wire);

// Calls visit(spec, offset, bytes), which returns Result<void>, for each field; the bytes must be used up.
template <typename Visit>
Result<void> walk_fields(Type type, std::string_view wire, Visit visit) {
  std::size_t at = 0;
  for (const FieldSpec& spec : layout_of(type)) {
    auto size = field_size(spec.kind, wire.substr(at));
    if (!size) return invalid(to_string(type) + " " + std::string(spec.name) + " " + size.error().message);
    TRY(visit(spec, at, wire.substr(at, *size)));
    at += *size;
  }
  if (at != wire.size()) return invalid("bytes follow the " + to_string(type) + " RDATA");
  return {};
}

}  // namespace meridian::dns
