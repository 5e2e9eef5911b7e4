// Tags of log groups, by the operations that take an ARN and by the older ones that take a name.
#include <fmt/format.h>

#include "gen/logs/errors.h"
#include "services/logs/service.h"

namespace meridian::services::logs {
namespace {

constexpr std::size_t kTagsMax = 50;

using Tags = std::map<std::string, std::string>;

// The ARN of a group, without ":*": "the permissions for those three actions require the ARN version that
// doesn't include a trailing :*".
aws::Outcome<std::string> group_in(const aws::Call& call, std::string_view arn) {
  const std::string prefix = group_arn(place_of(call), "");
  const std::string_view name = arn.starts_with(prefix) ? arn.substr(prefix.size()) : "";
  if (!arn.starts_with("arn:"))
    return api::errors::InvalidParameterException(fmt::format("{} is not an ARN.", arn));
  if (name.empty() || name.ends_with(":*"))
    return api::errors::ResourceNotFoundException("The specified resource does not exist.");
  return std::string(name);
}

}  // namespace

aws::Outcome<void> check_tags(const std::map<std::string, std::string>& tags) {
  for (const auto& [key, value] : tags)
    if (key.starts_with("aws:"))
      return api::errors::InvalidParameterException(
          fmt::format("The tag key '{}' begins with aws:, which is reserved.", key));
  return {};
}

aws::Outcome<void> Logs::add_tags(const aws::Call& call, std::string_view name, const Tags& tags) {
  TRY(check_tags(tags));
  return change_group(call, name, [&](GroupResource& group, store::Transaction&) -> aws::Outcome<void> {
    for (const auto& [key, value] : tags) group.tags[key] = value;
    if (group.tags.size() > kTagsMax)
      return api::errors::TooManyTagsException(
          {.message = fmt::format("A resource can have at most {} tags.", kTagsMax),
           .resourceName = std::string(name)});
    return {};
  });
}

aws::Outcome<void> Logs::remove_tags(const aws::Call& call, std::string_view name,
                                     const std::vector<std::string>& keys) {
  return change_group(call, name, [&](GroupResource& group, store::Transaction&) -> aws::Outcome<void> {
    for (const std::string& key : keys) group.tags.erase(key);
    return {};
  });
}

aws::Outcome<api::TagResourceResponse> Logs::TagResource(aws::Call& call,
                                                         const api::TagResourceRequest& input) {
  TRY(add_tags(call, TRY(group_in(call, input.resourceArn)), input.tags));
  return api::TagResourceResponse();
}

aws::Outcome<api::UntagResourceResponse> Logs::UntagResource(aws::Call& call,
                                                             const api::UntagResourceRequest& input) {
  TRY(remove_tags(call, TRY(group_in(call, input.resourceArn)), input.tagKeys));
  return api::UntagResourceResponse();
}

aws::Outcome<api::ListTagsForResourceResponse> Logs::ListTagsForResource(
    aws::Call& call, const api::ListTagsForResourceRequest& input) {
  const std::string name = TRY(group_in(call, input.resourceArn));
  return api::ListTagsForResourceResponse{.tags = TRY(group(call, name)).value.tags};
}

aws::Outcome<api::TagLogGroupResponse> Logs::TagLogGroup(aws::Call& call,
                                                         const api::TagLogGroupRequest& input) {
  TRY(add_tags(call, input.logGroupName, input.tags));
  return api::TagLogGroupResponse();
}

aws::Outcome<api::UntagLogGroupResponse> Logs::UntagLogGroup(aws::Call& call,
                                                             const api::UntagLogGroupRequest& input) {
  TRY(remove_tags(call, input.logGroupName, input.tags));
  return api::UntagLogGroupResponse();
}

aws::Outcome<api::ListTagsLogGroupResponse> Logs::ListTagsLogGroup(
    aws::Call& call, const api::ListTagsLogGroupRequest& input) {
  return api::ListTagsLogGroupResponse{.tags = TRY(group(call, input.logGroupName)).value.tags};
}

}  // namespace meridian::services::logs
