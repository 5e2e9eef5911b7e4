// Tags of hosted zones and health checks.
#include <algorithm>

#include "gen/route53/errors.h"
#include "services/route53/service.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {
namespace {

aws::Outcome<void> check_tag(const api::Tag& tag) {
  if (!tag.Key || tag.Key->empty()) return api::errors::InvalidInput("A tag must have a key.");
  if (tag.Key->starts_with("aws:"))
    return api::errors::InvalidInput(
        fmt::format("The tag key '{}' begins with aws:, which is reserved.", *tag.Key));
  return {};
}

api::ResourceTagSet shown(std::string_view type, std::string_view id, const TagsResource& tags) {
  api::ResourceTagSet set;
  set.ResourceType = std::string(type);
  set.ResourceId = std::string(id);
  auto& list = set.Tags.emplace();
  for (const Tag& tag : tags.tags) list.push_back({.Key = tag.key, .Value = tag.value});
  return set;
}

void change_tags(TagsResource& tags, const api::ChangeTagsForResourceRequest& input) {
  for (const api::Tag& added : input.AddTags.value_or(std::vector<api::Tag>())) {
    auto same = std::ranges::find(tags.tags, *added.Key, &Tag::key);
    if (same == tags.tags.end()) same = tags.tags.insert(same, Tag{*added.Key, {}});
    same->value = added.Value.value_or("");
  }
  for (const std::string& key : input.RemoveTagKeys.value_or(std::vector<std::string>()))
    std::erase_if(tags.tags, [&](const Tag& tag) { return tag.key == key; });
}

}  // namespace

aws::Outcome<Route53::Tagged> Route53::tagged(const aws::Call& call, std::string_view type,
                                              std::string_view id) {
  if (type == "healthcheck") {
    const StoredHealthCheck check = TRY(health_check(call, id));
    return Tagged{check.value.id,
                  health_check_tags_key(check.value.id),
                  {health_check_key(check.value.id), check.modified}};
  }
  const StoredZone zone = TRY(this->zone(call, id));
  return Tagged{zone.value.id, tags_key(zone.value.id), {zone_key(zone.value.id), zone.modified}};
}

aws::Outcome<api::ChangeTagsForResourceResponse> Route53::ChangeTagsForResource(
    aws::Call& call, const api::ChangeTagsForResourceRequest& input) {
  if (!input.AddTags && !input.RemoveTagKeys)
    return api::errors::InvalidInput("At least one of AddTags and RemoveTagKeys must be given.");
  for (const api::Tag& tag : input.AddTags.value_or(std::vector<api::Tag>())) TRY(check_tag(tag));

  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        Tagged resource = TRY(tagged(call, input.ResourceType, input.ResourceId));
        const std::string& key = resource.tags_key;
        auto tags = TRY(aws::read_or_default(store_, key, decode_tags));
        change_tags(tags.value, input);
        if (tags.value.tags.size() > kTagsMax)
          return api::errors::InvalidInput(fmt::format("A resource can have at most {} tags.", kTagsMax));
        store::Transaction transaction;
        transaction.preconditions = {{key, tags.modified}, resource.exists};
        transaction.puts.push_back({key, encode(tags.value)});
        return transaction;
      },
      overtaken()));
  return api::ChangeTagsForResourceResponse();
}

aws::Outcome<api::ListTagsForResourceResponse> Route53::ListTagsForResource(
    aws::Call& call, const api::ListTagsForResourceRequest& input) {
  const Tagged resource = TRY(tagged(call, input.ResourceType, input.ResourceId));
  auto tags = TRY(aws::read_or_default(store_, resource.tags_key, decode_tags));
  return api::ListTagsForResourceResponse{.ResourceTagSet =
                                              shown(input.ResourceType, resource.id, tags.value)};
}

aws::Outcome<api::ListTagsForResourcesResponse> Route53::ListTagsForResources(
    aws::Call& call, const api::ListTagsForResourcesRequest& input) {
  api::ListTagsForResourcesResponse out;
  for (const std::string& id : input.ResourceIds) {
    const Tagged resource = TRY(tagged(call, input.ResourceType, id));
    auto tags = TRY(aws::read_or_default(store_, resource.tags_key, decode_tags));
    out.ResourceTagSets.push_back(shown(input.ResourceType, resource.id, tags.value));
  }
  return out;
}

}  // namespace meridian::services::route53
