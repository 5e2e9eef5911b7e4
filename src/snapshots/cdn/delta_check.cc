#include "snapshots/cdn/delta_check.h"

#include <fmt/format.h>

#include "net/address.h"

namespace meridian::snapshots::cdn {
namespace {

std::unexpected<Error> refused(std::string_view id, std::string_view why) {
  return fail(ErrorCode::Invalid, fmt::format("CDN delta: distribution '{}': {}", id, why),
              ErrorSource::Peer);
}

// RFC 9110 §5.1, §5.5: what could end the line or begin another field is none.
bool is_field_name(std::string_view name) {
  const auto allowed = [](char c) { return '!' <= c && c <= '~' && c != ':'; };
  return !name.empty() && std::ranges::all_of(name, allowed);
}
bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos;
}
bool is_header(const AddedHeader& header) {
  return is_field_name(header.name) && is_one_line(header.value);
}
bool are_one_line(const std::vector<std::string>& texts) {
  return std::ranges::all_of(texts, is_one_line);
}

bool is_sound(const CorsRule& rule) {
  return are_one_line(rule.allow_origins) && are_one_line(rule.allow_methods) &&
         are_one_line(rule.allow_headers) && are_one_line(rule.expose_headers);
}

bool is_sound(const ResponseHeadersPolicy& policy) {
  return std::ranges::all_of(policy.added, is_header) && (!policy.cors || is_sound(*policy.cors)) &&
         policy.server_timing_percent >= -1 && policy.server_timing_percent <= 100;
}

// "" when it is sound.
std::string_view flaw(const Behavior& behavior, const Distribution& of) {
  const bool has_origin = behavior.origin < of.origins.size() && behavior.group == Behavior::kNoTarget;
  const bool has_group = behavior.group < of.groups.size() && behavior.origin == Behavior::kNoTarget;
  if (!has_origin && !has_group) return "a behavior without a target";
  if (behavior.allowed_methods > kAllMethods) return "unknown methods";
  const TtlRule& ttl = behavior.ttl;
  if (ttl.minimum > ttl.fallback || ttl.fallback > ttl.maximum) return "times to live out of order";
  if (behavior.response_headers && !is_sound(*behavior.response_headers)) return "headers that are none";
  for (const Selection* names : {&behavior.key.headers, &behavior.forward.headers})
    if (!std::ranges::all_of(names->names, is_field_name)) return "a selection of headers that are none";
  if (std::ranges::find(behavior.trusted_keys, nullptr) != behavior.trusted_keys.end())
    return "a key that is none";
  return {};
}

std::string_view flaw(const Origin& origin) {
  if (origin.domain_name.empty() || !is_one_line(origin.domain_name)) return "an origin without a name";
  if (!is_one_line(origin.path) || (!origin.path.empty() && !origin.path.starts_with('/')))
    return "an origin's path that is none";
  if (!std::ranges::all_of(origin.custom_headers, is_header)) return "headers that are none";
  if (origin.http_port == 0 || origin.https_port == 0 || (origin.stand_in && origin.stand_in->port == 0))
    return "an origin without a port";
  if (origin.connection_attempts == 0) return "an origin that is never asked";
  return {};
}

Result<void> check(const Distribution& distribution) {
  const auto refuse = [&](std::string_view why) { return refused(distribution.id, why); };
  if (distribution.id.empty() || !is_one_line(distribution.id)) return refuse("it has no id");
  if (distribution.domain_name.empty() ||
      std::ranges::find(distribution.aliases, "") != distribution.aliases.end())
    return refuse("a name that is none");
  if (!is_one_line(distribution.arn) || !is_one_line(distribution.account)) return refuse("its ARN is none");
  const auto& behaviors = distribution.behaviors;
  const auto is_default = [](const Behavior& behavior) { return behavior.is_default; };
  if (behaviors.empty() || !behaviors.back().is_default || std::ranges::count_if(behaviors, is_default) != 1)
    return refuse("its last behavior is not its default one");
  for (const Origin& origin : distribution.origins)
    if (const auto why = flaw(origin); !why.empty()) return refuse(why);
  for (const OriginGroup& group : distribution.groups)
    if (group.primary >= distribution.origins.size() || group.secondary >= distribution.origins.size() ||
        !std::ranges::is_sorted(group.failover_statuses))
      return refuse("an origin group that leads nowhere");
  for (const Behavior& behavior : behaviors)
    if (const auto why = flaw(behavior, distribution); !why.empty()) return refuse(why);
  const auto is_page = [](const ErrorPage& page) {
    return (page.page_path.empty() || page.page_path.starts_with('/')) && is_one_line(page.page_path) &&
           page.error_code >= 400 && page.error_code < 600 &&
           (page.response_code == 0 || (page.response_code >= 200 && page.response_code < 600));
  };
  if (!std::ranges::all_of(distribution.error_pages, is_page)) return refuse("an error page that is none");
  if (!std::ranges::is_sorted(distribution.geo.countries)) return refuse("countries out of order");
  if (const auto& staged = distribution.continuous_deployment;
      staged && !(staged->weight >= 0 && staged->weight <= 1))
    return refuse("a share of viewers that is none");
  return {};
}

}  // namespace

Result<void> check(const Delta& delta) {
  if (delta.from > delta.to || (delta.from == 0 && !delta.whole))
    return fail(ErrorCode::Invalid, "CDN delta: its revisions are out of order", ErrorSource::Peer);
  for (const SharedDistribution& put : delta.puts) TRY(check(*put));
  if (delta.origin_keys && !is_one_line(delta.origin_keys->access_key_id))
    return fail(ErrorCode::Invalid, "CDN delta: a key without a name", ErrorSource::Peer);
  const auto is_edge = [](const TierEdge& edge) {
    return !edge.name.empty() && is_one_line(edge.name) &&
           (edge.address.empty() || net::Address::parse(edge.address).has_value()) &&
           std::ranges::all_of(edge.regions, is_one_line);
  };
  if (delta.tier_map && !std::ranges::all_of(delta.tier_map->edges, is_edge))
    return fail(ErrorCode::Invalid, "CDN delta: an edge that cannot be asked", ErrorSource::Peer);
  for (const Invalidation& invalidation : delta.invalidations)
    if (invalidation.revision > delta.to)
      return fail(ErrorCode::Invalid, "CDN delta: an invalidation that is still to come", ErrorSource::Peer);
  return {};
}

}  // namespace meridian::snapshots::cdn
