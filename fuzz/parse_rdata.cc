// RDATA and names, as bytes and as text. The input is a type and either. Besides not crashing: what is
// well-formed prints, what is printed parses to the same bytes, and with either kind of escapes.
#include "base/bytes.h"
#include "base/check.h"
#include "formats/dns/rdata.h"

namespace {

using namespace meridian;
using namespace meridian::dns;

void check_round_trip(Type type, std::string_view wire) {
  for (Escapes escapes : {Escapes::Decimal, Escapes::Octal}) {
    auto text = print_rdata(type, wire, escapes);
    CHECK(text.has_value());
    auto again = parse_rdata(type, *text, Name(), escapes);
    CHECK(again && *again == wire);
  }
  CHECK(parse_rdata(type, print_generic_rdata(wire)) == wire);
  for (const RdataName& name : names_in(type, wire))
    CHECK(Name::from_wire(wire.substr(name.offset, name.size)).has_value());
  // In a message by itself, uncompressed, it is what it was.
  CHECK(read_rdata(type, as_bytes(wire), 0, wire.size()) == wire);
}

void check_name(std::string_view text, Escapes escapes) {
  auto name = Name::parse(text, Name(), escapes);
  if (!name) return;
  auto again = Name::parse(name->to_string(escapes), Name(), escapes);
  CHECK(again && again->wire() == name->wire());
  CHECK(Name::from_wire(name->wire()).has_value());
  CHECK(name->lower() == *name && name->lower().hash() == name->hash());
  CHECK(name->suffix(name->label_count()).wire() == name->wire() && name->is_under(name->parent()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Type type = static_cast<Type>(load_u16(data));
  const std::string_view rest = as_text({data + 2, size - 2});
  if (check_rdata(type, rest)) check_round_trip(type, rest);
  for (Escapes escapes : {Escapes::Decimal, Escapes::Octal}) {
    if (auto wire = parse_rdata(type, rest, Name(), escapes)) check_round_trip(type, *wire);
    check_name(rest, escapes);
  }
  return 0;
}
