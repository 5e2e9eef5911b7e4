// Names, values and stored bytes of Route 53. What is accepted must be well-formed RDATA, and names must come back the
// same from the spelling and from the key that are made of them.
#include <cstdint>

#include "base/check.h"
#include "formats/dns/rdata.h"
#include "services/route53/record_values.h"

using namespace meridian;
using namespace meridian::services::route53;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  static constexpr dns::Type kTypes[] = {dns::Type::SOA,  dns::Type::A,    dns::Type::TXT,   dns::Type::NS,
                                         dns::Type::MX,   dns::Type::PTR,  dns::Type::NAPTR, dns::Type::CNAME,
                                         dns::Type::SRV,  dns::Type::SPF,  dns::Type::AAAA,  dns::Type::CAA,
                                         dns::Type::DS,   dns::Type::TLSA, dns::Type::SSHFP, dns::Type::SVCB,
                                         dns::Type::HTTPS};
  dns::Type type = kTypes[data[0] % std::size(kTypes)];
  if (auto value = parse_record_value(type, text)) {
    CHECK(dns::check_rdata(type, value->rdata));
    CHECK(parse_record_value(type, value->text)->rdata == value->rdata);
  }
  if (auto name = parse_domain_name(text)) {
    CHECK(parse_domain_name(aws_name(*name)).value() == *name);
    auto parts = parse_record_set_key(record_set_key("Z1", {*name, type, "id"}));
    CHECK(parts && parts->id.name == *name && parts->id.type == type);
  }
  parse_record_set_key(text);
  if (auto set = decode_record_set(text)) CHECK(decode_record_set(encode(*set)));
  return 0;
}
