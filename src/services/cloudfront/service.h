// CloudFront's API: distributions, what they refer to, invalidations. Rules: a call decides from the store
// alone; what engines serve they tell through Deployments; what no engine acts upon is refused (README.md
// lists it).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "gen/cloudfront/api.h"
#include "services/cloudfront/entities.h"
#include "services/cloudfront/resources.h"
#include "store/store.h"

namespace meridian::services::cloudfront {

inline constexpr std::size_t kTagsMax = 50;  // of a distribution

// What edges serve: statuses say Deployed and Completed by it.
class Deployments {
 public:
  virtual ~Deployments() = default;
  // Every edge waited for serves the distribution as it was at this revision of the store, or later; of one
  // that is gone: none serves it any more.
  virtual bool serves(std::string_view distribution_id, store::Revision revision) const = 0;
};

struct Settings {
  std::string domain_suffix = "cloudfront.net";       // of the names of distributions
  std::size_t distributions_max = kDistributionsMax;  // of an account
};

class CloudFront final : public api::Api {
 public:
  // Without deployments nothing is ever Deployed.
  CloudFront(store::Store& store, Random& random, const Deployments* deployments = nullptr,
             Settings settings = {})
      : store_(store), random_(random), deployments_(deployments), settings_(std::move(settings)) {}

  aws::Outcome<void> vet(const aws::Operation& operation, const aws::Value& input) override;

  // distributions.cc
  aws::Outcome<api::CreateDistributionResult> CreateDistribution(
      aws::Call&, const api::CreateDistributionRequest&) override;
  aws::Outcome<api::CreateDistributionWithTagsResult> CreateDistributionWithTags(
      aws::Call&, const api::CreateDistributionWithTagsRequest&) override;
  aws::Outcome<api::GetDistributionResult> GetDistribution(aws::Call&,
                                                           const api::GetDistributionRequest&) override;
  aws::Outcome<api::GetDistributionConfigResult> GetDistributionConfig(
      aws::Call&, const api::GetDistributionConfigRequest&) override;
  aws::Outcome<api::UpdateDistributionResult> UpdateDistribution(
      aws::Call&, const api::UpdateDistributionRequest&) override;
  aws::Outcome<api::DeleteDistributionResponse> DeleteDistribution(
      aws::Call&, const api::DeleteDistributionRequest&) override;

  // list_distributions.cc
  aws::Outcome<api::ListDistributionsResult> ListDistributions(aws::Call&,
                                                               const api::ListDistributionsRequest&) override;
  aws::Outcome<api::ListDistributionsByWebACLIdResult> ListDistributionsByWebACLId(
      aws::Call&, const api::ListDistributionsByWebACLIdRequest&) override;
  aws::Outcome<api::ListDistributionsByCachePolicyIdResult> ListDistributionsByCachePolicyId(
      aws::Call&, const api::ListDistributionsByCachePolicyIdRequest&) override;
  aws::Outcome<api::ListDistributionsByOriginRequestPolicyIdResult> ListDistributionsByOriginRequestPolicyId(
      aws::Call&, const api::ListDistributionsByOriginRequestPolicyIdRequest&) override;
  aws::Outcome<api::ListDistributionsByResponseHeadersPolicyIdResult>
  ListDistributionsByResponseHeadersPolicyId(
      aws::Call&, const api::ListDistributionsByResponseHeadersPolicyIdRequest&) override;
  aws::Outcome<api::ListDistributionsByKeyGroupResult> ListDistributionsByKeyGroup(
      aws::Call&, const api::ListDistributionsByKeyGroupRequest&) override;
  aws::Outcome<api::ListDistributionsByRealtimeLogConfigResult> ListDistributionsByRealtimeLogConfig(
      aws::Call&, const api::ListDistributionsByRealtimeLogConfigRequest&) override;

  // staging.cc
  aws::Outcome<api::CopyDistributionResult> CopyDistribution(aws::Call&,
                                                             const api::CopyDistributionRequest&) override;
  aws::Outcome<api::UpdateDistributionWithStagingConfigResult> UpdateDistributionWithStagingConfig(
      aws::Call&, const api::UpdateDistributionWithStagingConfigRequest&) override;

  // continuous_deployment.cc
  aws::Outcome<api::CreateContinuousDeploymentPolicyResult> CreateContinuousDeploymentPolicy(
      aws::Call&, const api::CreateContinuousDeploymentPolicyRequest&) override;
  aws::Outcome<api::GetContinuousDeploymentPolicyResult> GetContinuousDeploymentPolicy(
      aws::Call&, const api::GetContinuousDeploymentPolicyRequest&) override;
  aws::Outcome<api::GetContinuousDeploymentPolicyConfigResult> GetContinuousDeploymentPolicyConfig(
      aws::Call&, const api::GetContinuousDeploymentPolicyConfigRequest&) override;
  aws::Outcome<api::UpdateContinuousDeploymentPolicyResult> UpdateContinuousDeploymentPolicy(
      aws::Call&, const api::UpdateContinuousDeploymentPolicyRequest&) override;
  aws::Outcome<api::DeleteContinuousDeploymentPolicyResponse> DeleteContinuousDeploymentPolicy(
      aws::Call&, const api::DeleteContinuousDeploymentPolicyRequest&) override;
  aws::Outcome<api::ListContinuousDeploymentPoliciesResult> ListContinuousDeploymentPolicies(
      aws::Call&, const api::ListContinuousDeploymentPoliciesRequest&) override;

  // aliases.cc
  aws::Outcome<api::AssociateAliasResponse> AssociateAlias(aws::Call&,
                                                           const api::AssociateAliasRequest&) override;
  aws::Outcome<api::ListConflictingAliasesResult> ListConflictingAliases(
      aws::Call&, const api::ListConflictingAliasesRequest&) override;

  // cache_policies.cc
  aws::Outcome<api::CreateCachePolicyResult> CreateCachePolicy(aws::Call&,
                                                               const api::CreateCachePolicyRequest&) override;
  aws::Outcome<api::GetCachePolicyResult> GetCachePolicy(aws::Call&,
                                                         const api::GetCachePolicyRequest&) override;
  aws::Outcome<api::GetCachePolicyConfigResult> GetCachePolicyConfig(
      aws::Call&, const api::GetCachePolicyConfigRequest&) override;
  aws::Outcome<api::UpdateCachePolicyResult> UpdateCachePolicy(aws::Call&,
                                                               const api::UpdateCachePolicyRequest&) override;
  aws::Outcome<api::DeleteCachePolicyResponse> DeleteCachePolicy(
      aws::Call&, const api::DeleteCachePolicyRequest&) override;
  aws::Outcome<api::ListCachePoliciesResult> ListCachePolicies(aws::Call&,
                                                               const api::ListCachePoliciesRequest&) override;

  // origin_request_policies.cc
  aws::Outcome<api::CreateOriginRequestPolicyResult> CreateOriginRequestPolicy(
      aws::Call&, const api::CreateOriginRequestPolicyRequest&) override;
  aws::Outcome<api::GetOriginRequestPolicyResult> GetOriginRequestPolicy(
      aws::Call&, const api::GetOriginRequestPolicyRequest&) override;
  aws::Outcome<api::GetOriginRequestPolicyConfigResult> GetOriginRequestPolicyConfig(
      aws::Call&, const api::GetOriginRequestPolicyConfigRequest&) override;
  aws::Outcome<api::UpdateOriginRequestPolicyResult> UpdateOriginRequestPolicy(
      aws::Call&, const api::UpdateOriginRequestPolicyRequest&) override;
  aws::Outcome<api::DeleteOriginRequestPolicyResponse> DeleteOriginRequestPolicy(
      aws::Call&, const api::DeleteOriginRequestPolicyRequest&) override;
  aws::Outcome<api::ListOriginRequestPoliciesResult> ListOriginRequestPolicies(
      aws::Call&, const api::ListOriginRequestPoliciesRequest&) override;

  // response_headers_policies.cc
  aws::Outcome<api::CreateResponseHeadersPolicyResult> CreateResponseHeadersPolicy(
      aws::Call&, const api::CreateResponseHeadersPolicyRequest&) override;
  aws::Outcome<api::GetResponseHeadersPolicyResult> GetResponseHeadersPolicy(
      aws::Call&, const api::GetResponseHeadersPolicyRequest&) override;
  aws::Outcome<api::GetResponseHeadersPolicyConfigResult> GetResponseHeadersPolicyConfig(
      aws::Call&, const api::GetResponseHeadersPolicyConfigRequest&) override;
  aws::Outcome<api::UpdateResponseHeadersPolicyResult> UpdateResponseHeadersPolicy(
      aws::Call&, const api::UpdateResponseHeadersPolicyRequest&) override;
  aws::Outcome<api::DeleteResponseHeadersPolicyResponse> DeleteResponseHeadersPolicy(
      aws::Call&, const api::DeleteResponseHeadersPolicyRequest&) override;
  aws::Outcome<api::ListResponseHeadersPoliciesResult> ListResponseHeadersPolicies(
      aws::Call&, const api::ListResponseHeadersPoliciesRequest&) override;

  // origin_access.cc
  aws::Outcome<api::CreateOriginAccessControlResult> CreateOriginAccessControl(
      aws::Call&, const api::CreateOriginAccessControlRequest&) override;
  aws::Outcome<api::GetOriginAccessControlResult> GetOriginAccessControl(
      aws::Call&, const api::GetOriginAccessControlRequest&) override;
  aws::Outcome<api::GetOriginAccessControlConfigResult> GetOriginAccessControlConfig(
      aws::Call&, const api::GetOriginAccessControlConfigRequest&) override;
  aws::Outcome<api::UpdateOriginAccessControlResult> UpdateOriginAccessControl(
      aws::Call&, const api::UpdateOriginAccessControlRequest&) override;
  aws::Outcome<api::DeleteOriginAccessControlResponse> DeleteOriginAccessControl(
      aws::Call&, const api::DeleteOriginAccessControlRequest&) override;
  aws::Outcome<api::ListOriginAccessControlsResult> ListOriginAccessControls(
      aws::Call&, const api::ListOriginAccessControlsRequest&) override;
  aws::Outcome<api::CreateCloudFrontOriginAccessIdentityResult> CreateCloudFrontOriginAccessIdentity(
      aws::Call&, const api::CreateCloudFrontOriginAccessIdentityRequest&) override;
  aws::Outcome<api::GetCloudFrontOriginAccessIdentityResult> GetCloudFrontOriginAccessIdentity(
      aws::Call&, const api::GetCloudFrontOriginAccessIdentityRequest&) override;
  aws::Outcome<api::GetCloudFrontOriginAccessIdentityConfigResult> GetCloudFrontOriginAccessIdentityConfig(
      aws::Call&, const api::GetCloudFrontOriginAccessIdentityConfigRequest&) override;
  aws::Outcome<api::UpdateCloudFrontOriginAccessIdentityResult> UpdateCloudFrontOriginAccessIdentity(
      aws::Call&, const api::UpdateCloudFrontOriginAccessIdentityRequest&) override;
  aws::Outcome<api::DeleteCloudFrontOriginAccessIdentityResponse> DeleteCloudFrontOriginAccessIdentity(
      aws::Call&, const api::DeleteCloudFrontOriginAccessIdentityRequest&) override;
  aws::Outcome<api::ListCloudFrontOriginAccessIdentitiesResult> ListCloudFrontOriginAccessIdentities(
      aws::Call&, const api::ListCloudFrontOriginAccessIdentitiesRequest&) override;

  // keys.cc
  aws::Outcome<api::CreatePublicKeyResult> CreatePublicKey(aws::Call&,
                                                           const api::CreatePublicKeyRequest&) override;
  aws::Outcome<api::GetPublicKeyResult> GetPublicKey(aws::Call&, const api::GetPublicKeyRequest&) override;
  aws::Outcome<api::GetPublicKeyConfigResult> GetPublicKeyConfig(
      aws::Call&, const api::GetPublicKeyConfigRequest&) override;
  aws::Outcome<api::UpdatePublicKeyResult> UpdatePublicKey(aws::Call&,
                                                           const api::UpdatePublicKeyRequest&) override;
  aws::Outcome<api::DeletePublicKeyResponse> DeletePublicKey(aws::Call&,
                                                             const api::DeletePublicKeyRequest&) override;
  aws::Outcome<api::ListPublicKeysResult> ListPublicKeys(aws::Call&,
                                                         const api::ListPublicKeysRequest&) override;
  aws::Outcome<api::CreateKeyGroupResult> CreateKeyGroup(aws::Call&,
                                                         const api::CreateKeyGroupRequest&) override;
  aws::Outcome<api::GetKeyGroupResult> GetKeyGroup(aws::Call&, const api::GetKeyGroupRequest&) override;
  aws::Outcome<api::GetKeyGroupConfigResult> GetKeyGroupConfig(aws::Call&,
                                                               const api::GetKeyGroupConfigRequest&) override;
  aws::Outcome<api::UpdateKeyGroupResult> UpdateKeyGroup(aws::Call&,
                                                         const api::UpdateKeyGroupRequest&) override;
  aws::Outcome<api::DeleteKeyGroupResponse> DeleteKeyGroup(aws::Call&,
                                                           const api::DeleteKeyGroupRequest&) override;
  aws::Outcome<api::ListKeyGroupsResult> ListKeyGroups(aws::Call&, const api::ListKeyGroupsRequest&) override;

  // invalidations.cc
  bool has_soft_purges(const aws::Operation& operation) const override {
    return std::string_view(operation.name) == "CreateInvalidation";
  }
  aws::Outcome<api::CreateInvalidationResult> CreateInvalidation(
      aws::Call&, const api::CreateInvalidationRequest&) override;
  aws::Outcome<api::GetInvalidationResult> GetInvalidation(aws::Call&,
                                                           const api::GetInvalidationRequest&) override;
  aws::Outcome<api::ListInvalidationsResult> ListInvalidations(aws::Call&,
                                                               const api::ListInvalidationsRequest&) override;

  // monitoring.cc
  aws::Outcome<api::CreateMonitoringSubscriptionResult> CreateMonitoringSubscription(
      aws::Call&, const api::CreateMonitoringSubscriptionRequest&) override;
  aws::Outcome<api::GetMonitoringSubscriptionResult> GetMonitoringSubscription(
      aws::Call&, const api::GetMonitoringSubscriptionRequest&) override;
  aws::Outcome<api::DeleteMonitoringSubscriptionResult> DeleteMonitoringSubscription(
      aws::Call&, const api::DeleteMonitoringSubscriptionRequest&) override;

  // realtime_logs.cc
  aws::Outcome<api::CreateRealtimeLogConfigResult> CreateRealtimeLogConfig(
      aws::Call&, const api::CreateRealtimeLogConfigRequest&) override;
  aws::Outcome<api::GetRealtimeLogConfigResult> GetRealtimeLogConfig(
      aws::Call&, const api::GetRealtimeLogConfigRequest&) override;
  aws::Outcome<api::UpdateRealtimeLogConfigResult> UpdateRealtimeLogConfig(
      aws::Call&, const api::UpdateRealtimeLogConfigRequest&) override;
  aws::Outcome<api::DeleteRealtimeLogConfigResponse> DeleteRealtimeLogConfig(
      aws::Call&, const api::DeleteRealtimeLogConfigRequest&) override;
  aws::Outcome<api::ListRealtimeLogConfigsResult> ListRealtimeLogConfigs(
      aws::Call&, const api::ListRealtimeLogConfigsRequest&) override;

  // tags.cc
  aws::Outcome<api::TagResourceResponse> TagResource(aws::Call&, const api::TagResourceRequest&) override;
  aws::Outcome<api::UntagResourceResponse> UntagResource(aws::Call&,
                                                         const api::UntagResourceRequest&) override;
  aws::Outcome<api::ListTagsForResourceResult> ListTagsForResource(
      aws::Call&, const api::ListTagsForResourceRequest&) override;

 private:
  using Distributions = Entities<api::DistributionConfig>;

  // distributions.cc
  aws::Outcome<Distributions::Found> make_distribution(const aws::Call& call, api::DistributionConfig config,
                                                       const std::optional<TagMap>& tags);
  // What a distribution takes from other things, given up and taken: `before` or `after` may be null.
  aws::Outcome<void> settle(const DistributionResource* before, const DistributionResource* after,
                            store::Transaction& transaction);
  aws::Outcome<api::Distribution> described(const Distributions::Found& found);
  bool serves(std::string_view distribution_id, store::Revision revision) const;
  aws::Outcome<std::int32_t> invalidations_in_progress(std::string_view account, std::string_view id);

  // references.cc: refuses what a configuration names and is not there; holds what is there.
  aws::Outcome<void> check_references(const DistributionResource& distribution,
                                      store::Transaction& transaction);
  aws::Outcome<void> move_certificate(const DistributionResource* before, const DistributionResource* after,
                                      store::Transaction& transaction);

  // aliases.cc
  aws::Outcome<void> move_aliases(const DistributionResource* before, const DistributionResource* after,
                                  store::Transaction& transaction);

  // Takes an alias from a distribution of the caller's.
  aws::Outcome<void> give_away(const std::string& distribution_id, const std::string& alias,
                               const aws::Call& call, store::Transaction& transaction);

  // staging.cc: the policy that sends viewers to the staging distribution is disabled.
  aws::Outcome<void> end_deployment(const aws::Call& call, const std::string& policy_id,
                                    const DistributionResource& staging, store::Transaction& transaction);

  // list_distributions.cc
  // A page of the distributions that use `id`, which has to be there.
  template <typename Config>
  aws::Outcome<api::DistributionIdList> ids_using(const aws::Call& call, const std::string& id,
                                                  const std::optional<std::string>& marker,
                                                  const std::optional<std::string>& max_items);
  aws::Outcome<api::DistributionList> summaries(std::vector<Distributions::Found> found,
                                                const std::optional<std::string>& marker,
                                                const std::optional<std::string>& max_items);
  aws::Outcome<api::DistributionSummary> summary(const Distributions::Found& found);

  store::Store& store_;
  Random& random_;
  const Deployments* deployments_;
  Settings settings_;
};

// "https://cloudfront.amazonaws.com/2020-05-31/<path>"
std::string location(std::string_view path, std::string_view id);

}  // namespace meridian::services::cloudfront
