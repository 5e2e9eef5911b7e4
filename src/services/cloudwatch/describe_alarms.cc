// DescribeAlarms: by names, prefix, kind, state and action, page by page; and who depends on whom.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "gen/cloudwatch/errors.h"
#include "services/cloudwatch/alarm_input.h"
#include "services/cloudwatch/alarm_rule.h"
#include "services/cloudwatch/service.h"

namespace meridian::services::cloudwatch {
namespace {

constexpr std::int32_t kPerPage = 50;
constexpr std::size_t kReadAtOnce = 500;

struct Wanted {
  bool metric = true, composite = false;  // metric alarms are what is asked for by default
  std::optional<std::set<std::string>> names;
  std::string prefix, action_prefix;
  std::optional<AlarmValue> value;

  bool takes(const AlarmResource& alarm) const {
    if (alarm.composite() ? !composite : !metric) return false;
    if (names && !names->contains(alarm.name)) return false;
    if (action_prefix.empty()) return true;
    for (const auto value : {AlarmValue::Ok, AlarmValue::Alarm, AlarmValue::InsufficientData})
      if (std::ranges::any_of(alarm.actions(value),
                              [&](const std::string& arn) { return arn.starts_with(action_prefix); }))
        return true;
    return false;
  }
};

// Whose rule names whom, by name.
aws::Outcome<std::set<std::string>> children_of(const AlarmResource& alarm) {
  std::set<std::string> names;
  if (alarm.composite() == nullptr) return names;
  const auto rule = TRY(aws::or_failure(AlarmRule::parse(alarm.composite()->rule)));
  for (const std::string& written : rule.alarms())
    if (auto name = named_alarm(written, alarm.account, alarm.region)) names.insert(*std::move(name));
  return names;
}

aws::Outcome<Wanted> wanted_alarms(const api::DescribeAlarmsInput& input) {
  if (input.AlarmNames && input.AlarmNamePrefix)
    return api::errors::InvalidParameterCombinationException(
        "AlarmNames and AlarmNamePrefix are mutually exclusive and you have specified both.");
  Wanted wanted;
  if (input.AlarmTypes) {
    const auto has = [&](const char* type) { return std::ranges::count(*input.AlarmTypes, type) > 0; };
    wanted.metric = has("MetricAlarm");
    wanted.composite = has("CompositeAlarm");
  }
  if (input.AlarmNames) wanted.names.emplace(input.AlarmNames->begin(), input.AlarmNames->end());
  wanted.prefix = input.AlarmNamePrefix.value_or("");
  wanted.action_prefix = input.ActionPrefix.value_or("");
  if (input.StateValue) wanted.value = parse_alarm_value(*input.StateValue);
  return wanted;
}

}  // namespace

// Of the relatives of an alarm only what AWS tells of them: names, ARNs, and the states of children.
aws::Outcome<api::DescribeAlarmsOutput> CloudWatch::describe_relatives(
    const aws::Call& call, const api::DescribeAlarmsInput& input) {
  if (input.AlarmNames || input.AlarmNamePrefix || input.StateValue || input.ActionPrefix ||
      (input.ChildrenOfAlarmName && input.ParentsOfAlarmName))
    return api::errors::InvalidParameterCombinationException(
        "ChildrenOfAlarmName and ParentsOfAlarmName cannot be used with other parameters.");
  const bool children = input.ChildrenOfAlarmName.has_value();
  const std::string& of = children ? *input.ChildrenOfAlarmName : *input.ParentsOfAlarmName;
  std::set<std::string> names;
  const auto all = TRY(aws::or_failure(store_.range(alarms_prefix(call.account_id, call.region))));
  for (const auto& item : all.items) {
    const AlarmResource alarm = TRY(aws::or_failure(decode_alarm(item.value)));
    const auto below = TRY(children_of(alarm));
    if (children && alarm.name == of) names = below;
    if (!children && below.contains(of)) names.insert(alarm.name);
  }
  api::DescribeAlarmsOutput out;
  for (const std::string& name : names) {
    const auto stored = TRY(read_alarm(store_, call.account_id, call.region, name));
    if (!stored) continue;
    const auto show = [&](auto& list) {
      if (!list) list.emplace();
      auto& shown = list->emplace_back();
      shown.AlarmName = name;
      shown.AlarmArn = alarm_arn(stored->alarm.value);
      if (!children) return;
      shown.StateValue = std::string(to_string(stored->state.value.value));
      shown.StateUpdatedTimestamp = stored->state.value.updated_at;
    };
    if (stored->alarm.value.composite())
      show(out.CompositeAlarms);
    else
      show(out.MetricAlarms);
  }
  return out;
}

aws::Outcome<api::DescribeAlarmsOutput> CloudWatch::DescribeAlarms(aws::Call& call,
                                                                   const api::DescribeAlarmsInput& input) {
  if (input.ChildrenOfAlarmName || input.ParentsOfAlarmName) return describe_relatives(call, input);
  const Wanted wanted = TRY(wanted_alarms(input));
  const std::string all = alarms_prefix(call.account_id, call.region);
  std::string after;
  if (input.NextToken) {
    after = all + *input.NextToken;
    if (input.NextToken->empty() || !after.starts_with(all + wanted.prefix))
      return api::errors::InvalidNextToken("The value for parameter NextToken is invalid.");
  }
  std::size_t room = static_cast<std::size_t>(input.MaxRecords.value_or(kPerPage));
  api::DescribeAlarmsOutput out;
  out.MetricAlarms.emplace();
  out.CompositeAlarms.emplace();
  std::string last;
  for (bool more = true; more;) {
    const auto range =
        TRY(aws::or_failure(store_.range(all + wanted.prefix, {.limit = kReadAtOnce, .start_after = after})));
    more = range.more;
    for (const auto& item : range.items) {
      after = item.key;
      const AlarmResource alarm = TRY(aws::or_failure(decode_alarm(item.value)));
      if (!wanted.takes(alarm)) continue;
      const auto state = TRY(aws::read_or_default(
          store_, alarm_state_key(call.account_id, call.region, alarm.name), decode_alarm_state));
      if (wanted.value && *wanted.value != state.value.value) continue;
      if (room == 0) {
        out.NextToken = last;
        return out;
      }
      --room;
      last = alarm.name;
      if (alarm.composite())
        out.CompositeAlarms->push_back(shown_composite(alarm, state.value));
      else
        out.MetricAlarms->push_back(shown(alarm, state.value));
    }
  }
  return out;
}

}  // namespace meridian::services::cloudwatch
