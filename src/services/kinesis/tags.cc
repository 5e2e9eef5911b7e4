// Tags of streams.
#include <fmt/format.h>

#include "gen/kinesis/errors.h"
#include "services/kinesis/service.h"

namespace meridian::services::kinesis {
namespace {

constexpr std::size_t kTagsMax = 50, kTagsPerPage = 50;

}  // namespace

aws::Outcome<void> check_tags(const std::map<std::string, std::string>& tags) {
  if (tags.size() > kTagsMax)
    return api::errors::InvalidArgumentException(fmt::format("A stream can have at most {} tags.", kTagsMax));
  for (const auto& [key, value] : tags)
    if (key.starts_with("aws:"))
      return api::errors::InvalidArgumentException(
          fmt::format("The tag key '{}' begins with aws:, which is reserved.", key));
  return {};
}

aws::Outcome<api::AddTagsToStreamResponse> Kinesis::AddTagsToStream(aws::Call& call,
                                                                    const api::AddTagsToStreamInput& input) {
  TRY(change_stream(call, input, [&](StreamResource& stream) {
    for (const auto& [key, value] : input.Tags) stream.tags[key] = value;
    return check_tags(stream.tags);
  }));
  return api::AddTagsToStreamResponse();
}

aws::Outcome<api::RemoveTagsFromStreamResponse> Kinesis::RemoveTagsFromStream(
    aws::Call& call, const api::RemoveTagsFromStreamInput& input) {
  TRY(change_stream(call, input, [&](StreamResource& stream) -> aws::Outcome<void> {
    for (const std::string& key : input.TagKeys) stream.tags.erase(key);
    return {};
  }));
  return api::RemoveTagsFromStreamResponse();
}

aws::Outcome<api::ListTagsForStreamOutput> Kinesis::ListTagsForStream(
    aws::Call& call, const api::ListTagsForStreamInput& input) {
  const StreamResource stream = TRY(this->stream(call, input)).value;
  const auto most = static_cast<std::size_t>(input.Limit.value_or(kTagsPerPage));
  api::ListTagsForStreamOutput out;
  auto at =
      input.ExclusiveStartTagKey ? stream.tags.upper_bound(*input.ExclusiveStartTagKey) : stream.tags.begin();
  for (; at != stream.tags.end() && out.Tags.size() < most; ++at)
    out.Tags.push_back({.Key = at->first, .Value = at->second});
  out.HasMoreTags = at != stream.tags.end();
  return out;
}

}  // namespace meridian::services::kinesis
