// What CloudFront stores, for whom others may include this header: distributions, the policies and keys that
// they name, invalidations. Configurations are AWS's own structures, kept with every default filled in.
//
// Rules: a row that engines serve changes only when what they serve changes, so that its revision is the one
// to wait for (tags and monitoring subscriptions lie beside it); managed policies are in no store.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "gen/cloudfront/types.h"

namespace meridian::services::cloudfront {

namespace api = gen::cloudfront;

// A thing with a configuration of its own: most of what CloudFront has.
template <typename Config>
struct Entity {
  std::string account;  // 12 digits
  std::string id;
  std::string etag;
  SystemTime created_at{}, changed_at{};
  Config config;
  // Of a distribution its domain name, of an origin access identity its canonical user id.
  std::string public_name = {};
  bool soft = false;  // an invalidation that leaves copies as expired ones
};

using DistributionResource = Entity<api::DistributionConfig>;
using CachePolicyResource = Entity<api::CachePolicyConfig>;
using OriginRequestPolicyResource = Entity<api::OriginRequestPolicyConfig>;
using ResponseHeadersPolicyResource = Entity<api::ResponseHeadersPolicyConfig>;
using OriginAccessControlResource = Entity<api::OriginAccessControlConfig>;
using OriginAccessIdentityResource = Entity<api::CloudFrontOriginAccessIdentityConfig>;
using PublicKeyResource = Entity<api::PublicKeyConfig>;
using KeyGroupResource = Entity<api::KeyGroupConfig>;
using ContinuousDeploymentPolicyResource = Entity<api::ContinuousDeploymentPolicyConfig>;
using RealtimeLogConfigResource = Entity<api::RealtimeLogConfig>;  // its id is its name
using InvalidationResource = Entity<api::InvalidationBatch>;       // public_name: the distribution's id

// Where each kind lies, followed by <account>/<id>; of invalidations by <account>/<distribution id>/<id>.
template <typename Config>
inline constexpr std::string_view kPrefix = "";
template <>
inline constexpr std::string_view kPrefix<api::DistributionConfig> = "cloudfront/distributions/";
template <>
inline constexpr std::string_view kPrefix<api::CachePolicyConfig> = "cloudfront/cache-policies/";
template <>
inline constexpr std::string_view kPrefix<api::OriginRequestPolicyConfig> =
    "cloudfront/origin-request-policies/";
template <>
inline constexpr std::string_view kPrefix<api::ResponseHeadersPolicyConfig> =
    "cloudfront/response-headers-policies/";
template <>
inline constexpr std::string_view kPrefix<api::OriginAccessControlConfig> =
    "cloudfront/origin-access-controls/";
template <>
inline constexpr std::string_view kPrefix<api::CloudFrontOriginAccessIdentityConfig> =
    "cloudfront/origin-access-identities/";
template <>
inline constexpr std::string_view kPrefix<api::PublicKeyConfig> = "cloudfront/public-keys/";
template <>
inline constexpr std::string_view kPrefix<api::KeyGroupConfig> = "cloudfront/key-groups/";
template <>
inline constexpr std::string_view kPrefix<api::ContinuousDeploymentPolicyConfig> =
    "cloudfront/continuous-deployment-policies/";
template <>
inline constexpr std::string_view kPrefix<api::RealtimeLogConfig> = "cloudfront/realtime-log-configs/";
template <>
inline constexpr std::string_view kPrefix<api::InvalidationBatch> = "cloudfront/invalidations/";
// A distribution has one here when its additional metrics are on.
inline constexpr std::string_view kMonitoringPrefix = "cloudfront/monitoring/";
// Tags of whatever has an ARN: <account>/<what stands after the account in the ARN>.
inline constexpr std::string_view kTagsPrefix = "cloudfront/tags/";

// AWS's own policies, which every account has (managed_policies.cc).
template <typename Config>
const std::vector<Entity<Config>>& managed_policies();
template <>
const std::vector<CachePolicyResource>& managed_policies();
template <>
const std::vector<OriginRequestPolicyResource>& managed_policies();
template <>
const std::vector<ResponseHeadersPolicyResource>& managed_policies();

// Null: none has this id.
template <typename Config>
const Entity<Config>* managed_policy(std::string_view id) {
  for (const Entity<Config>& policy : managed_policies<Config>())
    if (policy.id == id) return &policy;
  return nullptr;
}
template <typename Config>
bool is_managed(std::string_view id) {
  return managed_policy<Config>(id) != nullptr;
}

std::string key_of(std::string_view prefix, std::string_view account, std::string_view id);
std::string account_prefix(std::string_view prefix, std::string_view account);

std::string distribution_arn(std::string_view account, std::string_view id);

// For the kinds above.
template <typename Config>
std::string encode(const Entity<Config>& entity);
template <typename Config>
Result<Entity<Config>> decode(std::string_view bytes);

using TagMap = std::map<std::string, std::string>;
std::string encode(const TagMap& tags);
Result<TagMap> decode_tags(std::string_view bytes);

}  // namespace meridian::services::cloudfront
