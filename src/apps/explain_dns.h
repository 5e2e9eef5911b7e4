// `meridian explain dns`, in the server: words to a question, and what the engine says to text or JSON
// (docs/use/explain.md).
#pragma once

#include <string>

#include "apps/admin.h"
#include "base/random.h"
#include "engines/dns/dns_engine.h"

namespace meridian::apps {

inline constexpr unsigned kExplainDrawsMax = engines::dns::AnswerShares::kDrawsMax;

Result<std::string> explain_dns(engines::dns::DnsEngine& engine, Random& random, const ExplainDnsQuery& query,
                                Output output);

// "192.0.2.0/24" as a resolver tells it (RFC 7871).
Result<meridian::dns::ClientSubnet> parse_client_subnet(std::string_view text);

}  // namespace meridian::apps
