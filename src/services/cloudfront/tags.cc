// Tags of distributions.
#include "services/cloudfront/refusals.h"
#include "services/cloudfront/service.h"
#include "services/cloudfront/tag_rules.h"

namespace meridian::services::cloudfront {
namespace {

constexpr std::string_view kDistribution = "distribution/";

// What stands after the account in the ARN, when it is a distribution of the caller's.
aws::Outcome<std::string> tagged_resource(store::Store& store, const aws::Call& call, std::string_view arn) {
  const std::string begin = fmt::format("arn:aws:cloudfront::{}:", call.account_id);
  if (arn.starts_with(begin) && arn.substr(begin.size()).starts_with(kDistribution)) {
    const std::string_view resource = arn.substr(begin.size());
    if (TRY(Entities<api::DistributionConfig>(store).find(call.account_id,
                                                          resource.substr(kDistribution.size()))))
      return std::string(resource);
  }
  return api::errors::NoSuchResource("The specified resource does not exist.");
}

// Tags are changed under a hold on the distributions, so that none outlives its distribution.
template <typename Change>
aws::Outcome<void> change_tags(store::Store& store, const aws::Call& call, std::string_view arn,
                               Change change) {
  TRY(aws::commit_built(
      store,
      [&]() -> aws::Outcome<store::Transaction> {
        store::Transaction transaction;
        TRY(hold<api::DistributionConfig>(store, call.account_id, transaction));
        const std::string key = tags_key(call.account_id, TRY(tagged_resource(store, call, arn)));
        const auto found = TRY(aws::read_or_default(store, key, decode_tags));
        transaction.preconditions.push_back({key, found.modified});
        transaction.puts.push_back({key, encode(TRY(change(found.value)))});
        return transaction;
      },
      overtaken()));
  return {};
}

}  // namespace

std::string tags_key(std::string_view account, std::string_view resource) {
  return key_of(kTagsPrefix, account, resource);
}

aws::Outcome<TagMap> with_tags(TagMap tags, const api::Tags& added) {
  if (!added.Items) return tags;
  TagMap once;
  for (const api::Tag& tag : *added.Items) {
    if (tag.Key.starts_with("aws:"))
      return api::errors::InvalidTagging("The tag keys must not begin with aws:.");
    if (!once.emplace(tag.Key, tag.Value.value_or("")).second)
      return api::errors::InvalidTagging(fmt::format("The tag key {} is given more than once.", tag.Key));
  }
  for (auto& [key, value] : once) tags.insert_or_assign(key, std::move(value));
  if (tags.size() > kTagsMax)
    return api::errors::InvalidTagging(fmt::format("A resource cannot have more than {} tags.", kTagsMax));
  return tags;
}

aws::Outcome<api::TagResourceResponse> CloudFront::TagResource(aws::Call& call,
                                                               const api::TagResourceRequest& input) {
  TRY(change_tags(store_, call, input.Resource,
                  [&](const TagMap& tags) { return with_tags(tags, input.Tags); }));
  return api::TagResourceResponse();
}

aws::Outcome<api::UntagResourceResponse> CloudFront::UntagResource(aws::Call& call,
                                                                   const api::UntagResourceRequest& input) {
  TRY(change_tags(store_, call, input.Resource, [&](TagMap tags) -> aws::Outcome<TagMap> {
    if (input.TagKeys.Items)
      for (const std::string& key : *input.TagKeys.Items) tags.erase(key);
    return tags;
  }));
  return api::UntagResourceResponse();
}

aws::Outcome<api::ListTagsForResourceResult> CloudFront::ListTagsForResource(
    aws::Call& call, const api::ListTagsForResourceRequest& input) {
  const std::string key = tags_key(call.account_id, TRY(tagged_resource(store_, call, input.Resource)));
  api::ListTagsForResourceResult out;
  auto& items = out.Tags.Items.emplace();
  for (const auto& [name, value] : TRY(aws::read_or_default(store_, key, decode_tags)).value)
    items.push_back({.Key = name, .Value = value});
  return out;
}

}  // namespace meridian::services::cloudfront
