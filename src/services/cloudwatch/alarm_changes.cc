#include "services/cloudwatch/alarm_changes.h"

#include <fmt/format.h>

#include "gen/cloudwatch/errors.h"
#include "services/cloudwatch/alarm_words.h"

namespace meridian::services::cloudwatch {
namespace {

namespace errors = gen::cloudwatch::errors;
using Kind = AlarmHistoryResource::Kind;

constexpr std::size_t kForgottenAtOnceMax = 8;  // lines that became too old, beside one that is added
constexpr std::string_view kNobodyToAct =
    "This server has nobody to carry out actions: it was started without --alarm-webhook.";

AlarmHistoryResource action_line(const AlarmAction& action, std::string_view error, SystemTime at) {
  return {action.alarm.name,
          action.alarm.composite() != nullptr,
          Kind::Action,
          at,
          fmt::format("{} action {}", error.empty() ? "Successfully executed" : "Failed to execute",
                      action.action),
          action_data(action.alarm, action.state, action.action, action.message, error)};
}

}  // namespace

aws::Failure alarms_overtaken() {
  return errors::InternalServiceFault("Other calls changed the alarms at the same time.");
}

aws::Outcome<std::optional<StoredAlarm>> read_alarm(store::Store& store, std::string_view account,
                                                    std::string_view region, std::string_view name) {
  auto alarm = TRY(aws::read(store, alarm_key(account, region, name), decode_alarm));
  if (!alarm) return std::nullopt;
  auto state = TRY(aws::read_or_default(store, alarm_state_key(account, region, name), decode_alarm_state));
  return StoredAlarm{*std::move(alarm), std::move(state)};
}

aws::Outcome<void> add_history(store::Store& store, std::string_view account, std::string_view region,
                               const std::vector<AlarmHistoryResource>& items,
                               store::Transaction& transaction) {
  if (items.empty()) return {};
  const std::string ends_key = alarm_history_ends_key(account, region);
  auto ends = TRY(aws::read_or_default(store, ends_key, decode_alarm_history_ends));
  AlarmHistoryEnds& numbers = ends.value;
  const auto forget_first = [&] {
    transaction.deletes.push_back(alarm_history_key(account, region, numbers.first++));
  };
  for (std::size_t i = 0; i < kForgottenAtOnceMax && numbers.first < numbers.next; ++i) {
    const auto oldest =
        TRY(aws::read(store, alarm_history_key(account, region, numbers.first), decode_alarm_history));
    if (oldest && oldest->value.at >= items.back().at - kHistoryKept) break;
    forget_first();
  }
  for (const AlarmHistoryResource& item : items) {
    if (numbers.next - numbers.first == kHistoryItemsMax) forget_first();
    transaction.puts.push_back({alarm_history_key(account, region, numbers.next++), encode(item)});
  }
  transaction.preconditions.push_back({ends_key, ends.modified});
  transaction.puts.push_back({ends_key, encode(numbers)});
  return {};
}

AlarmHistoryResource configuration_line(const AlarmResource& alarm, std::string_view type, SystemTime at) {
  const std::string_view done = type == "Create" ? "created" : type == "Update" ? "updated" : "deleted";
  return {alarm.name,
          alarm.composite() != nullptr,
          Kind::ConfigurationUpdate,
          at,
          fmt::format("Alarm \"{}\" {}", alarm.name, done),
          configuration_data(alarm, type)};
}

aws::Outcome<bool> change_state(store::Store& store, AlarmActions* actions, std::string_view account,
                                std::string_view region, std::string_view name, const NewState& to) {
  std::vector<AlarmAction> to_take;
  bool changed = false;
  const auto build = [&]() -> aws::Outcome<store::Transaction> {
    to_take.clear();
    changed = false;
    auto stored = TRY(read_alarm(store, account, region, name));
    store::Transaction transaction;
    if (!stored || (to.settings != 0 && to.settings != stored->alarm.modified)) return transaction;
    changed = true;
    const AlarmResource& alarm = stored->alarm.value;
    const AlarmStateResource& before = stored->state.value;
    const bool moves = before.value != to.value;
    const AlarmStateResource after{to.value, to.reason, to.reason_data, to.at,
                                   moves ? to.at : before.transitioned_at};
    const std::string state_key = alarm_state_key(account, region, name);
    transaction.preconditions = {{alarm_key(account, region, name), stored->alarm.modified},
                                 {state_key, stored->state.modified}};
    transaction.puts.push_back({state_key, encode(after)});
    if (!moves) return transaction;
    std::vector<AlarmHistoryResource> lines{
        {alarm.name, alarm.composite() != nullptr, Kind::StateUpdate, to.at,
         fmt::format("Alarm updated from {} to {}", to_string(before.value), to_string(to.value)),
         state_update_data(before, after)}};
    if (alarm.actions_enabled)
      for (const std::string& arn : alarm.actions(to.value)) {
        AlarmAction action{alarm, after, arn, notification_subject(alarm, to.value),
                           notification_message(alarm, before.value, after)};
        if (actions != nullptr)
          to_take.push_back(std::move(action));
        else
          lines.push_back(action_line(action, kNobodyToAct, to.at));
      }
    TRY(add_history(store, account, region, lines, transaction));
    return transaction;
  };
  TRY(aws::commit_built(store, build, alarms_overtaken()));
  for (const AlarmAction& action : to_take)
    if (auto taken = actions->take(action); !taken)
      TRY(record_action(store, action, taken.error().message, to.at));
  return changed;
}

aws::Outcome<void> record_action(store::Store& store, const AlarmAction& action, std::string_view error,
                                 SystemTime at) {
  TRY(aws::commit_built(
      store,
      [&]() -> aws::Outcome<store::Transaction> {
        store::Transaction transaction;
        TRY(add_history(store, action.alarm.account, action.alarm.region, {action_line(action, error, at)},
                        transaction));
        return transaction;
      },
      alarms_overtaken()));
  return {};
}

}  // namespace meridian::services::cloudwatch
