// What all calls about alarms check, and how alarms are shown.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gen/cloudwatch/types.h"
#include "services/cloudwatch/alarm_changes.h"

namespace meridian::services::cloudwatch {

namespace api = gen::cloudwatch;

inline constexpr std::size_t kAlarmsMax = 5000;  // of an account in a region
inline constexpr std::size_t kAlarmTagsMax = 50;

aws::Failure invalid_alarm(std::string message);  // ValidationError

aws::Outcome<void> check_alarm_name(std::string_view name);
aws::Outcome<void> check_actions(const std::optional<std::vector<std::string>>& arns,
                                 std::string_view member);
aws::Outcome<std::vector<std::pair<std::string, std::string>>> checked_tags(
    const std::optional<std::vector<api::Tag>>& tags);

// The alarm as it will be stored; an alarm of the other kind with its name is refused, as is one too many.
// What is put again keeps its state and its tags. `depends_on` says, at every attempt, what must not change
// meanwhile.
using DependsOn = std::function<aws::Outcome<std::vector<store::Precondition>>()>;
aws::Outcome<void> put_alarm(store::Store& store, AlarmResource alarm, SystemTime at,
                             const DependsOn& depends_on = {});

api::MetricAlarm shown(const AlarmResource& alarm, const AlarmStateResource& state);
api::CompositeAlarm shown_composite(const AlarmResource& alarm, const AlarmStateResource& state);

}  // namespace meridian::services::cloudwatch
