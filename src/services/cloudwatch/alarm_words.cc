#include "services/cloudwatch/alarm_words.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "formats/json/json.h"
#include "formats/regions/regions.h"
#include "store/series/statistic.h"

namespace meridian::services::cloudwatch {
namespace {

using Values = std::span<const std::optional<store::MetricValue>>;
using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kValuesShownMax = 5;  // of a reason; all of them are in its data

std::string_view relation(store::Comparison comparison) {
  switch (comparison) {
    case store::Comparison::GreaterThanOrEqualToThreshold:
      return "greater than or equal to";
    case store::Comparison::GreaterThanThreshold:
      return "greater than";
    case store::Comparison::LessThanThreshold:
      return "less than";
    case store::Comparison::LessThanOrEqualToThreshold:
      return "less than or equal to";
  }
  return "";
}

std::string plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

void put(json::Writer& out, std::string_view key, std::string_view value) {
  out.key(key);
  out.string(value);
}
void put(json::Writer& out, std::string_view key, const std::vector<std::string>& values) {
  out.key(key);
  out.begin_array();
  for (const std::string& each : values) out.string(each);
  out.end_array();
}
void put_or_null(json::Writer& out, std::string_view key, const std::optional<std::string>& value) {
  out.key(key);
  if (value)
    out.string(*value);
  else
    out.null();
}

std::string_view region_name(std::string_view code) {
  const auto index = regions::find(code);
  return index == regions::kNoRegion ? code : regions::all()[index].name;
}

// In messages the five basic statistics are in capitals.
std::string shouted(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

void put_metric(json::Writer& out, const store::MetricQuery& query) {
  put(out, "MetricName", query.metric.metric);
  put(out, "Namespace", query.metric.name_space);
  const bool basic = store::Statistic::parse_basic(query.statistic).has_value();
  put(out, "StatisticType", basic ? "Statistic" : "ExtendedStatistic");
  put(out, basic ? "Statistic" : "ExtendedStatistic", basic ? shouted(query.statistic) : query.statistic);
  put_or_null(out, "Unit", query.metric.unit.empty() ? std::nullopt : std::optional(query.metric.unit));
  out.key("Dimensions");
  out.begin_array();
  for (const auto& [name, value] : query.metric.dimensions) {
    out.begin_object();
    put(out, "value", value);
    put(out, "name", name);
    out.end_object();
  }
  out.end_array();
}

void put_queries(json::Writer& out, const std::vector<AlarmQuery>& queries) {
  out.key("Metrics");
  out.begin_array();
  for (const AlarmQuery& query : queries) {
    out.begin_object();
    put(out, "Id", query.id);
    if (!query.expression.empty()) put(out, "Expression", query.expression);
    if (query.label) put(out, "Label", *query.label);
    if (query.metric) {
      out.key("MetricStat");
      out.begin_object();
      out.key("Metric");
      out.begin_object();
      put_metric(out, *query.metric);
      out.end_object();
      out.key("Period");
      out.integer(query.metric->period.count());
      put(out, "Stat", query.metric->statistic);
      out.end_object();
    }
    out.key("ReturnData");
    out.boolean(query.return_data.value_or(true));
    out.end_object();
  }
  out.end_array();
}

void put_trigger(json::Writer& out, const MetricAlarmSettings& settings) {
  out.key("Trigger");
  out.begin_object();
  if (settings.metric) {
    put_metric(out, *settings.metric);
    out.key("Period");
    out.integer(settings.metric->period.count());
  } else {
    put_queries(out, settings.queries);
  }
  out.key("EvaluationPeriods");
  out.integer(settings.rule.evaluation_periods);
  if (settings.datapoints_to_alarm) {
    out.key("DatapointsToAlarm");
    out.integer(*settings.datapoints_to_alarm);
  }
  put(out, "ComparisonOperator", to_string(settings.rule.comparison));
  out.key("Threshold");
  out.number(settings.rule.threshold);
  put(out, "TreatMissingData", settings.treat_missing_data);
  put(out, "EvaluateLowSampleCountPercentile", settings.evaluate_low_sample_count_percentile);
  out.end_object();
}

void put_state(json::Writer& out, std::string_view key, const AlarmStateResource& state) {
  out.key(key);
  out.begin_object();
  put(out, "stateValue", to_string(state.value));
  put(out, "stateReason", state.reason);
  if (const auto data = json::parse(state.reason_data)) {
    out.key("stateReasonData");
    out.value(*data);
  }
  out.end_object();
}

}  // namespace

std::string java_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  const double size = std::abs(value);
  char buffer[64];
  if (value == 0 || (size >= 1e-3 && size < 1e7)) {
    const auto end = std::to_chars(buffer, std::end(buffer), value, std::chars_format::fixed).ptr;
    std::string out(buffer, end);
    return out.find('.') == std::string::npos ? out + ".0" : out;
  }
  const auto end = std::to_chars(buffer, std::end(buffer), value, std::chars_format::scientific).ptr;
  const std::string text(buffer, end);
  const std::size_t e = text.find('e');
  std::string digits = text.substr(0, e);
  if (digits.find('.') == std::string::npos) digits += ".0";
  return fmt::format("{}E{}", digits, std::stoi(text.substr(e + 1)));
}

std::string message_time(SystemTime time) {
  const auto at = floor<milliseconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}+0000",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(floor<seconds>(at))),
                     (at - floor<seconds>(at)).count());
}

std::string threshold_reason(const store::ThresholdRule& rule, const store::Evaluation& evaluation,
                             Values values, AlarmValue to) {
  const bool alarm = to == AlarmValue::Alarm;
  const std::string threshold = fmt::format("the threshold ({})", java_number(rule.threshold));
  const std::string filled =
      fmt::format("{} treated as [{}]",
                  evaluation.filled == 1 ? "1 missing datapoint was"
                                         : fmt::format("{} missing datapoints were", evaluation.filled),
                  rule.missing == store::MissingData::Breaching ? "Breaching" : "NonBreaching");
  const bool counts_missing = evaluation.filled > 0 && (rule.missing == store::MissingData::Breaching ||
                                                        rule.missing == store::MissingData::NotBreaching);
  if (evaluation.evaluated.empty())
    return fmt::format("Threshold Crossed: no datapoints were received for {} and {}.",
                       plural(rule.evaluation_periods, "period"), filled);

  std::vector<std::string> shown;
  std::size_t crossed = 0;
  for (const std::size_t index : evaluation.evaluated) {
    if (rule.breaks(values[index]->value) != alarm) continue;
    if (++crossed > kValuesShownMax) continue;
    const auto time = std::chrono::system_clock::to_time_t(floor<seconds>(values[index]->start));
    shown.push_back(
        fmt::format("{} ({:%d/%m/%y %H:%M:%S})", java_number(values[index]->value), fmt::gmtime(time)));
  }
  const std::size_t least =
      alarm ? rule.datapoints_to_alarm : rule.evaluation_periods - rule.datapoints_to_alarm + 1;
  const std::string minimum = fmt::format(" (minimum {} for {} transition).", plural(least, "datapoint"),
                                          alarm ? "OK -> ALARM" : "ALARM -> OK");
  if (crossed == 0) return "Threshold Crossed: " + filled + minimum;
  std::string out = fmt::format("Threshold Crossed: {} out of the last {} datapoints ", crossed,
                                evaluation.evaluated.size());
  const std::string was = fmt::format("{} {}{} {}", crossed == 1 ? "was" : "were", alarm ? "" : "not ",
                                      relation(rule.comparison), threshold);
  if (crossed <= kValuesShownMax)
    out += fmt::format("[{}] {}", fmt::join(shown, ", "), was);
  else
    out = fmt::format("{}{}. The most recent datapoints which crossed the threshold: [{}]", out, was,
                      fmt::join(shown, ", "));
  if (counts_missing) out += " and " + filled;
  return out + minimum;
}

std::string insufficient_data_reason(const store::Evaluation& evaluation) {
  return fmt::format("Insufficient Data: {} {} unknown.", plural(evaluation.filled, "datapoint"),
                     evaluation.filled == 1 ? "was" : "were");
}

std::string reason_data(const MetricAlarmSettings& settings, const store::Evaluation& evaluation,
                        Values values, SystemTime asked, std::chrono::seconds period) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  put(out, "version", "1.0");
  put(out, "queryDate", message_time(asked));
  if (!evaluation.evaluated.empty())
    put(out, "startDate", message_time(values[evaluation.evaluated.back()]->start));
  if (settings.metric) {
    put(out, "statistic", settings.metric->statistic);
    if (!settings.metric->metric.unit.empty()) put(out, "unit", settings.metric->metric.unit);
  }
  out.key("period");
  out.integer(period.count());
  out.key("recentDatapoints");
  out.begin_array();
  for (auto at = evaluation.evaluated.rbegin(); at != evaluation.evaluated.rend(); ++at)
    out.number(values[*at]->value);
  out.end_array();
  out.key("threshold");
  out.number(settings.rule.threshold);
  out.key("evaluatedDatapoints");
  out.begin_array();
  for (const std::size_t index : evaluation.evaluated) {
    out.begin_object();
    put(out, "timestamp", message_time(values[index]->start));
    if (settings.metric) {
      out.key("sampleCount");
      out.number(values[index]->sample_count);
    }
    out.key("value");
    out.number(values[index]->value);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return text;
}

std::string composite_reason(std::string_view child_arn, AlarmValue value, SystemTime at) {
  return fmt::format("{} transitioned to {} at {:%A %d %B, %Y %H:%M:%S} UTC", child_arn, to_string(value),
                     fmt::gmtime(std::chrono::system_clock::to_time_t(floor<seconds>(at))));
}

std::string composite_reason_data(std::string_view child_arn, AlarmValue value, SystemTime at) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  out.key("triggeringAlarms");
  out.begin_array();
  out.begin_object();
  put(out, "arn", child_arn);
  out.key("state");
  out.begin_object();
  put(out, "value", to_string(value));
  put(out, "timestamp", message_time(at));
  out.end_object();
  out.end_object();
  out.end_array();
  out.end_object();
  return text;
}

std::string state_update_data(const AlarmStateResource& before, const AlarmStateResource& after) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  put(out, "version", "1.0");
  put_state(out, "oldState", before);
  put_state(out, "newState", after);
  out.end_object();
  return text;
}

std::string configuration_data(const AlarmResource& alarm, std::string_view type) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  put(out, "version", "1.0");
  put(out, "type", type);
  out.key(type == "Create" ? "createdAlarm" : type == "Update" ? "updatedAlarm" : "deletedAlarm");
  out.begin_object();
  put(out, "alarmName", alarm.name);
  put(out, "alarmArn", alarm_arn(alarm));
  if (alarm.description) put(out, "description", *alarm.description);
  out.key("actionsEnabled");
  out.boolean(alarm.actions_enabled);
  put(out, "okActions", alarm.ok_actions);
  put(out, "alarmActions", alarm.alarm_actions);
  put(out, "insufficientDataActions", alarm.insufficient_data_actions);
  put(out, "alarmConfigurationUpdatedTimestamp", message_time(alarm.updated_at));
  if (const auto* composite = alarm.composite())
    put(out, "alarmRule", composite->rule);
  else
    put_trigger(out, *alarm.metric());
  out.end_object();
  out.end_object();
  return text;
}

std::string action_data(const AlarmResource& alarm, const AlarmStateResource& state, std::string_view action,
                        std::string_view message, std::string_view error) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  put(out, "actionState", error.empty() ? "Succeeded" : "Failed");
  out.key("stateUpdateTimestamp");
  out.integer(floor<milliseconds>(state.updated_at).time_since_epoch().count());
  put(out, "notificationResource", action);
  put(out, "alarmArn", alarm_arn(alarm));
  if (error.empty())
    put(out, "publishedMessage", message);
  else
    put(out, "error", error);
  out.end_object();
  return text;
}

std::string notification_subject(const AlarmResource& alarm, AlarmValue value) {
  return fmt::format("{}: \"{}\" in {}", to_string(value), alarm.name, region_name(alarm.region));
}

std::string notification_message(const AlarmResource& alarm, AlarmValue before,
                                 const AlarmStateResource& state) {
  std::string text;
  json::Writer out(text);
  out.begin_object();
  put(out, "AlarmName", alarm.name);
  put_or_null(out, "AlarmDescription", alarm.description);
  put(out, "AWSAccountId", alarm.account);
  put(out, "AlarmConfigurationUpdatedTimestamp", message_time(alarm.updated_at));
  put(out, "NewStateValue", to_string(state.value));
  put(out, "NewStateReason", state.reason);
  put(out, "StateChangeTime", message_time(state.updated_at));
  put(out, "Region", region_name(alarm.region));
  put(out, "AlarmArn", alarm_arn(alarm));
  put(out, "OldStateValue", to_string(before));
  put(out, "OKActions", alarm.ok_actions);
  put(out, "AlarmActions", alarm.alarm_actions);
  put(out, "InsufficientDataActions", alarm.insufficient_data_actions);
  if (const auto* composite = alarm.composite())
    put(out, "AlarmRule", composite->rule);
  else
    put_trigger(out, *alarm.metric());
  out.end_object();
  return text;
}

}  // namespace meridian::services::cloudwatch
