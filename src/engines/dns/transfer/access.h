// Who may take zones, and who is told of changes: the values of the operator's options. Rule: nobody may
// unless a rule says so.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "formats/dns/name.h"
#include "net/address.h"

namespace meridian::engines::dns::transfer {

// Both hold that are given; at least one is.
struct AccessRule {
  std::optional<net::Cidr> prefix;
  std::optional<meridian::dns::Name> key;
};
// "192.0.2.0/24", "2001:db8::1", "key:NAME", or a prefix and a key: "192.0.2.0/24,key:NAME".
Result<AccessRule> parse_access_rule(std::string_view text);
// `key`: the one whose signature of the request was good; null: it was not signed.
bool is_allowed(std::span<const AccessRule> rules, const net::IpAddress& client,
                const meridian::dns::Name* key);

struct NotifyTarget {
  net::Address address;
  std::optional<meridian::dns::Name> key;
};
// "192.0.2.1", "192.0.2.1@5353", "2001:db8::1@53,key:NAME".
Result<NotifyTarget> parse_notify_target(std::string_view text);

}  // namespace meridian::engines::dns::transfer
