// Cache policies: what is in the cache key, and for how long things are kept.
#include <algorithm>

#include "base/bytes.h"
#include "services/cloudfront/config_rules.h"
#include "services/cloudfront/policies.h"
#include "services/cloudfront/service.h"

namespace meridian::services::cloudfront {
namespace {

using Config = api::CachePolicyConfig;

using Parameters = api::ParametersInCacheKeyAndForwardedToOrigin;

constexpr std::int64_t kDefaultTtl = 86'400, kMaxTtl = 31'536'000;

aws::Outcome<void> check_headers(const api::CachePolicyHeadersConfig& config) {
  TRY(check_listed(config.HeaderBehavior == "whitelist", config.Headers, "Headers"));
  if (count_of(config.Headers) > kPolicyNamesMax)
    return api::errors::TooManyHeadersInCachePolicy(
        "The number of headers in the cache policy exceeds the maximum.");
  if (!config.Headers || !config.Headers->Items) return {};
  for (const std::string& name : *config.Headers->Items)
    if (!is_header_name(name) || to_lower(name) == "accept-encoding")
      return invalid_argument(fmt::format("The parameter Headers contains {} that is not allowed.", name));
  return {};
}

// Whether the policy says more than that nothing is in the key.
aws::Outcome<void> check_caching_disabled(const Parameters& parameters) {
  const auto refuse = [](std::string_view member) {
    return invalid_argument(
        fmt::format("The parameter {} is invalid for policy with caching disabled.", member));
  };
  if (parameters.EnableAcceptEncodingGzip) return refuse("EnableAcceptEncodingGzip");
  if (*parameters.EnableAcceptEncodingBrotli) return refuse("EnableAcceptEncodingBrotli");
  if (parameters.HeadersConfig.HeaderBehavior != "none") return refuse("HeaderBehavior");
  if (parameters.CookiesConfig.CookieBehavior != "none") return refuse("CookieBehavior");
  if (parameters.QueryStringsConfig.QueryStringBehavior != "none") return refuse("QueryStringBehavior");
  return {};
}

aws::Outcome<void> check_parameters(const Parameters& parameters) {
  TRY(check_headers(parameters.HeadersConfig));
  const std::string& cookies = parameters.CookiesConfig.CookieBehavior;
  TRY(check_listed(cookies == "whitelist" || cookies == "allExcept", parameters.CookiesConfig.Cookies,
                   "Cookies"));
  if (count_of(parameters.CookiesConfig.Cookies) > kPolicyNamesMax)
    return api::errors::TooManyCookiesInCachePolicy(
        "The number of cookies in the cache policy exceeds the maximum.");
  const auto& query_strings = parameters.QueryStringsConfig;
  const std::string& behavior = query_strings.QueryStringBehavior;
  TRY(check_listed(behavior == "whitelist" || behavior == "allExcept", query_strings.QueryStrings,
                   "QueryStrings"));
  if (count_of(query_strings.QueryStrings) > kPolicyNamesMax)
    return api::errors::TooManyQueryStringsInCachePolicy(
        "The number of query strings in the cache policy exceeds the maximum.");
  return {};
}

// With its defaults, or a refusal.
aws::Outcome<Config> checked(Config config) {
  TRY(check_policy_name(config.Name));
  if (!config.Comment) config.Comment = "";
  if (!config.DefaultTTL) config.DefaultTTL = std::max(kDefaultTtl, config.MinTTL);
  if (!config.MaxTTL) config.MaxTTL = std::max(kMaxTtl, *config.DefaultTTL);
  if (auto order = check_ttls(config.MinTTL, *config.DefaultTTL, *config.MaxTTL); !order)
    return invalid_argument(order.error().message);
  if (!config.ParametersInCacheKeyAndForwardedToOrigin) {
    Parameters& nothing = config.ParametersInCacheKeyAndForwardedToOrigin.emplace();
    nothing.HeadersConfig.HeaderBehavior = "none";
    nothing.CookiesConfig.CookieBehavior = "none";
    nothing.QueryStringsConfig.QueryStringBehavior = "none";
  }
  Parameters& parameters = *config.ParametersInCacheKeyAndForwardedToOrigin;
  if (!parameters.EnableAcceptEncodingBrotli) parameters.EnableAcceptEncodingBrotli = false;
  TRY(check_parameters(parameters));
  if (*config.MaxTTL == 0) TRY(check_caching_disabled(parameters));
  return config;
}

api::CachePolicy shown(Entity<Config> policy) {
  return {.Id = std::move(policy.id),
          .LastModifiedTime = policy.changed_at,
          .CachePolicyConfig = std::move(policy.config)};
}

}  // namespace

aws::Outcome<api::CreateCachePolicyResult> CloudFront::CreateCachePolicy(
    aws::Call& call, const api::CreateCachePolicyRequest& input) {
  Entity<Config> policy;
  policy.id = Kind<Config>::new_id(random_);
  policy.config = TRY(checked(input.CachePolicyConfig));
  auto made = TRY(Entities<Config>(store_).create(call, random_, std::move(policy))).value;
  api::CreateCachePolicyResult out;
  out.Location = location("cache-policy", made.id);
  out.ETag = made.etag;
  out.CachePolicy = shown(std::move(made));
  return out;
}

aws::Outcome<api::GetCachePolicyResult> CloudFront::GetCachePolicy(aws::Call& call,
                                                                   const api::GetCachePolicyRequest& input) {
  auto found = TRY(find_policy<Config>(store_, call.account_id, input.Id));
  api::GetCachePolicyResult out;
  out.ETag = found.etag;
  out.CachePolicy = shown(std::move(found));
  return out;
}

aws::Outcome<api::GetCachePolicyConfigResult> CloudFront::GetCachePolicyConfig(
    aws::Call& call, const api::GetCachePolicyConfigRequest& input) {
  auto found = TRY(find_policy<Config>(store_, call.account_id, input.Id));
  return api::GetCachePolicyConfigResult{.CachePolicyConfig = std::move(found.config), .ETag = found.etag};
}

aws::Outcome<api::UpdateCachePolicyResult> CloudFront::UpdateCachePolicy(
    aws::Call& call, const api::UpdateCachePolicyRequest& input) {
  auto changed = TRY(change_policy<Config>(store_, random_, call, input.Id, input.IfMatch,
                                           TRY(checked(input.CachePolicyConfig))));
  api::UpdateCachePolicyResult out;
  out.ETag = changed.etag;
  out.CachePolicy = shown(std::move(changed));
  return out;
}

aws::Outcome<api::DeleteCachePolicyResponse> CloudFront::DeleteCachePolicy(
    aws::Call& call, const api::DeleteCachePolicyRequest& input) {
  TRY(delete_policy<Config>(store_, call, input.Id, input.IfMatch));
  return api::DeleteCachePolicyResponse();
}

aws::Outcome<api::ListCachePoliciesResult> CloudFront::ListCachePolicies(
    aws::Call& call, const api::ListCachePoliciesRequest& input) {
  return api::ListCachePoliciesResult{.CachePolicyList = TRY(list_policies<Config, api::CachePolicyList>(
                                          store_, call, input.Type, input.Marker, input.MaxItems, shown))};
}

}  // namespace meridian::services::cloudfront
