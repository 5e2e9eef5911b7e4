// Pages of distributions: all of an account, and those that use something.
#include <algorithm>

#include "services/cloudfront/refusals.h"
#include "services/cloudfront/service.h"
#include "services/cloudfront/uses.h"

namespace meridian::services::cloudfront {
namespace {

template <typename List, typename Item>
void fill_page(List& list, const Page<Item>& page) {
  list.Marker = page.marker;
  list.NextMarker = page.next_marker;
  list.MaxItems = page.max_items;
  list.IsTruncated = page.truncated();
  list.Quantity = page.quantity();
}

}  // namespace

aws::Outcome<api::DistributionSummary> CloudFront::summary(const Distributions::Found& found) {
  const DistributionResource& distribution = found.value;
  const api::DistributionConfig& config = distribution.config;
  api::DistributionSummary out;
  out.Id = distribution.id;
  out.ARN = distribution_arn(distribution.account, distribution.id);
  out.ETag = distribution.etag;
  out.Status = serves(distribution.id, found.modified) ? "Deployed" : "InProgress";
  out.LastModifiedTime = distribution.changed_at;
  out.DomainName = distribution.public_name;
  out.Aliases = *config.Aliases;
  out.Origins = config.Origins;
  out.OriginGroups = config.OriginGroups;
  out.DefaultCacheBehavior = config.DefaultCacheBehavior;
  out.CacheBehaviors = *config.CacheBehaviors;
  out.CustomErrorResponses = *config.CustomErrorResponses;
  out.Comment = config.Comment;
  out.PriceClass = *config.PriceClass;
  out.Enabled = config.Enabled;
  out.ViewerCertificate = *config.ViewerCertificate;
  out.Restrictions = *config.Restrictions;
  out.WebACLId = *config.WebACLId;
  out.HttpVersion = *config.HttpVersion;
  out.IsIPV6Enabled = *config.IsIPV6Enabled;
  out.Staging = *config.Staging;
  return out;
}

aws::Outcome<api::DistributionList> CloudFront::summaries(std::vector<Distributions::Found> found,
                                                          const std::optional<std::string>& marker,
                                                          const std::optional<std::string>& max_items) {
  auto page = TRY(cut_page(std::move(found), marker, max_items,
                           [](const Distributions::Found& each) { return each.value.id; }));
  api::DistributionList list;
  fill_page(list, page);
  for (const auto& each : page.items) {
    if (!list.Items) list.Items.emplace();
    list.Items->push_back(TRY(summary(each)));
  }
  return list;
}

aws::Outcome<api::ListDistributionsResult> CloudFront::ListDistributions(
    aws::Call& call, const api::ListDistributionsRequest& input) {
  auto all = TRY(Distributions(store_).all(call.account_id));
  return api::ListDistributionsResult{.DistributionList =
                                          TRY(summaries(std::move(all), input.Marker, input.MaxItems))};
}

template <typename Config>
aws::Outcome<api::DistributionIdList> CloudFront::ids_using(const aws::Call& call, const std::string& id,
                                                            const std::optional<std::string>& marker,
                                                            const std::optional<std::string>& max_items) {
  bool managed = false;
  if constexpr (!std::is_same_v<Config, api::KeyGroupConfig>) managed = is_managed<Config>(id);
  if (!managed) TRY(Entities<Config>(store_).get(call.account_id, id));
  std::vector<std::string> ids;
  for (const auto& each : TRY(Distributions(store_).all(call.account_id)))
    if (uses<Config>(each.value.config, id)) ids.push_back(each.value.id);
  auto page = TRY(cut_page(std::move(ids), marker, max_items, [](const std::string& each) { return each; }));
  api::DistributionIdList list;
  fill_page(list, page);
  if (!page.items.empty()) list.Items = std::move(page.items);
  return list;
}

// "null" asks for distributions without a web ACL; none here has one.
aws::Outcome<api::ListDistributionsByWebACLIdResult> CloudFront::ListDistributionsByWebACLId(
    aws::Call& call, const api::ListDistributionsByWebACLIdRequest& input) {
  if (input.WebACLId != "null")
    return api::errors::InvalidWebACLId(
        "A web ACL ID specified is not valid. To specify a web ACL created using "
        "the latest version of AWS WAF, use the ACL ARN.");
  auto all = TRY(ListDistributions(call, {.Marker = input.Marker, .MaxItems = input.MaxItems}));
  return api::ListDistributionsByWebACLIdResult{.DistributionList = std::move(all.DistributionList)};
}

aws::Outcome<api::ListDistributionsByCachePolicyIdResult> CloudFront::ListDistributionsByCachePolicyId(
    aws::Call& call, const api::ListDistributionsByCachePolicyIdRequest& input) {
  return api::ListDistributionsByCachePolicyIdResult{
      .DistributionIdList =
          TRY(ids_using<api::CachePolicyConfig>(call, input.CachePolicyId, input.Marker, input.MaxItems))};
}

aws::Outcome<api::ListDistributionsByOriginRequestPolicyIdResult>
CloudFront::ListDistributionsByOriginRequestPolicyId(
    aws::Call& call, const api::ListDistributionsByOriginRequestPolicyIdRequest& input) {
  return api::ListDistributionsByOriginRequestPolicyIdResult{
      .DistributionIdList = TRY(ids_using<api::OriginRequestPolicyConfig>(call, input.OriginRequestPolicyId,
                                                                          input.Marker, input.MaxItems))};
}

aws::Outcome<api::ListDistributionsByResponseHeadersPolicyIdResult>
CloudFront::ListDistributionsByResponseHeadersPolicyId(
    aws::Call& call, const api::ListDistributionsByResponseHeadersPolicyIdRequest& input) {
  return api::ListDistributionsByResponseHeadersPolicyIdResult{
      .DistributionIdList = TRY(ids_using<api::ResponseHeadersPolicyConfig>(
          call, input.ResponseHeadersPolicyId, input.Marker, input.MaxItems))};
}

aws::Outcome<api::ListDistributionsByKeyGroupResult> CloudFront::ListDistributionsByKeyGroup(
    aws::Call& call, const api::ListDistributionsByKeyGroupRequest& input) {
  return api::ListDistributionsByKeyGroupResult{.DistributionIdList = TRY(ids_using<api::KeyGroupConfig>(
                                                    call, input.KeyGroupId, input.Marker, input.MaxItems))};
}

aws::Outcome<api::ListDistributionsByRealtimeLogConfigResult>
CloudFront::ListDistributionsByRealtimeLogConfig(
    aws::Call& call, const api::ListDistributionsByRealtimeLogConfigRequest& input) {
  if (input.RealtimeLogConfigName.has_value() == input.RealtimeLogConfigArn.has_value())
    return invalid_argument(
        "Exactly one of RealtimeLogConfigName and RealtimeLogConfigArn must be specified.");
  std::vector<Distributions::Found> found;
  for (auto& each : TRY(Distributions(store_).all(call.account_id)))
    if (uses<api::RealtimeLogConfig>(each.value.config,
                                     input.RealtimeLogConfigArn
                                         ? *input.RealtimeLogConfigArn
                                         : realtime_log_arn(call.account_id, *input.RealtimeLogConfigName)))
      found.push_back(std::move(each));
  return api::ListDistributionsByRealtimeLogConfigResult{
      .DistributionList = TRY(summaries(std::move(found), input.Marker, input.MaxItems))};
}

}  // namespace meridian::services::cloudfront
