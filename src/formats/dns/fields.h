// Presentation text cut into fields (RFC 1035 §5.1): what zone files and the text form of RDATA share.
// Rule: a field is a view of the text with its escapes still in it, for in a name "\." differs from ".".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/dns/name.h"
#include "formats/dns/types.h"

namespace meridian::dns {

struct RawField {
  std::string_view text;  // without the quotes of a quoted string
  bool quoted = false;
};

// Takes the field that begins at `position`, which is not blank, and moves `position` behind it. Fields end
// at a blank, a line's end, a quote, or one of the bytes of `specials`; a quote right after "=" belongs to
// the field (RFC 9460 §2.1). A quoted string must end on its line.
Result<RawField> take_field(std::string_view text, std::size_t& position, std::string_view specials);

// Cuts one line of nothing but fields.
Result<std::vector<RawField>> cut_fields(std::string_view text);

Result<std::string> resolve_escapes(std::string_view text, Escapes escapes);

// "3600" or "1h30m", with units s m h d w in any case; nothing above 2^32-1.
std::optional<std::uint32_t> parse_duration(std::string_view text);

// parse_rdata() on text already cut; `out` is replaced, and holds anything after a refusal.
Result<void> parse_rdata_fields(Type type, std::span<const RawField> fields, const Name& origin,
                                Escapes escapes, std::string& out);

}  // namespace meridian::dns
