// Tags of alarms; nothing else here can have any.
#include <fmt/format.h>

#include <algorithm>

#include "gen/cloudwatch/errors.h"
#include "services/cloudwatch/alarm_input.h"
#include "services/cloudwatch/alarm_rule.h"
#include "services/cloudwatch/service.h"

namespace meridian::services::cloudwatch {
namespace {

aws::Failure not_found(const std::string& arn) {
  api::ResourceNotFoundException error;
  error.ResourceType = "Alarm";
  error.ResourceId = arn;
  return api::errors::ResourceNotFoundException(error);
}

// The key of the alarm with that ARN, and the alarm.
aws::Outcome<std::pair<std::string, aws::Stored<AlarmResource>>> tagged(store::Store& store,
                                                                        const aws::Call& call,
                                                                        const std::string& arn) {
  if (!arn.starts_with("arn:"))
    return api::errors::InvalidParameterValueException(fmt::format("{} is not an ARN.", arn));
  const auto name = named_alarm(arn, call.account_id, call.region);
  if (!name) return not_found(arn);
  std::string key = alarm_key(call.account_id, call.region, *name);
  auto found = TRY(aws::read(store, key, decode_alarm));
  if (!found) return not_found(arn);
  return std::pair(std::move(key), *std::move(found));
}

template <typename Change>
aws::Outcome<void> change_tags(store::Store& store, const aws::Call& call, const std::string& arn,
                               Change change) {
  TRY(aws::commit_built(
      store,
      [&]() -> aws::Outcome<store::Transaction> {
        auto [key, alarm] = TRY(tagged(store, call, arn));
        change(alarm.value.tags);
        if (alarm.value.tags.size() > kAlarmTagsMax)
          return api::errors::InvalidParameterValueException(
              fmt::format("An alarm can have at most {} tags.", kAlarmTagsMax));
        store::Transaction transaction;
        transaction.preconditions = {{key, alarm.modified}};
        transaction.puts.push_back({key, encode(alarm.value)});
        return transaction;
      },
      alarms_overtaken()));
  return {};
}

}  // namespace

aws::Outcome<api::TagResourceOutput> CloudWatch::TagResource(aws::Call& call,
                                                             const api::TagResourceInput& input) {
  const auto added = TRY(checked_tags(input.Tags));
  TRY(change_tags(store_, call, input.ResourceARN, [&](auto& tags) {
    for (const auto& [key, value] : added) {
      const auto same = std::ranges::find(tags, key, [](const auto& each) { return each.first; });
      if (same != tags.end())
        same->second = value;
      else
        tags.emplace_back(key, value);
    }
  }));
  return api::TagResourceOutput();
}

aws::Outcome<api::UntagResourceOutput> CloudWatch::UntagResource(aws::Call& call,
                                                                 const api::UntagResourceInput& input) {
  TRY(change_tags(store_, call, input.ResourceARN, [&](auto& tags) {
    std::erase_if(tags, [&](const auto& tag) { return std::ranges::count(input.TagKeys, tag.first) > 0; });
  }));
  return api::UntagResourceOutput();
}

aws::Outcome<api::ListTagsForResourceOutput> CloudWatch::ListTagsForResource(
    aws::Call& call, const api::ListTagsForResourceInput& input) {
  const auto [key, alarm] = TRY(tagged(store_, call, input.ResourceARN));
  api::ListTagsForResourceOutput out;
  out.Tags.emplace();
  for (const auto& [name, value] : alarm.value.tags) out.Tags->push_back({name, value});
  return out;
}

}  // namespace meridian::services::cloudwatch
