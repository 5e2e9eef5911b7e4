// What can be done to alarms of either kind: deleting, setting their state, switching their actions.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "formats/json/json.h"
#include "gen/cloudwatch/errors.h"
#include "services/cloudwatch/alarm_input.h"
#include "services/cloudwatch/alarm_rule.h"
#include "services/cloudwatch/service.h"

namespace meridian::services::cloudwatch {
namespace {

aws::Outcome<void> check_names(const std::vector<std::string>& names) {
  for (const std::string& name : names) TRY(check_alarm_name(name));
  return {};
}

// An alarm that a composite one, which stays, depends on.
aws::Outcome<void> refuse_needed(store::Store& store, const aws::Call& call,
                                 const std::set<std::string>& deleted) {
  const auto all = TRY(aws::or_failure(store.range(alarms_prefix(call.account_id, call.region))));
  for (const auto& item : all.items) {
    const AlarmResource alarm = TRY(aws::or_failure(decode_alarm(item.value)));
    if (alarm.composite() == nullptr || deleted.contains(alarm.name)) continue;
    const auto rule = TRY(aws::or_failure(AlarmRule::parse(alarm.composite()->rule)));
    for (const std::string& written : rule.alarms())
      if (const auto name = named_alarm(written, call.account_id, call.region);
          name && deleted.contains(*name))
        return invalid_alarm(
            fmt::format("Cannot delete {} as there are composite alarm(s) depending on it.", *name));
  }
  return {};
}

aws::Outcome<void> switch_actions(store::Store& store, const aws::Call& call,
                                  const std::vector<std::string>& names, bool enabled) {
  TRY(check_names(names));
  const std::set<std::string> each(names.begin(), names.end());
  TRY(aws::commit_built(
      store,
      [&]() -> aws::Outcome<store::Transaction> {
        store::Transaction transaction;
        std::vector<AlarmHistoryResource> lines;
        for (const std::string& name : each) {
          const std::string key = alarm_key(call.account_id, call.region, name);
          auto found = TRY(aws::read(store, key, decode_alarm));
          if (!found || found->value.actions_enabled == enabled) continue;
          found->value.actions_enabled = enabled;
          found->value.updated_at = call.time;
          transaction.preconditions.push_back({key, found->modified});
          transaction.puts.push_back({key, encode(found->value)});
          lines.push_back(configuration_line(found->value, "Update", call.time));
        }
        TRY(add_history(store, call.account_id, call.region, lines, transaction));
        return transaction;
      },
      alarms_overtaken()));
  return {};
}

}  // namespace

// Names of alarms that do not exist are passed over, as AWS does.
aws::Outcome<api::DeleteAlarmsResponse> CloudWatch::DeleteAlarms(aws::Call& call,
                                                                 const api::DeleteAlarmsInput& input) {
  TRY(check_names(input.AlarmNames));
  const std::set<std::string> names(input.AlarmNames.begin(), input.AlarmNames.end());
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        TRY(refuse_needed(store_, call, names));
        store::Transaction transaction;
        std::vector<AlarmHistoryResource> lines;
        std::size_t composites = 0;
        for (const std::string& name : names) {
          const std::string key = alarm_key(call.account_id, call.region, name);
          const auto found = TRY(aws::read(store_, key, decode_alarm));
          if (!found) continue;
          if (found->value.composite() != nullptr && ++composites > 1)
            return invalid_alarm("At most one composite alarm can be deleted in a call.");
          transaction.preconditions.push_back({key, found->modified});
          transaction.deletes.push_back(key);
          transaction.deletes.push_back(alarm_state_key(call.account_id, call.region, name));
          lines.push_back(configuration_line(found->value, "Delete", call.time));
        }
        TRY(add_history(store_, call.account_id, call.region, lines, transaction));
        return transaction;
      },
      alarms_overtaken()));
  return api::DeleteAlarmsResponse();
}

aws::Outcome<api::SetAlarmStateResponse> CloudWatch::SetAlarmState(aws::Call& call,
                                                                   const api::SetAlarmStateInput& input) {
  TRY(check_alarm_name(input.AlarmName));
  const auto value = parse_alarm_value(input.StateValue);
  if (!value)
    return invalid_alarm(fmt::format("The value {} for parameter StateValue is invalid.", input.StateValue));
  const std::string data = input.StateReasonData.value_or("");
  if (!data.empty() && !json::parse(data))
    return api::errors::InvalidFormatFault("StateReasonData must be JSON.");
  const bool found = TRY(change_state(store_, call.dry_run ? nullptr : actions_, call.account_id, call.region,
                                      input.AlarmName, {*value, input.StateReason, data, call.time}));
  if (!found) return api::errors::ResourceNotFound(fmt::format("Unknown alarm: {}", input.AlarmName));
  return api::SetAlarmStateResponse();
}

aws::Outcome<api::EnableAlarmActionsResponse> CloudWatch::EnableAlarmActions(
    aws::Call& call, const api::EnableAlarmActionsInput& input) {
  TRY(switch_actions(store_, call, input.AlarmNames, true));
  return api::EnableAlarmActionsResponse();
}

aws::Outcome<api::DisableAlarmActionsResponse> CloudWatch::DisableAlarmActions(
    aws::Call& call, const api::DisableAlarmActionsInput& input) {
  TRY(switch_actions(store_, call, input.AlarmNames, false));
  return api::DisableAlarmActionsResponse();
}

}  // namespace meridian::services::cloudwatch
