// Every change of an alarm: one transaction with its line of history, and then the actions of its new state.
// Rules: a state belongs to the settings it was found with, so an alarm that was put anew meanwhile keeps its
// state; of an action there is a line of history in the end, whether it was carried out or not.
#pragma once

#include <string>
#include <vector>

#include "aws/stored.h"
#include "services/cloudwatch/resources.h"

namespace meridian::services::cloudwatch {

inline constexpr std::size_t kHistoryItemsMax = 20'000;  // of an account in a region
inline constexpr std::chrono::days kHistoryKept{30};
inline constexpr std::string_view kInitialReason = "Unchecked: Initial alarm creation";

// An action of a state that an alarm took.
struct AlarmAction {
  AlarmResource alarm;
  AlarmStateResource state;
  std::string action;  // ARN
  std::string subject, message;
};

// Who carries out actions.
class AlarmActions {
 public:
  virtual ~AlarmActions() = default;
  // Must be followed by record_action() when it is done or given up. Not taken: why not. Thread-safe.
  virtual Result<void> take(AlarmAction action) = 0;
};

struct StoredAlarm {
  aws::Stored<AlarmResource> alarm;
  aws::Stored<AlarmStateResource> state;
};
aws::Outcome<std::optional<StoredAlarm>> read_alarm(store::Store& store, std::string_view account,
                                                    std::string_view region, std::string_view name);

// Appends lines to the history of an account in a region, within its bounds.
aws::Outcome<void> add_history(store::Store& store, std::string_view account, std::string_view region,
                               const std::vector<AlarmHistoryResource>& items,
                               store::Transaction& transaction);
AlarmHistoryResource configuration_line(const AlarmResource& alarm, std::string_view type, SystemTime at);

struct NewState {
  AlarmValue value;
  std::string reason, reason_data;
  SystemTime at;
  store::Revision settings = 0;  // that it was found with; 0: any
};
// False: the alarm is gone, or has other settings by now. `actions` null: they fail.
aws::Outcome<bool> change_state(store::Store& store, AlarmActions* actions, std::string_view account,
                                std::string_view region, std::string_view name, const NewState& state);

// `error` "": it was carried out.
aws::Outcome<void> record_action(store::Store& store, const AlarmAction& action, std::string_view error,
                                 SystemTime at);

aws::Failure alarms_overtaken();

}  // namespace meridian::services::cloudwatch
