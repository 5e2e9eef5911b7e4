#include "apps/doctor/cdn_facts.h"

#include <algorithm>

#include "base/bytes.h"
#include "engines/cdn/rules/wildcard.h"

namespace meridian::apps::doctor {
namespace {

using Kind = Named::Kind;

template <typename List>
std::set<std::string> lower_names(const std::optional<List>& list) {
  std::set<std::string> names;
  if (list && list->Items)
    for (const std::string& name : *list->Items) names.insert(to_lower(name));
  return names;
}

Kind kind_of(std::string_view behavior) {
  if (behavior == "none") return Kind::None;
  if (behavior == "whitelist" || behavior == "allViewerAndWhitelistCloudFront") return Kind::Only;
  return behavior == "allExcept" ? Kind::AllExcept : Kind::All;
}

template <typename List>
Named named(const std::string& behavior, const std::optional<List>& list) {
  if (behavior.starts_with("allViewer")) return {Kind::All, {}};
  return {kind_of(behavior), lower_names(list)};
}

// What either names.
Named joined(const Named& one, const Named& other) {
  if (one.kind == Kind::All || other.kind == Kind::None) return one;
  if (other.kind == Kind::All || one.kind == Kind::None) return other;
  if (one.kind == other.kind && one.kind == Kind::Only) {
    Named both = one;
    both.names.insert(other.names.begin(), other.names.end());
    return both;
  }
  const Named& except = one.kind == Kind::AllExcept ? one : other;
  const Named& rest = one.kind == Kind::AllExcept ? other : one;
  Named both{Kind::AllExcept, {}};
  for (const std::string& name : except.names)
    if (!rest.has(name)) both.names.insert(name);
  return both;
}

void resolve_legacy(CdnBehavior& out) {
  const cf::ForwardedValues& values = *out.settings.ForwardedValues;
  out.known = true;
  out.minimum = out.settings.MinTTL.value_or(0);
  out.fallback = out.settings.DefaultTTL.value_or(86400);
  out.maximum = out.settings.MaxTTL.value_or(31536000);
  out.key_headers = {Kind::Only, lower_names(values.Headers)};
  if (out.key_headers.names.empty()) out.key_headers.kind = Kind::None;
  if (out.key_headers.names.contains("*")) {
    out.key_headers = {Kind::All, {}};
    out.maximum = 0;
  }
  out.key_cookies = named(values.Cookies.Forward, values.Cookies.WhitelistedNames);
  out.headers = out.key_headers;
  out.cookies = out.key_cookies;
  out.gzip = out.settings.Compress.value_or(false);
}

void resolve(const CdnFacts& facts, CdnBehavior& out) {
  if (out.settings.ForwardedValues) return resolve_legacy(out);
  const auto policy = facts.cache_policies.find(out.settings.CachePolicyId.value_or(""));
  if (policy == facts.cache_policies.end()) return;
  out.known = true;
  out.minimum = policy->second.MinTTL;
  out.fallback = policy->second.DefaultTTL.value_or(86400);
  out.maximum = policy->second.MaxTTL.value_or(31536000);
  if (const auto& key = policy->second.ParametersInCacheKeyAndForwardedToOrigin) {
    out.key_headers = named(key->HeadersConfig.HeaderBehavior, key->HeadersConfig.Headers);
    out.key_cookies = named(key->CookiesConfig.CookieBehavior, key->CookiesConfig.Cookies);
    out.gzip = key->EnableAcceptEncodingGzip;
    out.brotli = key->EnableAcceptEncodingBrotli.value_or(false);
  }
  out.headers = out.key_headers;
  out.cookies = out.key_cookies;
  const auto request = facts.origin_request_policies.find(out.settings.OriginRequestPolicyId.value_or(""));
  if (request == facts.origin_request_policies.end()) return;
  const cf::OriginRequestPolicyConfig& sent = request->second;
  out.headers = joined(out.headers, named(sent.HeadersConfig.HeaderBehavior, sent.HeadersConfig.Headers));
  out.cookies = joined(out.cookies, named(sent.CookiesConfig.CookieBehavior, sent.CookiesConfig.Cookies));
}

const cf::Origin* origin_of(const cf::DistributionConfig& config, const std::string& target) {
  std::string id = target;
  if (config.OriginGroups && config.OriginGroups->Items)
    for (const cf::OriginGroup& group : *config.OriginGroups->Items)
      if (group.Id == target && !group.Members.Items.empty()) id = group.Members.Items.front().OriginId;
  const auto& origins = config.Origins.Items;
  const auto found = std::ranges::find(origins, id, &cf::Origin::Id);
  return found == origins.end() ? nullptr : &*found;
}

// The members that rules look at.
cf::DefaultCacheBehavior settings_of(const cf::CacheBehavior& behavior) {
  cf::DefaultCacheBehavior out;
  out.TargetOriginId = behavior.TargetOriginId;
  out.TrustedKeyGroups = behavior.TrustedKeyGroups;
  out.ViewerProtocolPolicy = behavior.ViewerProtocolPolicy;
  out.AllowedMethods = behavior.AllowedMethods;
  out.Compress = behavior.Compress;
  out.CachePolicyId = behavior.CachePolicyId;
  out.OriginRequestPolicyId = behavior.OriginRequestPolicyId;
  out.ResponseHeadersPolicyId = behavior.ResponseHeadersPolicyId;
  out.ForwardedValues = behavior.ForwardedValues;
  out.MinTTL = behavior.MinTTL;
  out.DefaultTTL = behavior.DefaultTTL;
  out.MaxTTL = behavior.MaxTTL;
  return out;
}

}  // namespace

bool Named::has(const std::string& name) const {
  if (kind == Kind::None || kind == Kind::All) return kind == Kind::All;
  return names.contains(name) == (kind == Kind::Only);
}

std::vector<CdnBehavior> behaviors_of(const CdnFacts& facts, const DistributionFacts& distribution) {
  const cf::DistributionConfig& config = distribution.config;
  std::vector<CdnBehavior> out;
  const auto add = [&](std::string pattern, bool is_default, cf::DefaultCacheBehavior settings) {
    CdnBehavior behavior;
    behavior.pattern = std::move(pattern);
    behavior.index = out.size();
    behavior.is_default = is_default;
    behavior.settings = std::move(settings);
    behavior.origin = origin_of(config, behavior.settings.TargetOriginId);
    resolve(facts, behavior);
    out.push_back(std::move(behavior));
  };
  if (config.CacheBehaviors && config.CacheBehaviors->Items)
    for (const cf::CacheBehavior& behavior : *config.CacheBehaviors->Items)
      add(behavior.PathPattern, false, settings_of(behavior));
  add("*", true, config.DefaultCacheBehavior);
  return out;
}

const CdnBehavior& behavior_for(const std::vector<CdnBehavior>& behaviors, std::string_view path) {
  for (const CdnBehavior& behavior : behaviors) {
    const bool rooted = behavior.pattern.starts_with('/') || behavior.pattern.starts_with('*');
    if (engines::cdn::rules::matches_wildcard(rooted ? behavior.pattern : "/" + behavior.pattern, path))
      return behavior;
  }
  return behaviors.back();
}

std::optional<std::string> bucket_of(const cf::Origin& origin) {
  if (!origin.S3OriginConfig) return std::nullopt;
  const std::size_t at = origin.DomainName.find(".s3");
  if (at == std::string::npos || is_website_endpoint(origin)) return std::nullopt;
  return origin.DomainName.substr(0, at);
}

bool is_website_endpoint(const cf::Origin& origin) {
  return origin.DomainName.find(".s3-website") != std::string::npos;
}

std::string key_of(const cf::Origin& origin, std::string_view path) {
  std::string key = origin.OriginPath.value_or("") + (path.starts_with('/') ? "" : "/") + std::string(path);
  return key.substr(1);
}

const std::vector<std::string>& aliases_of(const cf::DistributionConfig& config) {
  static const std::vector<std::string> kNone;
  return config.Aliases && config.Aliases->Items ? *config.Aliases->Items : kNone;
}

bool covers(std::string_view alias, std::string_view host) {
  return alias == host || (alias.starts_with("*.") && host.ends_with(alias.substr(1)));
}

const std::vector<cf::CustomErrorResponse>& error_pages_of(const cf::DistributionConfig& config) {
  static const std::vector<cf::CustomErrorResponse> kNone;
  return config.CustomErrorResponses && config.CustomErrorResponses->Items
             ? *config.CustomErrorResponses->Items
             : kNone;
}

}  // namespace meridian::apps::doctor
