// RDATA: presentation form ⇄ uncompressed wire form, for the types named in types.h, and RFC 3597's \# form
// for all. LOC, OPT and TSIG have the \# form only. Wire RDATA made here is canonical in layout, with names
// in the case they were given, and printing what was parsed gives text that parses to the same bytes.
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

inline constexpr std::size_t kRdataSizeMax = 65535;

// Errors say which field is wrong: "MX preference 'abc' is not a number between 0 and 65535". With decimal
// escapes "@" stands for the origin.
Result<std::string> parse_rdata(Type type, std::string_view text, const Name& origin = Name(),
                                Escapes escapes = Escapes::Decimal);
// The standard presentation form (master-file syntax, absolute names, quoted strings).
Result<std::string> print_rdata(Type type, std::string_view wire, Escapes escapes = Escapes::Decimal);
std::string print_generic_rdata(std::string_view wire);  // \# 2 ABCD
// Whether the bytes are well-formed RDATA of the type (RFC layout); types without a known layout always are.
Result<void> check_rdata(Type type, std::string_view wire);

// RDATA as it stands in a message, names perhaps compressed, as uncompressed and checked wire form. RFC 3597
// §4 wants that for the types of RFC 1035, and for NAPTR and SRV from old senders; in other types a pointer
// is an error.
Result<std::string> read_rdata(Type type, Bytes message, std::size_t position, std::size_t size);

// The types whose names a sender may compress are those of RFC 1035 (RFC 3597 §4): `count` names in a row at
// `offset`.
struct CompressibleNames {
  std::uint8_t offset;
  std::uint8_t count;
};
constexpr CompressibleNames compressible_names(Type type) {
  switch (type) {
    case Type::NS:
    case Type::CNAME:
    case Type::PTR:
      return {0, 1};
    case Type::MX:
      return {2, 1};
    case Type::SOA:
      return {0, 2};
    default:
      return {0, 0};
  }
}

// Where domain names stand inside well-formed RDATA. `additional`: the name is one whose addresses a server
// adds (the targets of NS, MX, SRV, SVCB and HTTPS).
struct RdataName {
  std::uint16_t offset;
  std::uint16_t size;
  bool compressible;
  bool additional;
};
std::vector<RdataName> names_in(Type type, std::string_view wire);

// Splits presentation text into fields: blanks separate, "…" quotes, \DDD and \X escape. The field of a
// quoted string has its quotes removed and `quoted` set; escapes are resolved in both.
struct Field {
  std::string value;
  bool quoted = false;
};
Result<std::vector<Field>> split_fields(std::string_view text, Escapes escapes = Escapes::Decimal);

}  // namespace meridian::dns
