// A staging distribution: copied from its primary, and promoted to it.
#include <algorithm>

#include "services/cloudfront/config_rules.h"
#include "services/cloudfront/refusals.h"
#include "services/cloudfront/service.h"

namespace meridian::services::cloudfront {
namespace {

using Policies = Entities<api::ContinuousDeploymentPolicyConfig>;

// "<ETag of the primary>, <ETag of the staging distribution>"
std::pair<std::optional<std::string>, std::optional<std::string>> split_if_match(
    const std::optional<std::string>& if_match) {
  if (!if_match) return {};
  const std::size_t comma = if_match->find(',');
  if (comma == if_match->npos) return {*if_match, std::nullopt};
  const std::size_t second = if_match->find_first_not_of(' ', comma + 1);
  return {if_match->substr(0, comma),
          second == if_match->npos ? std::nullopt : std::optional(if_match->substr(second))};
}

// What the primary keeps; the rest is the staging distribution's (API reference,
// UpdateDistributionWithStagingConfig).
api::DistributionConfig promoted(const api::DistributionConfig& primary, api::DistributionConfig staging) {
  staging.CallerReference = primary.CallerReference;
  staging.Aliases = primary.Aliases;
  staging.ContinuousDeploymentPolicyId = primary.ContinuousDeploymentPolicyId;
  staging.Staging = primary.Staging;
  return staging;
}

}  // namespace

aws::Outcome<api::CopyDistributionResult> CloudFront::CopyDistribution(
    aws::Call& call, const api::CopyDistributionRequest& input) {
  if (!input.Staging.value_or(false))
    return invalid_argument("The parameter Staging must be true: the copy is a staging distribution.");
  const auto primary = TRY(Distributions(store_).get(call.account_id, input.PrimaryDistributionId)).value;
  TRY(check_if_match(input.IfMatch, primary.etag));
  if (*primary.config.Staging) return invalid_argument("A staging distribution cannot be copied.");
  api::DistributionConfig config = primary.config;
  config.CallerReference = input.CallerReference;
  config.Staging = true;
  config.Aliases = api::Aliases{.Quantity = 0, .Items = {}};
  config.ContinuousDeploymentPolicyId = "";
  config.Enabled = input.Enabled.value_or(config.Enabled);
  const auto made = TRY(make_distribution(call, std::move(config), std::nullopt));
  return api::CopyDistributionResult{.Distribution = TRY(described(made)),
                                     .Location = location("distribution", made.value.id),
                                     .ETag = made.value.etag};
}

aws::Outcome<void> CloudFront::end_deployment(const aws::Call& call, const std::string& policy_id,
                                              const DistributionResource& staging,
                                              store::Transaction& transaction) {
  const auto found = TRY(Policies(store_).find(call.account_id, policy_id));
  const auto names_it = [&](const ContinuousDeploymentPolicyResource& policy) {
    const auto& names = policy.config.StagingDistributionDnsNames.Items;
    return names && std::ranges::count(*names, staging.public_name) > 0;
  };
  if (!found || !names_it(found->value))
    return invalid_argument(
        "The staging distribution is not that of the primary's continuous deployment policy.");
  auto policy = found->value;
  policy.config.Enabled = false;
  policy.etag = new_etag(random_);
  policy.changed_at = shown_time(call);
  const std::string key = key_of(kPrefix<api::ContinuousDeploymentPolicyConfig>, call.account_id, policy_id);
  transaction.preconditions.push_back({key, found->modified});
  transaction.puts.push_back({key, encode(policy)});
  return {};
}

aws::Outcome<api::UpdateDistributionWithStagingConfigResult> CloudFront::UpdateDistributionWithStagingConfig(
    aws::Call& call, const api::UpdateDistributionWithStagingConfigRequest& input) {
  if (!input.StagingDistributionId)
    return invalid_argument("The parameter StagingDistributionId is required.");
  const auto [primary_match, staging_match] = split_if_match(input.IfMatch);
  const auto promote = [&](DistributionResource& primary,
                           store::Transaction& transaction) -> aws::Outcome<void> {
    const auto staging = TRY(Distributions(store_).get(call.account_id, *input.StagingDistributionId));
    TRY(check_if_match(staging_match, staging.value.etag));
    if (!*staging.value.config.Staging || *primary.config.Staging)
      return api::errors::IllegalUpdate("The update contains modifications that are not allowed.");
    transaction.preconditions.push_back(
        {key_of(kPrefix<api::DistributionConfig>, call.account_id, staging.value.id), staging.modified});
    const std::string policy = *primary.config.ContinuousDeploymentPolicyId;
    const DistributionResource before = primary;
    primary.config = promoted(before.config, staging.value.config);
    TRY(check_config(primary.config));
    TRY(settle(&before, &primary, transaction));
    return end_deployment(call, policy, staging.value, transaction);
  };
  const auto changed = TRY(Distributions(store_).update(call, random_, input.Id, primary_match, promote));
  return api::UpdateDistributionWithStagingConfigResult{.Distribution = TRY(described(changed)),
                                                        .ETag = changed.value.etag};
}

}  // namespace meridian::services::cloudfront
