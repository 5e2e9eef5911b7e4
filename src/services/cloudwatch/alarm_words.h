// What AWS says of an alarm, in its words and formats: why a state is what it is, the lines of its history,
// and the notification that its actions send. Tools read all of these.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "services/cloudwatch/resources.h"

namespace meridian::services::cloudwatch {

// As Java prints a double: 1.0, 0.001, 1.0E7.
std::string java_number(double value);
// 2026-11-21T14:00:00.000+0000
std::string message_time(SystemTime time);

// Of a metric alarm that was evaluated, with `values` the last ones, the newest last. `to` is Ok or Alarm.
std::string threshold_reason(const store::ThresholdRule& rule, const store::Evaluation& evaluation,
                             std::span<const std::optional<store::MetricValue>> values, AlarmValue to);
std::string insufficient_data_reason(const store::Evaluation& evaluation);
// JSON.
std::string reason_data(const MetricAlarmSettings& settings, const store::Evaluation& evaluation,
                        std::span<const std::optional<store::MetricValue>> values, SystemTime asked,
                        std::chrono::seconds period);

// A composite alarm, of which `child` took that state.
std::string composite_reason(std::string_view child_arn, AlarmValue value, SystemTime at);
std::string composite_reason_data(std::string_view child_arn, AlarmValue value, SystemTime at);

// The data of a line of history. JSON.
std::string state_update_data(const AlarmStateResource& before, const AlarmStateResource& after);
std::string configuration_data(const AlarmResource& alarm, std::string_view type);  // Create, Update, Delete
// `error` "": it was carried out.
std::string action_data(const AlarmResource& alarm, const AlarmStateResource& state, std::string_view action,
                        std::string_view message, std::string_view error);

// What SNS would deliver: the subject, and the message as JSON.
std::string notification_subject(const AlarmResource& alarm, AlarmValue value);
std::string notification_message(const AlarmResource& alarm, AlarmValue before,
                                 const AlarmStateResource& state);

}  // namespace meridian::services::cloudwatch
