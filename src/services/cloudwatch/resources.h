// What CloudWatch keeps in the store beside its series: dashboards, alarms, their states and history. The one
// header of this room that others may include.
// Rule: keys hold account, region and name, so that one account's list is one range.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/series/metric_values.h"
#include "store/series/threshold.h"

namespace meridian::services::cloudwatch {

struct DashboardResource {
  std::string account;
  std::string name;
  std::string body;  // JSON, as it was put
  SystemTime modified_at;
};

std::string dashboards_prefix(std::string_view account);
std::string dashboard_key(std::string_view account, std::string_view name);
std::string dashboard_arn(const DashboardResource& dashboard);

std::string encode(const DashboardResource& dashboard);
Result<DashboardResource> decode_dashboard(std::string_view bytes);

// One of the queries of an alarm on metric math: a metric or an expression.
struct AlarmQuery {
  std::string id{};
  std::string expression{};                    // "": `metric`
  std::optional<store::MetricQuery> metric{};  // of the alarm's account and region
  std::optional<std::string> label{};
  std::optional<std::chrono::seconds> period{};  // of an expression
  std::optional<bool> return_data{};
  bool operator==(const AlarmQuery&) const = default;
};

struct MetricAlarmSettings {
  std::optional<store::MetricQuery> metric;  // either this, of the alarm's account and region,
  std::vector<AlarmQuery> queries;           // or these, exactly one of which returns data
  store::ThresholdRule rule;
  // As they were put; `rule` has what follows from them.
  std::optional<std::uint32_t> datapoints_to_alarm;
  std::string treat_missing_data, evaluate_low_sample_count_percentile;
  bool operator==(const MetricAlarmSettings&) const = default;

  std::chrono::seconds period() const;  // all metrics of an alarm have one
};

struct CompositeAlarmSettings {
  std::string rule;  // ALARM("a") AND NOT OK("b")
  bool operator==(const CompositeAlarmSettings&) const = default;
};

enum class AlarmValue : std::uint8_t { Ok, Alarm, InsufficientData };
std::string_view to_string(AlarmValue value);  // "INSUFFICIENT_DATA"
std::optional<AlarmValue> parse_alarm_value(std::string_view text);

struct AlarmResource {
  std::string account{}, region{}, name{};  // metric and composite alarms share their names
  std::optional<std::string> description{};
  bool actions_enabled = true;
  std::vector<std::string> ok_actions{}, alarm_actions{}, insufficient_data_actions{};  // ARNs
  std::vector<std::pair<std::string, std::string>> tags{};
  SystemTime updated_at{};
  std::variant<MetricAlarmSettings, CompositeAlarmSettings> settings{};

  const MetricAlarmSettings* metric() const { return std::get_if<MetricAlarmSettings>(&settings); }
  const CompositeAlarmSettings* composite() const { return std::get_if<CompositeAlarmSettings>(&settings); }
  const std::vector<std::string>& actions(AlarmValue value) const;
};

struct AlarmStateResource {
  AlarmValue value = AlarmValue::InsufficientData;
  std::string reason, reason_data;  // the latter JSON, or ""
  SystemTime updated_at, transitioned_at;
};

// What became of an alarm. Items are numbered in each account and region; the oldest make room.
struct AlarmHistoryResource {
  enum class Kind : std::uint8_t { ConfigurationUpdate, StateUpdate, Action };
  std::string alarm;
  bool composite = false;
  Kind kind = Kind::StateUpdate;
  SystemTime at;
  std::string summary, data;  // the latter JSON
};
struct AlarmHistoryEnds {
  std::uint64_t first = 0, next = 0;  // the numbers that there are: first, and up to next
};

inline constexpr std::string_view kAlarmsPrefix = "cloudwatch/alarm/";
inline constexpr std::string_view kAlarmStatesPrefix = "cloudwatch/alarm-state/";
std::string alarms_prefix(std::string_view account, std::string_view region);  // + name
std::string alarm_key(std::string_view account, std::string_view region, std::string_view name);
std::string alarm_state_key(std::string_view account, std::string_view region, std::string_view name);
std::string alarm_history_prefix(std::string_view account, std::string_view region);
// The newest stands first.
std::string alarm_history_key(std::string_view account, std::string_view region, std::uint64_t number);
std::string alarm_history_ends_key(std::string_view account, std::string_view region);
std::string alarm_arn(std::string_view account, std::string_view region, std::string_view name);
inline std::string alarm_arn(const AlarmResource& alarm) {
  return alarm_arn(alarm.account, alarm.region, alarm.name);
}

std::string encode(const AlarmResource& alarm);
std::string encode(const AlarmStateResource& state);
std::string encode(const AlarmHistoryResource& item);
std::string encode(const AlarmHistoryEnds& ends);
Result<AlarmResource> decode_alarm(std::string_view bytes);
Result<AlarmStateResource> decode_alarm_state(std::string_view bytes);
Result<AlarmHistoryResource> decode_alarm_history(std::string_view bytes);
Result<AlarmHistoryEnds> decode_alarm_history_ends(std::string_view bytes);

}  // namespace meridian::services::cloudwatch
