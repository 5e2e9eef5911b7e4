#include "services/cloudfront/uses.h"

namespace meridian::services::cloudfront {
namespace {

template <typename Uses>
bool any_behavior(const api::DistributionConfig& config, Uses uses) {
  return uses(config.DefaultCacheBehavior) ||
         (config.CacheBehaviors->Items && std::ranges::any_of(*config.CacheBehaviors->Items, uses));
}

}  // namespace

std::string realtime_log_arn(std::string_view account, std::string_view name) {
  return fmt::format("arn:aws:cloudfront::{}:realtime-log-config/{}", account, name);
}

template <>
bool uses<api::CachePolicyConfig>(const api::DistributionConfig& config, std::string_view id) {
  return any_behavior(config, [&](const auto& behavior) { return behavior.CachePolicyId == id; });
}

template <>
bool uses<api::OriginRequestPolicyConfig>(const api::DistributionConfig& config, std::string_view id) {
  return any_behavior(config, [&](const auto& behavior) { return behavior.OriginRequestPolicyId == id; });
}

template <>
bool uses<api::ResponseHeadersPolicyConfig>(const api::DistributionConfig& config, std::string_view id) {
  return any_behavior(config, [&](const auto& behavior) { return behavior.ResponseHeadersPolicyId == id; });
}

template <>
bool uses<api::RealtimeLogConfig>(const api::DistributionConfig& config, std::string_view id) {
  return any_behavior(config, [&](const auto& behavior) { return behavior.RealtimeLogConfigArn == id; });
}

template <>
bool uses<api::KeyGroupConfig>(const api::DistributionConfig& config, std::string_view id) {
  return any_behavior(config, [&](const auto& behavior) {
    const auto& groups = behavior.TrustedKeyGroups->Items;
    return groups && std::ranges::count(*groups, id) > 0;
  });
}

template <>
bool uses<api::OriginAccessControlConfig>(const api::DistributionConfig& config, std::string_view id) {
  return std::ranges::any_of(config.Origins.Items,
                             [&](const api::Origin& origin) { return origin.OriginAccessControlId == id; });
}

template <>
bool uses<api::CloudFrontOriginAccessIdentityConfig>(const api::DistributionConfig& config,
                                                     std::string_view id) {
  return std::ranges::any_of(config.Origins.Items, [&](const api::Origin& origin) {
    return origin.S3OriginConfig &&
           origin.S3OriginConfig->OriginAccessIdentity.ends_with(std::string("/") += id);
  });
}

template <>
bool uses<api::ContinuousDeploymentPolicyConfig>(const api::DistributionConfig& config, std::string_view id) {
  return config.ContinuousDeploymentPolicyId == id;
}

}  // namespace meridian::services::cloudfront
