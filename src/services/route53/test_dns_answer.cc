// TestDNSAnswer: what DNS answers now, for a resolver and perhaps a client behind it.
#include <charconv>

#include "gen/route53/errors.h"
#include "services/route53/service.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {
namespace {

// The API reference's defaults: as much of the client's address as resolvers tell.
constexpr unsigned kMaskV4 = 24, kMaskV6 = 64;

aws::Outcome<net::IpAddress> read_address(std::string_view member, const std::string& text) {
  auto address = net::IpAddress::parse(text);
  if (!address) return api::errors::InvalidInput(fmt::format("Invalid {}: '{}'", member, text));
  return *address;
}

aws::Outcome<std::optional<dns::ClientSubnet>> read_client_subnet(const api::TestDNSAnswerRequest& input) {
  if (!input.EDNS0ClientSubnetIP) {
    if (!input.EDNS0ClientSubnetMask) return std::nullopt;
    return api::errors::InvalidInput(
        "EDNS0ClientSubnetMask can only be given together with EDNS0ClientSubnetIP.");
  }
  const net::IpAddress address = TRY(read_address("EDNS0ClientSubnetIP", *input.EDNS0ClientSubnetIP));
  const unsigned width = address.is_v4() ? 32 : 128;
  unsigned bits = address.is_v4() ? kMaskV4 : kMaskV6;
  if (const auto& mask = input.EDNS0ClientSubnetMask) {
    const char* const end = mask->data() + mask->size();
    const auto read = std::from_chars(mask->data(), end, bits);
    if (read.ec != std::errc() || read.ptr != end || bits > width)
      return api::errors::InvalidInput(
          fmt::format("Invalid EDNS0ClientSubnetMask: '{}' is not a number between 0 and {}", *mask, width));
  }
  dns::ClientSubnet subnet;
  subnet.family = address.is_v4() ? 1 : 2;
  subnet.source_bits = static_cast<std::uint8_t>(bits);
  for (std::size_t i = 0; i * 8 < bits; ++i) {
    const unsigned kept = std::min(bits - static_cast<unsigned>(i) * 8, 8u);
    subnet.address[i] = static_cast<std::uint8_t>(static_cast<unsigned char>(address.bytes()[i]) &
                                                  (0xff00u >> kept));  // RFC 7871 §6: the rest is zero
  }
  return subnet;
}

}  // namespace

aws::Outcome<api::TestDNSAnswerResponse> Route53::TestDNSAnswer(aws::Call& call,
                                                                const api::TestDNSAnswerRequest& input) {
  if (!dns_answers_) return aws::not_implemented(model(), "TestDNSAnswer");
  const HostedZoneResource zone = TRY(this->zone(call, input.HostedZoneId)).value;
  DnsAnswers::Question question;
  question.zone_id = zone.id;
  const auto name = parse_domain_name(input.RecordName);
  if (!name) return api::errors::InvalidInput(name.error());
  if (!name->is_under(zone.name))
    return api::errors::InvalidInput(
        fmt::format("{} is not in hosted zone {}", aws_name(*name), aws_name(zone.name)));
  question.name = *name;
  question.type = dns::parse_type(input.RecordType).value_or(dns::Type::A);
  if (input.ResolverIP) question.resolver = TRY(read_address("ResolverIP", *input.ResolverIP));
  question.client_subnet = TRY(read_client_subnet(input));

  DnsAnswers::Answer answer = TRY(aws::or_failure(dns_answers_->answer(question)));
  api::TestDNSAnswerResponse out;
  out.Nameserver = name_server_name(zone.name_servers[0]);
  out.RecordName = input.RecordName;
  out.RecordType = input.RecordType;
  out.RecordData = std::move(answer.values);
  out.ResponseCode = std::move(answer.response_code);
  out.Protocol = std::move(answer.protocol);
  return out;
}

}  // namespace meridian::services::route53
