// Cache behaviors, the default one and the listed ones: the same rules for both, whose types differ in
// PathPattern alone.
#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "services/cloudfront/config_rules.h"
#include "services/cloudfront/refusals.h"

namespace meridian::services::cloudfront {
namespace {

constexpr std::size_t kPathPatternCharsMax = 255;

// What behaviors are held against.
struct Targets {
  std::set<std::string> s3, others, groups;
  bool http2 = true;
};

Targets targets_of(const api::DistributionConfig& config) {
  Targets targets;
  for (const api::Origin& origin : config.Origins.Items)
    (origin.S3OriginConfig ? targets.s3 : targets.others).insert(origin.Id);
  if (config.OriginGroups->Items)
    for (const api::OriginGroup& group : *config.OriginGroups->Items) targets.groups.insert(group.Id);
  targets.http2 = *config.HttpVersion != "http1.1";
  return targets;
}

using Names = std::set<std::string>;

Names set_of(const std::vector<std::string>& items) {
  return {items.begin(), items.end()};
}

aws::Outcome<void> check_methods(const api::AllowedMethods& methods, bool group) {
  static const Names kRead{"GET", "HEAD"}, kReadOptions{"GET", "HEAD", "OPTIONS"},
      kAll{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"};
  const Names allowed = set_of(methods.Items), cached = set_of(methods.CachedMethods->Items);
  if (has_duplicates(methods.Items) || (allowed != kRead && allowed != kReadOptions && allowed != kAll))
    return invalid_argument(
        "The parameter AllowedMethods must be GET and HEAD; GET, HEAD and OPTIONS; or all seven methods.");
  if (has_duplicates(methods.CachedMethods->Items) || (cached != kRead && cached != kReadOptions))
    return invalid_argument("The parameter CachedMethods must be GET and HEAD; or GET, HEAD and OPTIONS.");
  if (!std::ranges::includes(allowed, cached))
    return invalid_argument("The parameter CachedMethods has a method that AllowedMethods does not have.");
  if (group && allowed == kAll)
    return invalid_argument(
        "The parameter AllowedMethods cannot include POST, PUT, PATCH, or DELETE for a cached behavior "
        "associated "
        "with an origin group.");
  return {};
}

aws::Outcome<void> check_cookies(const api::CookiePreference& cookies) {
  const bool listed = cookies.WhitelistedNames && cookies.WhitelistedNames->Quantity > 0;
  if (listed != (cookies.Forward == "whitelist"))
    return api::errors::InvalidForwardCookies(
        "Your request contains forward cookies option which doesn't match with the expectation for the "
        "whitelisted "
        "list of cookie names. Either list of cookie names has been specified when not allowed or list of "
        "cookie "
        "names is missing when expected.");
  if (listed && cookies.WhitelistedNames->Items->size() > kForwardedNamesMax)
    return api::errors::TooManyCookieNamesInWhiteList(
        "Your request contains more cookie names in the whitelist than are allowed per cache behavior.");
  return {};
}

aws::Outcome<void> check_query_strings(const api::ForwardedValues& values) {
  const auto& keys = values.QueryStringCacheKeys->Items;
  if (!keys) return {};
  if (!values.QueryString)
    return api::errors::InvalidQueryStringParameters("The query string parameters specified are not valid.");
  if (keys->size() > kForwardedNamesMax)
    return api::errors::TooManyQueryStringParameters(
        "Your request contains too many query string parameters.");
  return {};
}

aws::Outcome<void> check_headers(const api::ForwardedValues& values, bool s3) {
  const auto& names = values.Headers->Items;
  if (!names) return {};
  const bool all = std::ranges::count(*names, "*") > 0;
  if (all && names->size() > 1)
    return invalid_argument("The parameter Headers contains * beside other headers.");
  for (const std::string& name : *names) {
    if (!all && !is_header_name(name))
      return invalid_argument(fmt::format("The parameter Headers contains {} that is not allowed.", name));
    if (s3 && (all || to_lower(name) == "host"))
      return api::errors::InvalidHeadersForS3Origin(
          "The headers specified are not valid for an Amazon S3 origin.");
  }
  if (names->size() > kForwardedNamesMax)
    return api::errors::TooManyHeadersInForwardedValues(
        "Your request contains too many headers in forwarded values.");
  return {};
}

template <typename Behavior>
aws::Outcome<void> check_policy(const Behavior& behavior, bool s3) {
  if (behavior.CachePolicyId) {
    const char* legacy = behavior.ForwardedValues ? "ForwardedValues"
                         : behavior.MinTTL        ? "MinTTL"
                         : behavior.DefaultTTL    ? "DefaultTTL"
                         : behavior.MaxTTL        ? "MaxTTL"
                                                  : nullptr;
    if (legacy)
      return invalid_argument(fmt::format(
          "The parameter {} cannot be used when a cache policy is associated to the cache behavior.",
          legacy));
    return {};
  }
  if (!behavior.ForwardedValues) return invalid_argument("The parameter ForwardedValues is required.");
  if (behavior.OriginRequestPolicyId)
    return invalid_argument(
        "The parameter OriginRequestPolicyId cannot be used without a cache policy that is associated to the "
        "cache "
        "behavior.");
  TRY(check_cookies(behavior.ForwardedValues->Cookies));
  TRY(check_query_strings(*behavior.ForwardedValues));
  TRY(check_headers(*behavior.ForwardedValues, s3));
  return check_ttls(*behavior.MinTTL, *behavior.DefaultTTL, *behavior.MaxTTL);
}

template <typename Behavior>
aws::Outcome<void> check_signers(const Behavior& behavior) {
  // Signers are accounts whose root user has CloudFront key pairs, which no account of this deployment can
  // have.
  if (behavior.TrustedSigners->Enabled || behavior.TrustedSigners->Quantity > 0)
    return api::errors::TrustedSignerDoesNotExist("One or more of your trusted signers don't exist.");
  const api::TrustedKeyGroups& groups = *behavior.TrustedKeyGroups;
  if (groups.Enabled != (groups.Quantity > 0))
    return invalid_argument(
        "The parameter TrustedKeyGroups is enabled without key groups, or has some without.");
  if (!groups.Items) return {};
  if (groups.Items->size() > kKeyGroupsOfBehaviorMax)
    return api::errors::TooManyKeyGroupsAssociatedToDistribution(
        "The number of key groups referenced by this distribution is more than the maximum allowed.");
  if (has_duplicates(*groups.Items))
    return invalid_argument("The parameter TrustedKeyGroups names a key group more than once.");
  return {};
}

template <typename Behavior>
aws::Outcome<void> check_absent(const Behavior& behavior) {
  if (*behavior.SmoothStreaming) return not_built("SmoothStreaming");
  if (behavior.LambdaFunctionAssociations->Quantity > 0)
    return api::errors::InvalidLambdaFunctionAssociation(
        "The specified Lambda@Edge function does not exist.");
  if (behavior.FunctionAssociations->Quantity > 0)
    return api::errors::InvalidFunctionAssociation("The specified CloudFront function does not exist.");
  if (!behavior.FieldLevelEncryptionId->empty())
    return api::errors::NoSuchFieldLevelEncryptionConfig(
        "The specified configuration for field-level encryption doesn't exist.");
  return {};
}

template <typename Behavior>
aws::Outcome<void> check_behavior(const Behavior& behavior, const Targets& targets) {
  const bool s3 = targets.s3.contains(behavior.TargetOriginId);
  const bool group = targets.groups.contains(behavior.TargetOriginId);
  if (!s3 && !group && !targets.others.contains(behavior.TargetOriginId))
    return api::errors::NoSuchOrigin("One or more of your origins or origin groups do not exist.");
  TRY(check_absent(behavior));
  TRY(check_methods(*behavior.AllowedMethods, group));
  TRY(check_signers(behavior));
  if (behavior.GrpcConfig->Enabled &&
      (!targets.http2 || !std::ranges::count(behavior.AllowedMethods->Items, "POST")))
    return invalid_argument("gRPC needs HTTP/2 and the method POST among the allowed methods.");
  return check_policy(behavior, s3);
}

bool is_path_pattern(std::string_view pattern) {
  // CF:DownloadDistValuesPathPattern; a character may also be percent-encoded.
  constexpr std::string_view kOthers = "_-.*$/~\"'@:+&?%=!,;()[]";
  return !pattern.empty() && pattern.size() <= kPathPatternCharsMax &&
         std::ranges::all_of(pattern, [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  kOthers.contains(c);
         });
}

}  // namespace

aws::Outcome<void> check_ttls(std::int64_t minimum, std::int64_t fallback, std::int64_t maximum) {
  if (minimum < 0 || std::max({minimum, fallback, maximum}) > kTtlMax)
    return invalid_argument(fmt::format("The parameter TTL must be between 0 and {}.", kTtlMax));
  if (minimum > fallback || fallback > maximum)
    return api::errors::InvalidTTLOrder(
        "MinTTL, MaxTTL and DefaultTTL should follow order MinTTL less than or equal to DefaultTTL less than "
        "or equal "
        "to MaxTTL");
  return {};
}

aws::Outcome<void> check_behaviors(const api::DistributionConfig& config) {
  const Targets targets = targets_of(config);
  TRY(check_behavior(config.DefaultCacheBehavior, targets));
  if (!config.CacheBehaviors->Items) return {};
  if (config.CacheBehaviors->Items->size() > kCacheBehaviorsMax)
    return api::errors::TooManyCacheBehaviors("You cannot create more cache behaviors for the distribution.");
  Names patterns;
  for (const api::CacheBehavior& behavior : *config.CacheBehaviors->Items) {
    if (!is_path_pattern(behavior.PathPattern))
      return invalid_argument("The parameter PathPattern contains invalid characters, or is too long.");
    if (!patterns.insert(behavior.PathPattern).second)
      return invalid_argument(
          fmt::format("The parameter PathPattern : {} is given more than once.", behavior.PathPattern));
    TRY(check_behavior(behavior, targets));
  }
  return {};
}

}  // namespace meridian::services::cloudfront
