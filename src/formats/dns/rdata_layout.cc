#include "formats/dns/rdata_layout.h"

#include "base/bytes.h"
#include "formats/dns/name.h"
#include "formats/dns/rdata.h"
#include "formats/dns/svc_params.h"

namespace meridian::dns {
namespace {

constexpr FieldSpec kA[] = {{FieldKind::Ip4, "address"}};
constexpr FieldSpec kAaaa[] = {{FieldKind::Ip6, "address"}};
constexpr FieldSpec kTarget[] = {{FieldKind::Name, "target"}};  // NS, CNAME, PTR, DNAME
constexpr FieldSpec kSoa[] = {
    {FieldKind::Name, "primary name server"}, {FieldKind::Name, "mailbox"},   {FieldKind::U32, "serial"},
    {FieldKind::Duration, "refresh"},         {FieldKind::Duration, "retry"}, {FieldKind::Duration, "expire"},
    {FieldKind::Duration, "minimum"},
};
constexpr FieldSpec kMx[] = {{FieldKind::U16, "preference"}, {FieldKind::Name, "exchange"}};
constexpr FieldSpec kTxt[] = {{FieldKind::Strings, "string"}};
constexpr FieldSpec kSrv[] = {{FieldKind::U16, "priority"},
                              {FieldKind::U16, "weight"},
                              {FieldKind::U16, "port"},
                              {FieldKind::Name, "target"}};
constexpr FieldSpec kNaptr[] = {
    {FieldKind::U16, "order"},      {FieldKind::U16, "preference"}, {FieldKind::String, "flags"},
    {FieldKind::String, "service"}, {FieldKind::String, "regexp"},  {FieldKind::Name, "replacement"},
};
constexpr FieldSpec kDs[] = {{FieldKind::U16, "key tag"},
                             {FieldKind::U8, "algorithm"},
                             {FieldKind::U8, "digest type"},
                             {FieldKind::Hex, "digest"}};
constexpr FieldSpec kSshfp[] = {
    {FieldKind::U8, "algorithm"}, {FieldKind::U8, "fingerprint type"}, {FieldKind::Hex, "fingerprint"}};
constexpr FieldSpec kRrsig[] = {
    {FieldKind::TypeCode, "type covered"},
    {FieldKind::U8, "algorithm"},
    {FieldKind::U8, "labels"},
    {FieldKind::U32, "original TTL"},
    {FieldKind::Timestamp, "expiration"},
    {FieldKind::Timestamp, "inception"},
    {FieldKind::U16, "key tag"},
    {FieldKind::Name, "signer"},
    {FieldKind::Base64, "signature"},
};
constexpr FieldSpec kNsec[] = {{FieldKind::Name, "next name"}, {FieldKind::TypeBitmap, "types"}};
constexpr FieldSpec kDnskey[] = {{FieldKind::U16, "flags"},
                                 {FieldKind::U8, "protocol"},
                                 {FieldKind::U8, "algorithm"},
                                 {FieldKind::Base64, "public key"}};
constexpr FieldSpec kNsec3[] = {
    {FieldKind::U8, "hash algorithm"}, {FieldKind::U8, "flags"},      {FieldKind::U16, "iterations"},
    {FieldKind::Salt, "salt"},         {FieldKind::NextHash, "next"}, {FieldKind::TypeBitmap, "types"},
};
constexpr FieldSpec kNsec3Param[] = {{FieldKind::U8, "hash algorithm"},
                                     {FieldKind::U8, "flags"},
                                     {FieldKind::U16, "iterations"},
                                     {FieldKind::Salt, "salt"}};
constexpr FieldSpec kTlsa[] = {{FieldKind::U8, "certificate usage"},
                               {FieldKind::U8, "selector"},
                               {FieldKind::U8, "matching type"},
                               {FieldKind::Hex, "certificate association data"}};
constexpr FieldSpec kSvcb[] = {
    {FieldKind::U16, "priority"}, {FieldKind::Name, "target"}, {FieldKind::SvcParams, "parameters"}};
constexpr FieldSpec kCaa[] = {
    {FieldKind::U8, "flags"}, {FieldKind::CaaTag, "tag"}, {FieldKind::CaaValue, "value"}};

constexpr std::string_view kCutShort = "is cut short";

Result<std::size_t> sized(std::string_view rest, std::size_t least) {
  if (rest.empty() || rest.size() <= static_cast<std::uint8_t>(rest[0]))
    return invalid(std::string(kCutShort));
  std::size_t length = static_cast<std::uint8_t>(rest[0]);
  if (length < least) return invalid("is empty");
  return 1 + length;
}

Result<std::size_t> fixed(std::string_view rest, std::size_t size) {
  if (rest.size() < size) return invalid(std::string(kCutShort));
  return size;
}

Result<std::size_t> name_size(std::string_view rest) {
  std::size_t size = wire_name_size(rest);
  if (size == 0) return invalid("is not an uncompressed name");
  return size;
}

Result<std::size_t> strings_size(std::string_view rest) {
  std::size_t at = 0;
  do at += TRY(sized(rest.substr(at), 0));
  while (at < rest.size());
  return at;
}

Result<std::size_t> caa_tag_size(std::string_view rest) {
  std::size_t size = TRY(sized(rest, 1));
  for (char c : rest.substr(1, size - 1))
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
      return invalid("has a character that is neither letter nor digit");  // RFC 8659 §4.1
  return size;
}

// RFC 4034 §4.1.2: windows ascending, no trailing zero byte in a window.
Result<std::size_t> bitmap_size(std::string_view rest) {
  int last = -1;
  for (std::size_t at = 0; at < rest.size();) {
    if (rest.size() - at < 2) return invalid(std::string(kCutShort));
    int window = static_cast<std::uint8_t>(rest[at]);
    std::size_t length = static_cast<std::uint8_t>(rest[at + 1]);
    if (window <= last || length < 1 || length > 32 || rest.size() - at - 2 < length ||
        rest[at + 1 + length] == 0)
      return invalid("are not a type bitmap");
    last = window;
    at += 2 + length;
  }
  return rest.size();
}

Result<std::size_t> to_the_end(std::string_view rest) {
  if (rest.empty()) return invalid("is empty");
  return rest.size();
}

Result<void> check_size(Type type, std::string_view what, std::size_t size, std::size_t expected) {
  if (size == expected) return {};
  return invalid(to_string(type) + " " + std::string(what) + " is " + std::to_string(size) +
                 " bytes long, not " + std::to_string(expected));
}
}  // namespace

std::span<const FieldSpec> layout_of(Type type) {
  switch (type) {
    case Type::A:
      return kA;
    case Type::AAAA:
      return kAaaa;
    case Type::NS:
    case Type::CNAME:
    case Type::PTR:
    case Type::DNAME:
      return kTarget;
    case Type::SOA:
      return kSoa;
    case Type::MX:
      return kMx;
    case Type::TXT:
    case Type::SPF:
      return kTxt;
    case Type::SRV:
      return kSrv;
    case Type::NAPTR:
      return kNaptr;
    case Type::DS:
    case Type::CDS:
      return kDs;
    case Type::SSHFP:
      return kSshfp;
    case Type::RRSIG:
      return kRrsig;
    case Type::NSEC:
      return kNsec;
    case Type::DNSKEY:
    case Type::CDNSKEY:
      return kDnskey;
    case Type::NSEC3:
      return kNsec3;
    case Type::NSEC3PARAM:
      return kNsec3Param;
    case Type::TLSA:
      return kTlsa;
    case Type::SVCB:
    case Type::HTTPS:
      return kSvcb;
    case Type::CAA:
      return kCaa;
    default:
      return {};
  }
}

Result<std::size_t> field_size(FieldKind kind, std::string_view rest) {
  switch (kind) {
    case FieldKind::U8:
      return fixed(rest, 1);
    case FieldKind::U16:
    case FieldKind::TypeCode:
      return fixed(rest, 2);
    case FieldKind::U32:
    case FieldKind::Duration:
    case FieldKind::Timestamp:
    case FieldKind::Ip4:
      return fixed(rest, 4);
    case FieldKind::Ip6:
      return fixed(rest, 16);
    case FieldKind::Name:
      return name_size(rest);
    case FieldKind::String:
    case FieldKind::Salt:
      return sized(rest, 0);
    case FieldKind::NextHash:
      return sized(rest, 1);
    case FieldKind::Strings:
      return strings_size(rest);
    case FieldKind::CaaTag:
      return caa_tag_size(rest);
    case FieldKind::CaaValue:
      return rest.size();
    case FieldKind::Hex:
    case FieldKind::Base64:
      return to_the_end(rest);
    case FieldKind::TypeBitmap:
      return bitmap_size(rest);
    case FieldKind::SvcParams:
      TRY(check_svc_params(rest));
      return rest.size();
  }
  return invalid("is of an unknown kind");
}

Result<void> check_across_fields(Type type, std::string_view wire) {
  if (type == Type::DS || type == Type::CDS) {
    std::size_t size = wire.size() - 4;
    switch (wire[3]) {  // RFC 3658, RFC 4509, RFC 6605
      case 1:
        return check_size(type, "SHA-1 digest", size, 20);
      case 2:
        return check_size(type, "SHA-256 digest", size, 32);
      case 4:
        return check_size(type, "SHA-384 digest", size, 48);
    }
  }
  if (type == Type::SSHFP) {
    std::size_t size = wire.size() - 2;
    switch (wire[1]) {  // RFC 4255, RFC 6594
      case 1:
        return check_size(type, "SHA-1 fingerprint", size, 20);
      case 2:
        return check_size(type, "SHA-256 fingerprint", size, 32);
    }
  }
  return {};
}

Result<void> check_rdata(Type type, std::string_view wire) {
  if (wire.size() > kRdataSizeMax) return invalid("RDATA is longer than 65535 bytes");
  if (layout_of(type).empty()) return {};
  TRY(walk_fields(type, wire,
                  [](const FieldSpec&, std::size_t, std::string_view) { return Result<void>(); }));
  return check_across_fields(type, wire);
}

std::vector<RdataName> names_in(Type type, std::string_view wire) {
  std::vector<RdataName> names;
  bool compressible = compressible_names(type).count > 0;
  bool additional =
      type == Type::NS || type == Type::MX || type == Type::SRV || type == Type::SVCB || type == Type::HTTPS;
  auto visit = [&](const FieldSpec& spec, std::size_t offset, std::string_view bytes) -> Result<void> {
    if (spec.kind == FieldKind::Name)
      names.push_back({static_cast<std::uint16_t>(offset), static_cast<std::uint16_t>(bytes.size()),
                       compressible, additional});
    return {};
  };
  if (wire.size() > kRdataSizeMax || layout_of(type).empty() || !walk_fields(type, wire, visit)) return {};
  return names;
}

Result<std::string> read_rdata(Type type, Bytes message, std::size_t position, std::size_t size) {
  if (position > message.size() || size > message.size() - position)
    return invalid("RDATA runs past the end");
  Bytes upto = message.first(position + size);
  std::string wire;
  if (compressible_names(type).count > 0 || type == Type::SRV || type == Type::NAPTR) {
    for (const FieldSpec& spec : layout_of(type)) {
      if (spec.kind == FieldKind::Name) {
        wire += TRY(Name::read(upto, position)).wire();
        continue;
      }
      std::size_t taken = TRY(field_size(spec.kind, as_text(upto.subspan(position))));
      wire += as_text(upto.subspan(position, taken));
      position += taken;
    }
  }
  wire += as_text(upto.subspan(position));
  TRY(check_rdata(type, wire));
  return wire;
}

}  // namespace meridian::dns
