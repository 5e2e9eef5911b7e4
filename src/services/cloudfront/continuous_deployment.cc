// Continuous deployment policies: which part of the viewers a staging distribution gets.
#include <algorithm>

#include "base/bytes.h"
#include "services/cloudfront/config_rules.h"
#include "services/cloudfront/policies.h"
#include "services/cloudfront/service.h"

namespace meridian::services::cloudfront {
namespace {

using Config = api::ContinuousDeploymentPolicyConfig;

constexpr float kWeightMax = 0.15F;
constexpr std::int32_t kIdleSecondsMin = 300, kIdleSecondsMax = 3600;
constexpr std::string_view kHeaderBegin = "aws-cf-cd-";
constexpr std::size_t kHeaderCharsMax = 256, kHeaderValueCharsMax = 1783;

aws::Outcome<void> check_weight(const api::ContinuousDeploymentSingleWeightConfig& weight) {
  if (!(weight.Weight >= 0 && weight.Weight <= kWeightMax))
    return invalid_argument("The parameter Weight must be between 0 and 0.15.");
  if (!weight.SessionStickinessConfig) return {};
  const std::int32_t idle = weight.SessionStickinessConfig->IdleTTL;
  const std::int32_t most = weight.SessionStickinessConfig->MaximumTTL;
  if (idle < kIdleSecondsMin || most > kIdleSecondsMax || idle > most)
    return invalid_argument(
        "The parameters IdleTTL and MaximumTTL must be between 300 and 3600, and IdleTTL not greater.");
  return {};
}

aws::Outcome<void> check_header(const api::ContinuousDeploymentSingleHeaderConfig& header) {
  if (!to_lower(header.Header).starts_with(kHeaderBegin) || !is_header_name(header.Header) ||
      header.Header.size() > kHeaderCharsMax || header.Value.empty() ||
      header.Value.size() > kHeaderValueCharsMax)
    return invalid_argument("The parameter Header must begin with aws-cf-cd- and have a value.");
  return {};
}

aws::Outcome<void> check_traffic(const api::TrafficConfig& traffic) {
  const bool by_weight = traffic.Type == "SingleWeight";
  if (by_weight != traffic.SingleWeightConfig.has_value() ||
      by_weight == traffic.SingleHeaderConfig.has_value())
    return invalid_argument(
        "The parameter TrafficConfig must have the configuration of its Type, and no other.");
  return by_weight ? check_weight(*traffic.SingleWeightConfig) : check_header(*traffic.SingleHeaderConfig);
}

aws::Outcome<void> check(const Config& config) {
  if (config.StagingDistributionDnsNames.Quantity != 1)
    return invalid_argument("The parameter StagingDistributionDnsNames must name one staging distribution.");
  if (!config.TrafficConfig) return invalid_argument("The parameter TrafficConfig is required.");
  return check_traffic(*config.TrafficConfig);
}

const std::string& staging_name(const Config& config) {
  return config.StagingDistributionDnsNames.Items->front();
}

// The staging distribution is there, is one, and no other policy has it.
aws::Outcome<void> hold_staging(store::Store& store, const aws::Call& call, const std::string& policy_id,
                                const Config& config, store::Transaction& transaction) {
  TRY(hold<api::DistributionConfig>(store, call.account_id, transaction));
  const auto all = TRY(Entities<api::DistributionConfig>(store).all(call.account_id));
  const auto found = std::ranges::find_if(
      all, [&](const auto& each) { return each.value.public_name == to_lower(staging_name(config)); });
  if (found == all.end() || !*found->value.config.Staging)
    return invalid_argument("The parameter StagingDistributionDnsNames names no staging distribution.");
  for (const auto& other : TRY(Entities<Config>(store).all(call.account_id)))
    if (other.value.id != policy_id && staging_name(other.value.config) == staging_name(config))
      return api::errors::StagingDistributionInUse(
          "A continuous deployment policy for this staging distribution already exists.");
  return {};
}

api::ContinuousDeploymentPolicy shown(ContinuousDeploymentPolicyResource policy) {
  return {.Id = std::move(policy.id),
          .LastModifiedTime = policy.changed_at,
          .ContinuousDeploymentPolicyConfig = std::move(policy.config)};
}

}  // namespace

aws::Outcome<api::CreateContinuousDeploymentPolicyResult> CloudFront::CreateContinuousDeploymentPolicy(
    aws::Call& call, const api::CreateContinuousDeploymentPolicyRequest& input) {
  TRY(check(input.ContinuousDeploymentPolicyConfig));
  ContinuousDeploymentPolicyResource policy;
  policy.id = Kind<Config>::new_id(random_);
  policy.config = input.ContinuousDeploymentPolicyConfig;
  auto made = TRY(Entities<Config>(store_).create(
                      call, random_, std::move(policy),
                      [&](ContinuousDeploymentPolicyResource& it, store::Transaction& transaction) {
                        return hold_staging(store_, call, it.id, it.config, transaction);
                      }))
                  .value;
  api::CreateContinuousDeploymentPolicyResult out;
  out.Location = location("continuous-deployment-policy", made.id);
  out.ETag = made.etag;
  out.ContinuousDeploymentPolicy = shown(std::move(made));
  return out;
}

aws::Outcome<api::GetContinuousDeploymentPolicyResult> CloudFront::GetContinuousDeploymentPolicy(
    aws::Call& call, const api::GetContinuousDeploymentPolicyRequest& input) {
  auto found = TRY(Entities<Config>(store_).get(call.account_id, input.Id)).value;
  api::GetContinuousDeploymentPolicyResult out;
  out.ETag = found.etag;
  out.ContinuousDeploymentPolicy = shown(std::move(found));
  return out;
}

aws::Outcome<api::GetContinuousDeploymentPolicyConfigResult> CloudFront::GetContinuousDeploymentPolicyConfig(
    aws::Call& call, const api::GetContinuousDeploymentPolicyConfigRequest& input) {
  auto found = TRY(Entities<Config>(store_).get(call.account_id, input.Id)).value;
  return api::GetContinuousDeploymentPolicyConfigResult{
      .ContinuousDeploymentPolicyConfig = std::move(found.config), .ETag = found.etag};
}

aws::Outcome<api::UpdateContinuousDeploymentPolicyResult> CloudFront::UpdateContinuousDeploymentPolicy(
    aws::Call& call, const api::UpdateContinuousDeploymentPolicyRequest& input) {
  TRY(check(input.ContinuousDeploymentPolicyConfig));
  auto changed = TRY(Entities<Config>(store_).update(
                         call, random_, input.Id, input.IfMatch,
                         [&](ContinuousDeploymentPolicyResource& policy, store::Transaction& transaction) {
                           policy.config = input.ContinuousDeploymentPolicyConfig;
                           return hold_staging(store_, call, policy.id, policy.config, transaction);
                         }))
                     .value;
  api::UpdateContinuousDeploymentPolicyResult out;
  out.ETag = changed.etag;
  out.ContinuousDeploymentPolicy = shown(std::move(changed));
  return out;
}

aws::Outcome<api::DeleteContinuousDeploymentPolicyResponse> CloudFront::DeleteContinuousDeploymentPolicy(
    aws::Call& call, const api::DeleteContinuousDeploymentPolicyRequest& input) {
  TRY(Entities<Config>(store_).remove(
      call, input.Id, input.IfMatch, [&](const auto&, store::Transaction& transaction) {
        return check_unused<Config>(store_, call.account_id, input.Id, transaction);
      }));
  return api::DeleteContinuousDeploymentPolicyResponse();
}

aws::Outcome<api::ListContinuousDeploymentPoliciesResult> CloudFront::ListContinuousDeploymentPolicies(
    aws::Call& call, const api::ListContinuousDeploymentPoliciesRequest& input) {
  auto page = TRY(Entities<Config>(store_).page(call, input.Marker, input.MaxItems));
  api::ContinuousDeploymentPolicyList list;
  list.NextMarker = page.next_marker;
  list.MaxItems = page.max_items;
  list.Quantity = page.quantity();
  for (ContinuousDeploymentPolicyResource& policy : page.items) {
    if (!list.Items) list.Items.emplace();
    list.Items->push_back({.ContinuousDeploymentPolicy = shown(std::move(policy))});
  }
  return api::ListContinuousDeploymentPoliciesResult{.ContinuousDeploymentPolicyList = std::move(list)};
}

}  // namespace meridian::services::cloudfront
