#include "compilers/cdn/policies.h"

#include <fmt/format.h>

#include <set>

#include "base/bytes.h"

namespace meridian::compilers::cdn {
namespace {

using snapshots::cdn::AddedHeader;
using snapshots::cdn::CorsRule;
using snapshots::cdn::ResponseHeadersPolicy;
using snapshots::cdn::Selection;
using Kind = Selection::Kind;

// Every list of the API is an optional {Quantity, Items} with optional Items.
template <typename List>
std::vector<std::string> items(const std::optional<List>& list) {
  if (!list) return {};
  if constexpr (requires { list->Items->size(); })
    return list->Items.value_or(std::vector<std::string>());
  else
    return list->Items;
}

Selection selection(Kind kind, std::vector<std::string> names = {}) {
  std::ranges::sort(names);
  return {kind, std::move(names)};
}

template <typename List>
Selection header_selection(Kind kind, const std::optional<List>& list) {
  std::vector<std::string> names = items(list);
  for (std::string& name : names) name = to_lower(name);
  return selection(kind, std::move(names));
}

// "none", "whitelist", "allExcept" and "all", as cookies and query strings have them.
template <typename List>
Selection named_selection(std::string_view behavior, const std::optional<List>& list) {
  if (behavior == "whitelist") return selection(Kind::Only, items(list));
  if (behavior == "allExcept") return selection(Kind::AllExcept, items(list));
  return selection(behavior == "all" ? Kind::All : Kind::None);
}

bool is_generated(std::string_view header) {
  return header.starts_with("cloudfront-");
}

std::string xss_protection(const api::ResponseHeadersPolicyXSSProtection& header) {
  if (!header.Protection) return "0";
  if (header.ReportUri) return "1; report=" + *header.ReportUri;
  return header.ModeBlock.value_or(false) ? "1; mode=block" : "1";
}

std::string transport_security(const api::ResponseHeadersPolicyStrictTransportSecurity& header) {
  return fmt::format("max-age={}{}{}", header.AccessControlMaxAgeSec,
                     header.IncludeSubdomains.value_or(false) ? "; includeSubDomains" : "",
                     header.Preload.value_or(false) ? "; preload" : "");
}

void add_security_headers(const api::ResponseHeadersPolicySecurityHeadersConfig& config,
                          std::vector<AddedHeader>& out) {
  const auto add = [&](const auto& header, const char* name, auto value) {
    if (header) out.push_back({name, value(*header), header->Override});
  };
  add(config.StrictTransportSecurity, "Strict-Transport-Security", transport_security);
  add(config.ContentTypeOptions, "X-Content-Type-Options", [](const auto&) { return "nosniff"; });
  add(config.FrameOptions, "X-Frame-Options", [](const auto& header) { return header.FrameOption; });
  add(config.ReferrerPolicy, "Referrer-Policy", [](const auto& header) { return header.ReferrerPolicy; });
  add(config.XSSProtection, "X-XSS-Protection", xss_protection);
  add(config.ContentSecurityPolicy, "Content-Security-Policy",
      [](const auto& header) { return header.ContentSecurityPolicy; });
}

CorsRule cors_rule(const api::ResponseHeadersPolicyCorsConfig& config) {
  CorsRule rule;
  rule.allow_credentials = config.AccessControlAllowCredentials;
  rule.override_origin = config.OriginOverride;
  rule.allow_origins = config.AccessControlAllowOrigins.Items;
  rule.allow_methods = config.AccessControlAllowMethods.Items;
  rule.allow_headers = config.AccessControlAllowHeaders.Items;
  rule.expose_headers = items(config.AccessControlExposeHeaders);
  if (config.AccessControlMaxAgeSec) rule.max_age = std::chrono::seconds(*config.AccessControlMaxAgeSec);
  return rule;
}

}  // namespace

void apply_cache_policy(const api::CachePolicyConfig& policy, Behavior& out) {
  out.ttl.minimum = std::chrono::seconds(policy.MinTTL);
  // CF: an absent Default TTL is a day, or the Minimum when that is longer; likewise the Maximum, a year.
  out.ttl.fallback = std::max(out.ttl.minimum, std::chrono::seconds(policy.DefaultTTL.value_or(86400)));
  out.ttl.maximum = std::max(out.ttl.fallback, std::chrono::seconds(policy.MaxTTL.value_or(31536000)));
  if (!policy.ParametersInCacheKeyAndForwardedToOrigin) return;
  const auto& parameters = *policy.ParametersInCacheKeyAndForwardedToOrigin;
  out.key.gzip = parameters.EnableAcceptEncodingGzip;
  out.key.brotli = parameters.EnableAcceptEncodingBrotli.value_or(false);
  if (parameters.HeadersConfig.HeaderBehavior == "whitelist")
    out.key.headers = header_selection(Kind::Only, parameters.HeadersConfig.Headers);
  out.key.cookies =
      named_selection(parameters.CookiesConfig.CookieBehavior, parameters.CookiesConfig.Cookies);
  out.key.query_strings = named_selection(parameters.QueryStringsConfig.QueryStringBehavior,
                                          parameters.QueryStringsConfig.QueryStrings);
}

void apply_origin_request_policy(const api::OriginRequestPolicyConfig& policy, Behavior& out) {
  const std::string& headers = policy.HeadersConfig.HeaderBehavior;
  if (headers == "whitelist")
    out.forward.headers = header_selection(Kind::Only, policy.HeadersConfig.Headers);
  if (headers == "allExcept")
    out.forward.headers = header_selection(Kind::AllExcept, policy.HeadersConfig.Headers);
  // The names given along with "all of the viewer's" are those of headers that the edge generates.
  if (headers == "allViewer" || headers == "allViewerAndWhitelistCloudFront")
    out.forward.headers = header_selection(Kind::All, policy.HeadersConfig.Headers);
  out.forward.cookies = named_selection(policy.CookiesConfig.CookieBehavior, policy.CookiesConfig.Cookies);
  out.forward.query_strings =
      named_selection(policy.QueryStringsConfig.QueryStringBehavior, policy.QueryStringsConfig.QueryStrings);
}

void apply_forwarded_values(const api::ForwardedValues& values, Behavior& out) {
  out.forward.legacy = true;
  // Without a policy Accept-Encoding is normalised to gzip or nothing, whether the behavior compresses or
  // not.
  out.key.gzip = true;
  const std::vector<std::string> headers = items(values.Headers);
  if (std::ranges::find(headers, "*") != headers.end()) {
    out.key.never_cache = true;
    out.forward.headers = selection(Kind::All);
  } else if (!headers.empty()) {
    out.key.headers = header_selection(Kind::Only, values.Headers);
    if (std::ranges::binary_search(out.key.headers.names, "accept-encoding")) out.key.gzip = false;
  }
  out.key.cookies = named_selection(values.Cookies.Forward, values.Cookies.WhitelistedNames);
  if (values.QueryString) {
    const std::vector<std::string> keys = items(values.QueryStringCacheKeys);
    out.key.query_strings = keys.empty() ? selection(Kind::All) : selection(Kind::Only, keys);
    out.forward.query_strings = selection(Kind::All);
  }
}

void collect_generated_headers(Behavior& out) {
  std::set<std::string> names;
  for (const Selection* each : {&out.key.headers, &out.forward.headers})
    if (each->kind != Kind::AllExcept)
      for (const std::string& name : each->names)
        if (is_generated(name)) names.insert(name);
  out.generated.assign(names.begin(), names.end());
}

std::shared_ptr<const ResponseHeadersPolicy> compile_response_headers(
    const std::string& id, const api::ResponseHeadersPolicyConfig& policy) {
  auto out = std::make_shared<ResponseHeadersPolicy>();
  out->id = id;
  if (policy.CorsConfig) out->cors = cors_rule(*policy.CorsConfig);
  if (policy.SecurityHeadersConfig) add_security_headers(*policy.SecurityHeadersConfig, out->added);
  if (policy.CustomHeadersConfig && policy.CustomHeadersConfig->Items)
    for (const auto& header : *policy.CustomHeadersConfig->Items)
      out->added.push_back({header.Header, header.Value, header.Override});
  if (policy.RemoveHeadersConfig && policy.RemoveHeadersConfig->Items)
    for (const auto& header : *policy.RemoveHeadersConfig->Items)
      out->removed.push_back(to_lower(header.Header));
  if (const auto& timing = policy.ServerTimingHeadersConfig; timing && timing->Enabled)
    out->server_timing_percent = timing->SamplingRate.value_or(0);
  return out;
}

}  // namespace meridian::compilers::cdn
