// Numbers of the DNS protocol under their RFC names (IANA "Domain Name System (DNS) Parameters").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meridian::dns {

// Any 16-bit value is legal; the named ones are those we give a meaning to.
enum class Type : std::uint16_t {
  A = 1,
  NS = 2,
  CNAME = 5,
  SOA = 6,
  PTR = 12,
  MX = 15,
  TXT = 16,
  AAAA = 28,
  LOC = 29,
  SRV = 33,
  NAPTR = 35,
  DNAME = 39,
  OPT = 41,
  DS = 43,
  SSHFP = 44,
  RRSIG = 46,
  NSEC = 47,
  DNSKEY = 48,
  NSEC3 = 50,
  NSEC3PARAM = 51,
  TLSA = 52,
  CDS = 59,
  CDNSKEY = 60,
  SVCB = 64,
  HTTPS = 65,
  SPF = 99,
  TSIG = 250,
  IXFR = 251,
  AXFR = 252,
  ANY = 255,
  CAA = 257,
};
enum class Class : std::uint16_t { IN = 1, CH = 3, NONE = 254, ANY = 255 };
enum class Opcode : std::uint8_t { Query = 0, Status = 2, Notify = 4, Update = 5 };
enum class Rcode : std::uint16_t {
  NoError = 0,
  FormErr = 1,
  ServFail = 2,
  NXDomain = 3,
  NotImp = 4,
  Refused = 5,
  NotAuth = 9,
  BadVers = 16,
  BadCookie = 23,
};
enum class OptionCode : std::uint16_t {
  Nsid = 3,
  ClientSubnet = 8,
  Cookie = 10,
  Padding = 12,
  ExtendedError = 15
};

std::string to_string(Type type);    // "A"; "TYPE1234" for the nameless (RFC 3597)
std::string to_string(Rcode rcode);  // "NXDOMAIN"
std::string to_string(Class klass);  // "IN"; "CLASS1234" for the nameless
std::string to_string(Opcode opcode);
std::optional<Type> parse_type(std::string_view text);  // any case, "TYPE1234" too

}  // namespace meridian::dns
