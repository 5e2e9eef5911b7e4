// Origin request policies: what else of a viewer's request the origin sees.
#include <algorithm>

#include "base/bytes.h"
#include "services/cloudfront/config_rules.h"
#include "services/cloudfront/policies.h"
#include "services/cloudfront/service.h"

namespace meridian::services::cloudfront {
namespace {

using Config = api::OriginRequestPolicyConfig;

aws::Outcome<void> check_headers(const api::OriginRequestPolicyHeadersConfig& config) {
  const std::string& behavior = config.HeaderBehavior;
  const bool adding = behavior == "allViewerAndWhitelistCloudFront";
  const bool white = behavior == "whitelist";
  TRY(check_listed(white || adding || behavior == "allExcept", config.Headers, "Headers"));
  if (!config.Headers || !config.Headers->Items) return {};
  if (config.Headers->Items->size() > kPolicyNamesMax)
    return api::errors::TooManyHeadersInOriginRequestPolicy(
        "The number of headers in the origin request policy exceeds the maximum.");
  for (const std::string& name : *config.Headers->Items) {
    const std::string lower = to_lower(name);
    // These two are a cache policy's to forward.
    const bool of_key = white && (lower == "authorization" || lower == "accept-encoding");
    if (!is_header_name(name) || of_key || (adding && !lower.starts_with("cloudfront-")))
      return invalid_argument(fmt::format("The parameter Headers contains {} that is not allowed.", name));
  }
  return {};
}

// With its defaults, or a refusal.
aws::Outcome<Config> checked(Config config) {
  TRY(check_policy_name(config.Name));
  if (!config.Comment) config.Comment = "";
  TRY(check_headers(config.HeadersConfig));
  const std::string& cookies = config.CookiesConfig.CookieBehavior;
  TRY(check_listed(cookies == "whitelist" || cookies == "allExcept", config.CookiesConfig.Cookies,
                   "Cookies"));
  if (count_of(config.CookiesConfig.Cookies) > kPolicyNamesMax)
    return api::errors::TooManyCookiesInOriginRequestPolicy(
        "The number of cookies in the origin request policy exceeds the maximum.");
  const std::string& strings = config.QueryStringsConfig.QueryStringBehavior;
  TRY(check_listed(strings == "whitelist" || strings == "allExcept", config.QueryStringsConfig.QueryStrings,
                   "QueryStrings"));
  if (count_of(config.QueryStringsConfig.QueryStrings) > kPolicyNamesMax)
    return api::errors::TooManyQueryStringsInOriginRequestPolicy(
        "The number of query strings in the origin request policy exceeds the maximum.");
  return config;
}

api::OriginRequestPolicy shown(Entity<Config> policy) {
  return {.Id = std::move(policy.id),
          .LastModifiedTime = policy.changed_at,
          .OriginRequestPolicyConfig = std::move(policy.config)};
}

}  // namespace

aws::Outcome<api::CreateOriginRequestPolicyResult> CloudFront::CreateOriginRequestPolicy(
    aws::Call& call, const api::CreateOriginRequestPolicyRequest& input) {
  Entity<Config> policy;
  policy.id = Kind<Config>::new_id(random_);
  policy.config = TRY(checked(input.OriginRequestPolicyConfig));
  auto made = TRY(Entities<Config>(store_).create(call, random_, std::move(policy))).value;
  api::CreateOriginRequestPolicyResult out;
  out.Location = location("origin-request-policy", made.id);
  out.ETag = made.etag;
  out.OriginRequestPolicy = shown(std::move(made));
  return out;
}

aws::Outcome<api::GetOriginRequestPolicyResult> CloudFront::GetOriginRequestPolicy(
    aws::Call& call, const api::GetOriginRequestPolicyRequest& input) {
  auto found = TRY(find_policy<Config>(store_, call.account_id, input.Id));
  api::GetOriginRequestPolicyResult out;
  out.ETag = found.etag;
  out.OriginRequestPolicy = shown(std::move(found));
  return out;
}

aws::Outcome<api::GetOriginRequestPolicyConfigResult> CloudFront::GetOriginRequestPolicyConfig(
    aws::Call& call, const api::GetOriginRequestPolicyConfigRequest& input) {
  auto found = TRY(find_policy<Config>(store_, call.account_id, input.Id));
  return api::GetOriginRequestPolicyConfigResult{.OriginRequestPolicyConfig = std::move(found.config),
                                                 .ETag = found.etag};
}

aws::Outcome<api::UpdateOriginRequestPolicyResult> CloudFront::UpdateOriginRequestPolicy(
    aws::Call& call, const api::UpdateOriginRequestPolicyRequest& input) {
  auto changed = TRY(change_policy<Config>(store_, random_, call, input.Id, input.IfMatch,
                                           TRY(checked(input.OriginRequestPolicyConfig))));
  api::UpdateOriginRequestPolicyResult out;
  out.ETag = changed.etag;
  out.OriginRequestPolicy = shown(std::move(changed));
  return out;
}

aws::Outcome<api::DeleteOriginRequestPolicyResponse> CloudFront::DeleteOriginRequestPolicy(
    aws::Call& call, const api::DeleteOriginRequestPolicyRequest& input) {
  TRY(delete_policy<Config>(store_, call, input.Id, input.IfMatch));
  return api::DeleteOriginRequestPolicyResponse();
}

aws::Outcome<api::ListOriginRequestPoliciesResult> CloudFront::ListOriginRequestPolicies(
    aws::Call& call, const api::ListOriginRequestPoliciesRequest& input) {
  return api::ListOriginRequestPoliciesResult{
      .OriginRequestPolicyList = TRY(list_policies<Config, api::OriginRequestPolicyList>(
          store_, call, input.Type, input.Marker, input.MaxItems, shown))};
}

}  // namespace meridian::services::cloudfront
