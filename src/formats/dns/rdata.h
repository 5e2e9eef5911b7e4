// RDATA: presentation form ⇄ uncompressed wire form, for every type named in types.h and RFC 3597's \# form for
// the rest. Wire RDATA made here is canonical in layout, with names in the case they were given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "formats/dns/name.h"
#include "formats/dns/types.h"

namespace meridian::dns {

// Errors say which field is wrong: "MX preference 'abc' is not a number between 0 and 65535".
Result<std::string> parse_rdata(Type type, std::string_view text, const Name& origin = Name());
// The standard presentation form (master-file syntax, absolute names, quoted strings).
Result<std::string> print_rdata(Type type, std::string_view wire);
// Whether the bytes are well-formed RDATA of the type (RFC layout); types without a known layout always are.
Result<void> check_rdata(Type type, std::string_view wire);

// Where domain names stand inside RDATA of a type. RFC 3597 §4 allows compression for the types of RFC 1035 only;
// additional-section processing applies to the targets of NS, MX, SRV, SVCB/HTTPS and CNAME-like use.
struct RdataName {
  std::uint16_t offset;
  std::uint16_t size;
  bool compressible;
  bool additional;
};
std::vector<RdataName> names_in(Type type, std::string_view wire);

// Splits presentation text into fields: blanks separate, "…" quotes, \DDD and \X escape. The field of a quoted
// string has its quotes removed and `quoted` set; escapes are resolved in both.
struct Field {
  std::string value;
  bool quoted = false;
};
Result<std::vector<Field>> split_fields(std::string_view text);

}  // namespace meridian::dns
