// Which things a distribution uses: lists by a policy, and what may not be deleted.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "services/cloudfront/entities.h"

namespace meridian::services::cloudfront {

std::string realtime_log_arn(std::string_view account, std::string_view name);

// Whether a distribution names this id of a kind; of a real-time log configuration its ARN.
template <typename Config>
bool uses(const api::DistributionConfig& config, std::string_view id);
template <>
bool uses<api::CachePolicyConfig>(const api::DistributionConfig& config, std::string_view id);
template <>
bool uses<api::OriginRequestPolicyConfig>(const api::DistributionConfig& config, std::string_view id);
template <>
bool uses<api::ResponseHeadersPolicyConfig>(const api::DistributionConfig& config, std::string_view id);
template <>
bool uses<api::RealtimeLogConfig>(const api::DistributionConfig& config, std::string_view id);
template <>
bool uses<api::KeyGroupConfig>(const api::DistributionConfig& config, std::string_view id);
template <>
bool uses<api::OriginAccessControlConfig>(const api::DistributionConfig& config, std::string_view id);
template <>
bool uses<api::CloudFrontOriginAccessIdentityConfig>(const api::DistributionConfig& config,
                                                     std::string_view id);
template <>
bool uses<api::ContinuousDeploymentPolicyConfig>(const api::DistributionConfig& config, std::string_view id);

// Refuses with the kind's in_use() while a distribution uses `id`; holds the distributions for the
// transaction.
template <typename Config>
aws::Outcome<void> check_unused(store::Store& store, std::string_view account, std::string_view id,
                                store::Transaction& transaction) {
  TRY(hold<api::DistributionConfig>(store, account, transaction));
  for (const auto& each : TRY(Entities<api::DistributionConfig>(store).all(account)))
    if (uses<Config>(each.value.config, id)) return Kind<Config>::in_use();
  return {};
}

}  // namespace meridian::services::cloudfront
