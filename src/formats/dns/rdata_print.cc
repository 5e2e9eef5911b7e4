// RDATA to presentation form. Rule: walk_fields() has checked each field before it is printed.
#include <chrono>

#include "base/bytes.h"
#include "formats/dns/base32.h"
#include "formats/dns/rdata.h"
#include "formats/dns/rdata_layout.h"
#include "formats/dns/svc_params.h"
#include "net/address.h"

namespace meridian::dns {
namespace {

// Upper case, as other name servers print it.
void append_hex(std::string& out, std::string_view bytes) {
  for (char c : to_hex(as_bytes(bytes))) out.push_back(c >= 'a' ? static_cast<char>(c - 32) : c);
}

void append_string(std::string& out, std::string_view bytes, Escapes escapes) {
  out.push_back('"');
  append_quoted(out, bytes, escapes);
  out.push_back('"');
}

void append_strings(std::string& out, std::string_view bytes, Escapes escapes) {
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t size = static_cast<std::uint8_t>(bytes[at]);
    if (at) out.push_back(' ');
    append_string(out, bytes.substr(at + 1, size), escapes);
    at += 1 + size;
  }
}

void append_timestamp(std::string& out, std::uint32_t seconds) {
  std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  auto day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(time - day);
  auto padded = [&out](unsigned value) {
    out.push_back(static_cast<char>('0' + value / 10));
    out.push_back(static_cast<char>('0' + value % 10));
  };
  auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  padded(year / 100);
  padded(year % 100);
  padded(static_cast<unsigned>(date.month()));
  padded(static_cast<unsigned>(date.day()));
  padded(static_cast<unsigned>(clock.hours().count()));
  padded(static_cast<unsigned>(clock.minutes().count()));
  padded(static_cast<unsigned>(clock.seconds().count()));
}

void append_types(std::string& out, std::string_view bitmap) {
  bool first = true;
  for (std::size_t at = 0; at < bitmap.size(); at += 2 + static_cast<std::uint8_t>(bitmap[at + 1])) {
    unsigned window = static_cast<std::uint8_t>(bitmap[at]);
    for (unsigned bit = 0; bit < 8u * static_cast<std::uint8_t>(bitmap[at + 1]); ++bit) {
      if (!(static_cast<std::uint8_t>(bitmap[at + 2 + bit / 8]) & (0x80 >> bit % 8))) continue;
      if (!first) out.push_back(' ');
      first = false;
      out += to_string(static_cast<Type>(window << 8 | bit));
    }
  }
}

void append_name(std::string& out, std::string_view bytes, Escapes escapes) {
  if (auto name = Name::from_wire(bytes)) name->append_to(out, escapes);
}

void append_address(std::string& out, Bytes bytes) {
  std::array<std::uint8_t, 16> v6{};
  std::memcpy(v6.data(), bytes.data(), bytes.size());
  auto address =
      bytes.size() == 4 ? net::IpAddress::v4({v6[0], v6[1], v6[2], v6[3]}) : net::IpAddress::v6(v6);
  out += address.to_string();
}

void append_field(std::string& out, FieldKind kind, std::string_view bytes, Escapes escapes) {
  ByteReader reader(bytes);
  switch (kind) {
    case FieldKind::U8:
      out += std::to_string(reader.u8());
      break;
    case FieldKind::U16:
      out += std::to_string(reader.u16());
      break;
    case FieldKind::U32:
    case FieldKind::Duration:
      out += std::to_string(reader.u32());
      break;
    case FieldKind::Timestamp:
      append_timestamp(out, reader.u32());
      break;
    case FieldKind::TypeCode:
      out += to_string(static_cast<Type>(reader.u16()));
      break;
    case FieldKind::Ip4:
    case FieldKind::Ip6:
      append_address(out, as_bytes(bytes));
      break;
    case FieldKind::Name:
      append_name(out, bytes, escapes);
      break;
    case FieldKind::String:
      append_string(out, bytes.substr(1), escapes);
      break;
    case FieldKind::Strings:
      append_strings(out, bytes, escapes);
      break;
    case FieldKind::CaaTag:
      out += bytes.substr(1);
      break;
    case FieldKind::CaaValue:
      append_string(out, bytes, escapes);
      break;
    case FieldKind::Hex:
      append_hex(out, bytes);
      break;
    case FieldKind::Base64:
      out += to_base64(as_bytes(bytes));
      break;
    case FieldKind::Salt:
      if (bytes.size() == 1) out.push_back('-');
      append_hex(out, bytes.substr(1));
      break;
    case FieldKind::NextHash:
      out += to_base32hex(bytes.substr(1));
      break;
    case FieldKind::TypeBitmap:
      append_types(out, bytes);
      break;
    case FieldKind::SvcParams:
      print_svc_params(out, bytes, escapes);
      break;
  }
}
}  // namespace

std::string print_generic_rdata(std::string_view wire) {
  std::string out = "\\# " + std::to_string(wire.size());
  if (!wire.empty()) out.push_back(' ');
  append_hex(out, wire);
  return out;
}

Result<std::string> print_rdata(Type type, std::string_view wire, Escapes escapes) {
  TRY(check_rdata(type, wire));
  if (layout_of(type).empty()) return print_generic_rdata(wire);
  std::string out;
  TRY(walk_fields(type, wire,
                  [&](const FieldSpec& spec, std::size_t, std::string_view bytes) -> Result<void> {
                    // Parameters bring their own blanks, and an empty bitmap wants none.
                    if (!out.empty() && spec.kind != FieldKind::SvcParams &&
                        !(spec.kind == FieldKind::TypeBitmap && bytes.empty()))
                      out.push_back(' ');
                    append_field(out, spec.kind, bytes, escapes);
                    return {};
                  }));
  return out;
}

}  // namespace meridian::dns
