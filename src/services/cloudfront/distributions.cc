// Distributions: made, shown, changed, deleted.
#include <algorithm>
#include <set>

#include "services/cloudfront/config_defaults.h"
#include "services/cloudfront/config_rules.h"
#include "services/cloudfront/invalidation_index.h"
#include "services/cloudfront/quantities.h"
#include "services/cloudfront/refusals.h"
#include "services/cloudfront/service.h"
#include "services/cloudfront/tag_rules.h"

namespace meridian::services::cloudfront {
namespace {

constexpr std::size_t kDomainChars = 13;
constexpr std::string_view kDomainAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz";

std::string domain_key(std::string_view domain) {
  return fmt::format("cloudfront/index/domains/{}", domain);
}

std::set<std::string> trusted_key_groups(const api::DistributionConfig& config) {
  std::set<std::string> ids;
  const auto add = [&](const auto& behavior) {
    if (behavior.TrustedKeyGroups->Items)
      ids.insert(behavior.TrustedKeyGroups->Items->begin(), behavior.TrustedKeyGroups->Items->end());
  };
  add(config.DefaultCacheBehavior);
  if (config.CacheBehaviors->Items) std::ranges::for_each(*config.CacheBehaviors->Items, add);
  return ids;
}

aws::Outcome<api::ActiveTrustedKeyGroups> active_key_groups(store::Store& store,
                                                            const DistributionResource& distribution) {
  std::vector<api::KGKeyPairIds> groups;
  for (const std::string& id : trusted_key_groups(distribution.config)) {
    const auto group = TRY(Entities<api::KeyGroupConfig>(store).find(distribution.account, id));
    if (!group) continue;
    const auto& keys = group->value.config.Items;
    api::KeyPairIds pairs{.Quantity = static_cast<std::int32_t>(keys.size()), .Items = {}};
    if (!keys.empty()) pairs.Items = keys;
    groups.push_back({.KeyGroupId = id, .KeyPairIds = std::move(pairs)});
  }
  api::ActiveTrustedKeyGroups out;
  out.Enabled = !groups.empty();
  out.Quantity = static_cast<std::int32_t>(groups.size());
  if (!groups.empty()) out.Items = std::move(groups);
  return out;
}

// What an update may not change.
aws::Outcome<void> check_update(const api::DistributionConfig& before, const api::DistributionConfig& after) {
  if (before.CallerReference != after.CallerReference || before.Staging != after.Staging)
    return api::errors::IllegalUpdate("The update contains modifications that are not allowed.");
  return {};
}

}  // namespace

aws::Failure overtaken() {
  return aws::refuse("ThrottlingException",
                     "Another call changed the same resources at the same time. Please try again.", 400);
}

std::string new_etag(Random& random) {
  return make_id(random, 'E', kIdChars);
}

aws::Outcome<void> check_if_match(const std::optional<std::string>& if_match, std::string_view etag) {
  std::string_view given = if_match ? std::string_view(*if_match) : std::string_view();
  if (given.size() > 1 && given.starts_with('"') && given.ends_with('"'))
    given = given.substr(1, given.size() - 2);
  if (given == etag) return {};
  const bool is_etag =
      given.size() >= kIdChars - 2 && given.size() <= kIdChars && given.starts_with('E') &&
      std::ranges::all_of(given, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
  if (!is_etag)
    return api::errors::InvalidIfMatchVersion(
        "The If-Match version is missing or not valid for the resource.");
  return api::errors::PreconditionFailed(
      "The request failed because it didn't meet the preconditions in one or more request-header fields.");
}

std::string location(std::string_view path, std::string_view id) {
  return fmt::format("https://cloudfront.amazonaws.com/2020-05-31/{}/{}", path, id);
}

aws::Outcome<void> CloudFront::vet(const aws::Operation&, const aws::Value& input) {
  return check_quantities(input);
}

bool CloudFront::serves(std::string_view distribution_id, store::Revision revision) const {
  return deployments_ && deployments_->serves(distribution_id, revision);
}

aws::Outcome<void> CloudFront::settle(const DistributionResource* before, const DistributionResource* after,
                                      store::Transaction& transaction) {
  if (after) TRY(check_references(*after, transaction));
  TRY(move_certificate(before, after, transaction));
  return move_aliases(before, after, transaction);
}

aws::Outcome<api::Distribution> CloudFront::described(const Distributions::Found& found) {
  const DistributionResource& distribution = found.value;
  api::Distribution out;
  out.Id = distribution.id;
  out.ARN = distribution_arn(distribution.account, distribution.id);
  out.Status = serves(distribution.id, found.modified) ? "Deployed" : "InProgress";
  out.LastModifiedTime = distribution.changed_at;
  out.InProgressInvalidationBatches = TRY(invalidations_in_progress(distribution.account, distribution.id));
  out.DomainName = distribution.public_name;
  out.ActiveTrustedSigners = api::ActiveTrustedSigners{.Enabled = false, .Quantity = 0, .Items = {}};
  out.ActiveTrustedKeyGroups = TRY(active_key_groups(store_, distribution));
  out.DistributionConfig = distribution.config;
  if (const auto& aliases = distribution.config.Aliases->Items) {
    auto& recordals = out.AliasICPRecordals.emplace();
    for (const std::string& alias : *aliases)
      recordals.push_back({.CNAME = alias, .ICPRecordalStatus = "APPROVED"});
  }
  return out;
}

aws::Outcome<CloudFront::Distributions::Found> CloudFront::make_distribution(
    const aws::Call& call, api::DistributionConfig config, const std::optional<TagMap>& tags) {
  fill_in_defaults(config);
  TRY(check_config(config));
  DistributionResource made;
  made.id = Kind<api::DistributionConfig>::new_id(random_);
  made.config = std::move(config);
  made.public_name =
      fmt::format("d{}.{}", random_.text(kDomainChars, kDomainAlphabet), settings_.domain_suffix);
  return Distributions(store_, settings_.distributions_max).create(
      call, random_, std::move(made),
      [&](DistributionResource& distribution, store::Transaction& transaction) -> aws::Outcome<void> {
        TRY(settle(nullptr, &distribution, transaction));
        transaction.preconditions.push_back({domain_key(distribution.public_name), 0});
        transaction.puts.push_back({domain_key(distribution.public_name), distribution.id});
        if (tags && !tags->empty())
          transaction.puts.push_back(
              {tags_key(call.account_id, "distribution/" + distribution.id), encode(*tags)});
        return {};
      });
}

aws::Outcome<api::CreateDistributionResult> CloudFront::CreateDistribution(
    aws::Call& call, const api::CreateDistributionRequest& input) {
  const auto made = TRY(make_distribution(call, input.DistributionConfig, std::nullopt));
  return api::CreateDistributionResult{.Distribution = TRY(described(made)),
                                       .Location = location("distribution", made.value.id),
                                       .ETag = made.value.etag};
}

aws::Outcome<api::CreateDistributionWithTagsResult> CloudFront::CreateDistributionWithTags(
    aws::Call& call, const api::CreateDistributionWithTagsRequest& input) {
  const api::DistributionConfigWithTags& both = input.DistributionConfigWithTags;
  const auto tags = TRY(with_tags({}, both.Tags));
  const auto made = TRY(make_distribution(call, both.DistributionConfig, tags));
  return api::CreateDistributionWithTagsResult{.Distribution = TRY(described(made)),
                                               .Location = location("distribution", made.value.id),
                                               .ETag = made.value.etag};
}

aws::Outcome<api::GetDistributionResult> CloudFront::GetDistribution(
    aws::Call& call, const api::GetDistributionRequest& input) {
  const auto found = TRY(Distributions(store_).get(call.account_id, input.Id));
  return api::GetDistributionResult{.Distribution = TRY(described(found)), .ETag = found.value.etag};
}

aws::Outcome<api::GetDistributionConfigResult> CloudFront::GetDistributionConfig(
    aws::Call& call, const api::GetDistributionConfigRequest& input) {
  auto found = TRY(Distributions(store_).get(call.account_id, input.Id));
  return api::GetDistributionConfigResult{.DistributionConfig = std::move(found.value.config),
                                          .ETag = found.value.etag};
}

aws::Outcome<api::UpdateDistributionResult> CloudFront::UpdateDistribution(
    aws::Call& call, const api::UpdateDistributionRequest& input) {
  api::DistributionConfig config = input.DistributionConfig;
  fill_in_defaults(config);
  TRY(check_config(config));
  const auto changed = TRY(Distributions(store_).update(
      call, random_, input.Id, input.IfMatch,
      [&](DistributionResource& distribution, store::Transaction& transaction) -> aws::Outcome<void> {
        TRY(check_update(distribution.config, config));
        const DistributionResource before = distribution;
        distribution.config = config;
        return settle(&before, &distribution, transaction);
      }));
  return api::UpdateDistributionResult{.Distribution = TRY(described(changed)), .ETag = changed.value.etag};
}

aws::Outcome<api::DeleteDistributionResponse> CloudFront::DeleteDistribution(
    aws::Call& call, const api::DeleteDistributionRequest& input) {
  const auto take_along = [&](const Distributions::Found& found,
                              store::Transaction& transaction) -> aws::Outcome<void> {
    const DistributionResource& distribution = found.value;
    // Where edges are, they have to have stopped serving it first.
    if (distribution.config.Enabled || (deployments_ && !serves(distribution.id, found.modified)))
      return api::errors::DistributionNotDisabled(
          "The distribution you are trying to delete has not been disabled.");
    for (const auto& policy :
         TRY(Entities<api::ContinuousDeploymentPolicyConfig>(store_).all(call.account_id)))
      if (const auto& names = policy.value.config.StagingDistributionDnsNames.Items;
          names && std::ranges::count(*names, distribution.public_name))
        return api::errors::StagingDistributionInUse(
            "A continuous deployment policy uses the staging distribution.");
    TRY(hold<api::ContinuousDeploymentPolicyConfig>(store_, call.account_id, transaction));
    TRY(settle(&distribution, nullptr, transaction));
    transaction.deletes.push_back(domain_key(distribution.public_name));
    transaction.deletes.push_back(tags_key(call.account_id, "distribution/" + distribution.id));
    transaction.deletes.push_back(key_of(kMonitoringPrefix, call.account_id, distribution.id));
    for (const std::string& prefix : {invalidations_prefix(call.account_id, distribution.id),
                                      invalidation_index_prefix(call.account_id, distribution.id)})
      for (const auto& item : TRY(aws::or_failure(store_.range(prefix))).items)
        transaction.deletes.push_back(item.key);
    return {};
  };
  TRY(Distributions(store_).remove(call, input.Id, input.IfMatch, take_along));
  return api::DeleteDistributionResponse();
}

}  // namespace meridian::services::cloudfront
