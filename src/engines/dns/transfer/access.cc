#include "engines/dns/transfer/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace meridian::engines::dns::transfer {
namespace {

using meridian::dns::Name;

constexpr std::string_view kKeyPrefix = "key:";
constexpr std::uint16_t kDnsPort = 53;

Result<net::Cidr> parse_prefix(std::string_view text) {
  if (text.contains('/')) return net::Cidr::parse(text);
  const net::IpAddress ip = TRY(net::IpAddress::parse(text));
  return net::Cidr{ip, static_cast<std::uint8_t>(ip.is_v4() ? 32 : 128)};
}

}  // namespace

Result<AccessRule> parse_access_rule(std::string_view text) {
  AccessRule rule;
  const std::size_t comma = text.find(',');
  const std::string_view first = text.substr(0, comma);
  if (first.starts_with(kKeyPrefix))
    rule.key = TRY(Name::parse(first.substr(kKeyPrefix.size())));
  else
    rule.prefix = TRY(parse_prefix(first));
  if (comma == text.npos) return rule;
  const std::string_view second = text.substr(comma + 1);
  if (rule.key || !second.starts_with(kKeyPrefix))
    return invalid(fmt::format("'{}' is not PREFIX, key:NAME or PREFIX,key:NAME", text));
  rule.key = TRY(Name::parse(second.substr(kKeyPrefix.size())));
  return rule;
}

bool is_allowed(std::span<const AccessRule> rules, const net::IpAddress& client, const Name* key) {
  return std::ranges::any_of(rules, [&](const AccessRule& rule) {
    return (!rule.prefix || rule.prefix->contains(client)) && (!rule.key || (key && *key == *rule.key));
  });
}

Result<NotifyTarget> parse_notify_target(std::string_view text) {
  NotifyTarget target;
  const std::size_t comma = text.find(',');
  const std::string_view place = text.substr(0, comma);
  const std::size_t at = place.find('@');
  target.address.ip = TRY(net::IpAddress::parse(place.substr(0, at)));
  target.address.port = kDnsPort;
  if (at != place.npos) {
    const std::string_view port = place.substr(at + 1);
    const auto [end, error] = std::from_chars(port.begin(), port.end(), target.address.port);
    if (error != std::errc() || end != port.end() || target.address.port == 0)
      return invalid(fmt::format("'{}' is not a port", port));
  }
  if (comma == text.npos) return target;
  const std::string_view key = text.substr(comma + 1);
  if (!key.starts_with(kKeyPrefix)) return invalid(fmt::format("'{}' is not key:NAME", key));
  target.key = TRY(Name::parse(key.substr(kKeyPrefix.size())));
  return target;
}

}  // namespace meridian::engines::dns::transfer
