#include "formats/dns/types.h"

#include <charconv>

#include "base/bytes.h"

namespace meridian::dns {
namespace {
struct TypeName {
  Type type;
  std::string_view text;
};
constexpr TypeName kTypes[] = {
    {Type::A, "A"},         {Type::NS, "NS"},
    {Type::CNAME, "CNAME"}, {Type::SOA, "SOA"},
    {Type::PTR, "PTR"},     {Type::MX, "MX"},
    {Type::TXT, "TXT"},     {Type::AAAA, "AAAA"},
    {Type::LOC, "LOC"},     {Type::SRV, "SRV"},
    {Type::NAPTR, "NAPTR"}, {Type::DNAME, "DNAME"},
    {Type::OPT, "OPT"},     {Type::DS, "DS"},
    {Type::SSHFP, "SSHFP"}, {Type::RRSIG, "RRSIG"},
    {Type::NSEC, "NSEC"},   {Type::DNSKEY, "DNSKEY"},
    {Type::NSEC3, "NSEC3"}, {Type::NSEC3PARAM, "NSEC3PARAM"},
    {Type::TLSA, "TLSA"},   {Type::CDS, "CDS"},
    {Type::SVCB, "SVCB"},   {Type::CDNSKEY, "CDNSKEY"},
    {Type::HTTPS, "HTTPS"}, {Type::SPF, "SPF"},
    {Type::TSIG, "TSIG"},   {Type::IXFR, "IXFR"},
    {Type::AXFR, "AXFR"},   {Type::ANY, "ANY"},
    {Type::CAA, "CAA"},
};
constexpr std::size_t kTypeTextMax = 16;

bool same_text(std::string_view text, std::string_view upper) {
  if (text.size() != upper.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i] >= 'a' && text[i] <= 'z' ? static_cast<char>(text[i] - 32) : text[i];
    if (c != upper[i]) return false;
  }
  return true;
}

std::string number(std::string_view prefix, unsigned value) {
  return std::string(prefix) + std::to_string(value);
}
}  // namespace

std::string to_string(Type type) {
  for (const TypeName& entry : kTypes)
    if (entry.type == type) return std::string(entry.text);
  return number("TYPE", static_cast<std::uint16_t>(type));
}

std::optional<Type> parse_type(std::string_view text) {
  if (text.empty() || text.size() > kTypeTextMax) return std::nullopt;
  for (const TypeName& entry : kTypes)
    if (same_text(text, entry.text)) return entry.type;
  if (text.size() < 5 || !same_text(text.substr(0, 4), "TYPE")) return std::nullopt;
  std::uint16_t value = 0;
  auto [end, error] = std::from_chars(text.data() + 4, text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return static_cast<Type>(value);
}

std::string to_string(Rcode rcode) {
  switch (rcode) {
    case Rcode::NoError:
      return "NOERROR";
    case Rcode::FormErr:
      return "FORMERR";
    case Rcode::ServFail:
      return "SERVFAIL";
    case Rcode::NXDomain:
      return "NXDOMAIN";
    case Rcode::NotImp:
      return "NOTIMP";
    case Rcode::Refused:
      return "REFUSED";
    case Rcode::NotAuth:
      return "NOTAUTH";
    case Rcode::BadVers:
      return "BADVERS";
    case Rcode::BadCookie:
      return "BADCOOKIE";
  }
  return number("RCODE", static_cast<std::uint16_t>(rcode));
}

std::string to_string(Class klass) {
  switch (klass) {
    case Class::IN:
      return "IN";
    case Class::CH:
      return "CH";
    case Class::NONE:
      return "NONE";
    case Class::ANY:
      return "ANY";
  }
  return number("CLASS", static_cast<std::uint16_t>(klass));
}

std::string to_string(Opcode opcode) {
  switch (opcode) {
    case Opcode::Query:
      return "QUERY";
    case Opcode::Status:
      return "STATUS";
    case Opcode::Notify:
      return "NOTIFY";
    case Opcode::Update:
      return "UPDATE";
  }
  return number("OPCODE", static_cast<std::uint8_t>(opcode));
}

}  // namespace meridian::dns
