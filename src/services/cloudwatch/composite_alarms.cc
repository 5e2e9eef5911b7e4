// PutCompositeAlarm: a rule over alarms that exist, none of which depends on this one.
#include <fmt/format.h>

#include <set>

#include "gen/cloudwatch/errors.h"
#include "services/cloudwatch/alarm_input.h"
#include "services/cloudwatch/alarm_rule.h"
#include "services/cloudwatch/service.h"

namespace meridian::services::cloudwatch {
namespace {

aws::Outcome<AlarmRule> checked_rule(std::string_view text) {
  auto rule = AlarmRule::parse(text);
  if (!rule) return invalid_alarm("AlarmRule is not valid: " + rule.error().message);
  return *std::move(rule);
}

// Walks everything the rule depends on, and keeps what was seen on the way as preconditions, so that two
// calls at once cannot make a circle that neither sees.
class Dependencies {
 public:
  Dependencies(store::Store& store, const aws::Call& call, std::string_view alarm)
      : store_(store), call_(call), alarm_(alarm) {}

  aws::Outcome<void> walk(const AlarmRule& rule, std::size_t depth = 1) {
    if (depth > kCompositeDepthMax)
      return invalid_alarm(fmt::format("Composite alarms can be nested {} deep.", kCompositeDepthMax));
    std::vector<std::string> missing;
    for (const std::string& written : rule.alarms()) {
      const auto name = named_alarm(written, call_.account_id, call_.region);
      if (name && *name == alarm_)
        return invalid_alarm(fmt::format(
            "Could not save the composite alarm as its alarm rule depends on itself, through {}.", written));
      if (name && seen_.contains(*name)) continue;
      const std::string key = alarm_key(call_.account_id, call_.region, name.value_or(""));
      const auto found = TRY(aws::read(store_, key, decode_alarm));
      if (!name || !found) {
        missing.push_back(written);
        continue;
      }
      seen_.insert(*name);
      preconditions_.push_back({key, found->modified});
      if (const auto* composite = found->value.composite())
        TRY(walk(TRY(checked_rule(composite->rule)), depth + 1));
    }
    if (missing.empty()) return {};
    return invalid_alarm(
        fmt::format("Could not save the composite alarm as alarms [{}] in the alarm rule do not exist.",
                    fmt::join(missing, ", ")));
  }
  const std::vector<store::Precondition>& preconditions() const { return preconditions_; }

 private:
  store::Store& store_;
  const aws::Call& call_;
  std::string_view alarm_;
  std::set<std::string, std::less<>> seen_;
  std::vector<store::Precondition> preconditions_;
};

}  // namespace

aws::Outcome<api::PutCompositeAlarmResponse> CloudWatch::PutCompositeAlarm(
    aws::Call& call, const api::PutCompositeAlarmInput& input) {
  TRY(check_alarm_name(input.AlarmName));
  if (input.ActionsSuppressor || input.ActionsSuppressorWaitPeriod || input.ActionsSuppressorExtensionPeriod)
    return invalid_alarm("The suppression of actions does not exist here.");
  TRY(check_actions(input.OKActions, "OKActions"));
  TRY(check_actions(input.AlarmActions, "AlarmActions"));
  TRY(check_actions(input.InsufficientDataActions, "InsufficientDataActions"));
  const AlarmRule rule = TRY(checked_rule(input.AlarmRule));

  AlarmResource alarm{.account = call.account_id, .region = call.region, .name = input.AlarmName};
  alarm.description = input.AlarmDescription;
  alarm.actions_enabled = input.ActionsEnabled.value_or(true);
  alarm.ok_actions = input.OKActions.value_or(std::vector<std::string>());
  alarm.alarm_actions = input.AlarmActions.value_or(std::vector<std::string>());
  alarm.insufficient_data_actions = input.InsufficientDataActions.value_or(std::vector<std::string>());
  alarm.tags = TRY(checked_tags(input.Tags));
  alarm.settings = CompositeAlarmSettings{input.AlarmRule};
  TRY(put_alarm(store_, std::move(alarm), call.time, [&]() -> aws::Outcome<std::vector<store::Precondition>> {
    Dependencies dependencies(store_, call, input.AlarmName);
    TRY(dependencies.walk(rule));
    return dependencies.preconditions();
  }));
  return api::PutCompositeAlarmResponse();
}

}  // namespace meridian::services::cloudwatch
