// PutMetricAlarm: what an alarm on a metric may be, with AWS's refusals, and DescribeAlarmsForMetric.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gen/cloudwatch/errors.h"
#include "services/cloudwatch/alarm_input.h"
#include "services/cloudwatch/metric_identity.h"
#include "services/cloudwatch/metric_queries.h"
#include "services/cloudwatch/service.h"
#include "store/series/statistic.h"

namespace meridian::services::cloudwatch {
namespace {

using std::chrono::seconds;
using store::Statistic;

constexpr std::size_t kDimensionsMax = 30, kMathMetricsMax = 10;
constexpr std::int64_t kSecondsMax = 86'400, kSecondsOfHoursMax = 7 * 86'400;

template <typename T>
aws::Outcome<T> required(const std::optional<T>& value, std::string_view member) {
  if (!value) return invalid_alarm(fmt::format("The parameter {} is required.", member));
  return *value;
}

aws::Outcome<seconds> checked_period(std::int32_t period) {
  if (period != 10 && period != 20 && period != 30 && (period < 60 || period % 60 != 0))
    return invalid_alarm("Period must be 10, 20, 30 or a multiple of 60.");
  return seconds(period);
}

aws::Outcome<store::MetricQuery> checked_metric(const aws::Call& call,
                                                const api::PutMetricAlarmInput& input) {
  if (input.Statistic && input.ExtendedStatistic)
    return invalid_alarm(
        "Statistic and ExtendedStatistic are mutually exclusive and you have specified both.");
  if (!input.Statistic && !input.ExtendedStatistic)
    return invalid_alarm("One of Statistic and ExtendedStatistic is required.");
  store::MetricQuery query;
  query.statistic = input.Statistic ? *input.Statistic : *input.ExtendedStatistic;
  const auto statistic =
      input.Statistic ? Statistic::parse_basic(query.statistic) : Statistic::parse_extended(query.statistic);
  if (!statistic)
    return invalid_alarm(fmt::format("The value {} for parameter {} is not supported.", query.statistic,
                                     input.Statistic ? "Statistic" : "ExtendedStatistic"));
  query.period = TRY(checked_period(TRY(required(input.Period, "Period"))));
  if (input.Dimensions && input.Dimensions->size() > kDimensionsMax)
    return invalid_alarm(
        fmt::format("The collection Dimensions must not have a size greater than {}.", kDimensionsMax));
  query.metric = series_id(call, TRY(required(input.Namespace, "Namespace")), *input.MetricName,
                           input.Dimensions, input.Unit.value_or(""));
  return query;
}

// The queries of an alarm on metric math: one of them is what is compared, all metrics have one period.
aws::Outcome<std::vector<AlarmQuery>> checked_queries(const aws::Call& call,
                                                      const api::PutMetricAlarmInput& input) {
  if (input.Statistic || input.ExtendedStatistic || input.Namespace || input.Dimensions || input.Period ||
      input.Unit)
    return invalid_alarm(
        "Metrics cannot be used with Statistic, ExtendedStatistic, Namespace, Dimensions, Period or Unit.");
  std::vector<AlarmQuery> queries;
  std::size_t returned = 0, metrics = 0;
  seconds period(0);
  for (const auto& each : *input.Metrics) {
    AlarmQuery query = TRY(checked_query(call, fmt::format("Metrics.member.{}", queries.size() + 1), each));
    if (query.return_data.value_or(true)) ++returned;
    if (query.metric) {
      ++metrics;
      (void)TRY(checked_period(static_cast<std::int32_t>(query.metric->period.count())));
      if (period != seconds(0) && period != query.metric->period)
        return invalid_alarm("Metrics: all metrics of an alarm must have the same period.");
      period = query.metric->period;
    }
    queries.push_back(std::move(query));
  }
  if (returned != 1) return invalid_alarm("Metrics: exactly one element must return data.");
  if (metrics == 0 || metrics > kMathMetricsMax)
    return invalid_alarm(fmt::format("Metrics: an alarm must have 1 to {} metrics.", kMathMetricsMax));
  if (const auto made = MetricQueries::of(queries); !made) return invalid_alarm(made.error().message);
  return queries;
}

aws::Outcome<store::ThresholdRule> checked_rule(const api::PutMetricAlarmInput& input) {
  store::ThresholdRule rule;
  const std::string comparison = TRY(required(input.ComparisonOperator, "ComparisonOperator"));
  const auto parsed = store::parse_comparison(comparison);
  if (!parsed)
    return invalid_alarm(
        fmt::format("ComparisonOperator {}: alarms on anomaly detection do not exist here.", comparison));
  rule.comparison = *parsed;
  rule.threshold = TRY(required(input.Threshold, "Threshold"));
  if (!std::isfinite(rule.threshold)) return invalid_alarm("Threshold must be a number.");
  rule.evaluation_periods =
      static_cast<std::uint32_t>(TRY(required(input.EvaluationPeriods, "EvaluationPeriods")));
  rule.datapoints_to_alarm = input.DatapointsToAlarm ? static_cast<std::uint32_t>(*input.DatapointsToAlarm)
                                                     : rule.evaluation_periods;
  if (rule.datapoints_to_alarm > rule.evaluation_periods)
    return invalid_alarm("DatapointsToAlarm must be less than or equal to EvaluationPeriods.");
  if (input.TreatMissingData) {
    const auto missing = store::parse_missing_data(*input.TreatMissingData);
    if (!missing)
      return invalid_alarm(fmt::format(
          "Option {} is not supported for TreatMissingData. Supported options for TreatMissingData are "
          "[breaching, notBreaching, ignore, missing].",
          *input.TreatMissingData));
    rule.missing = *missing;
  }
  return rule;
}

// How long an alarm may look back: a day, or a week with periods of an hour or more.
aws::Outcome<void> check_length(const store::ThresholdRule& rule, seconds period) {
  const bool hours = period >= std::chrono::hours(1);
  const std::int64_t most = hours ? kSecondsOfHoursMax : kSecondsMax;
  if (period.count() * rule.evaluation_periods <= most) return {};
  return invalid_alarm(
      fmt::format("Metrics cannot be checked across more than {} (EvaluationPeriods * Period must be <= {}).",
                  hours ? "a week" : "a day", most));
}

aws::Outcome<void> check_low_samples(const api::PutMetricAlarmInput& input) {
  const auto& option = input.EvaluateLowSampleCountPercentile;
  if (!option) return {};
  if (*option != "evaluate" && *option != "ignore")
    return invalid_alarm(
        fmt::format("Option {} is not supported for EvaluateLowSampleCountPercentile. Supported options for "
                    "EvaluateLowSampleCountPercentile are [evaluate, ignore].",
                    *option));
  if (!input.ExtendedStatistic || !input.ExtendedStatistic->starts_with('p'))
    return invalid_alarm("EvaluateLowSampleCountPercentile is only for alarms on a percentile.");
  return {};
}

aws::Outcome<void> refuse_absent(const api::PutMetricAlarmInput& input) {
  if (input.ThresholdMetricId) return invalid_alarm("Alarms on anomaly detection do not exist here.");
  if (input.EvaluationCriteria || input.EvaluationInterval)
    return invalid_alarm("Alarms on PromQL do not exist here.");
  if (input.MetricName && input.Metrics)
    return invalid_alarm("MetricName and Metrics are mutually exclusive and you have specified both.");
  if (!input.MetricName && !input.Metrics) return invalid_alarm("One of MetricName and Metrics is required.");
  return {};
}

}  // namespace

aws::Outcome<api::PutMetricAlarmResponse> CloudWatch::PutMetricAlarm(aws::Call& call,
                                                                     const api::PutMetricAlarmInput& input) {
  TRY(check_alarm_name(input.AlarmName));
  TRY(refuse_absent(input));
  TRY(check_actions(input.OKActions, "OKActions"));
  TRY(check_actions(input.AlarmActions, "AlarmActions"));
  TRY(check_actions(input.InsufficientDataActions, "InsufficientDataActions"));
  TRY(check_low_samples(input));
  MetricAlarmSettings settings;
  settings.rule = TRY(checked_rule(input));
  if (input.Metrics)
    settings.queries = TRY(checked_queries(call, input));
  else
    settings.metric = TRY(checked_metric(call, input));
  TRY(check_length(settings.rule, settings.period()));
  if (input.DatapointsToAlarm) settings.datapoints_to_alarm = settings.rule.datapoints_to_alarm;
  settings.treat_missing_data = input.TreatMissingData.value_or("");
  settings.evaluate_low_sample_count_percentile = input.EvaluateLowSampleCountPercentile.value_or("");

  AlarmResource alarm{.account = call.account_id, .region = call.region, .name = input.AlarmName};
  alarm.description = input.AlarmDescription;
  alarm.actions_enabled = input.ActionsEnabled.value_or(true);
  alarm.ok_actions = input.OKActions.value_or(std::vector<std::string>());
  alarm.alarm_actions = input.AlarmActions.value_or(std::vector<std::string>());
  alarm.insufficient_data_actions = input.InsufficientDataActions.value_or(std::vector<std::string>());
  alarm.tags = TRY(checked_tags(input.Tags));
  alarm.settings = std::move(settings);
  TRY(put_alarm(store_, std::move(alarm), call.time));
  return api::PutMetricAlarmResponse();
}

aws::Outcome<api::DescribeAlarmsForMetricOutput> CloudWatch::DescribeAlarmsForMetric(
    aws::Call& call, const api::DescribeAlarmsForMetricInput& input) {
  const store::SeriesId wanted =
      series_id(call, input.Namespace, input.MetricName, input.Dimensions, input.Unit.value_or(""));
  api::DescribeAlarmsForMetricOutput out;
  auto& alarms = out.MetricAlarms.emplace();
  const auto all = TRY(aws::or_failure(store_.range(alarms_prefix(call.account_id, call.region))));
  for (const auto& item : all.items) {
    const AlarmResource alarm = TRY(aws::or_failure(decode_alarm(item.value)));
    const auto* settings = alarm.metric();
    if (settings == nullptr || !settings->metric) continue;
    const store::MetricQuery& query = *settings->metric;
    store::SeriesId metric = query.metric;
    if (!input.Unit) metric.unit.clear();
    if (metric != wanted) continue;
    if (input.Statistic && *input.Statistic != query.statistic) continue;
    if (input.ExtendedStatistic && *input.ExtendedStatistic != query.statistic) continue;
    if (input.Period && seconds(*input.Period) != query.period) continue;
    const auto state = TRY(aws::read_or_default(
        store_, alarm_state_key(call.account_id, call.region, alarm.name), decode_alarm_state));
    alarms.push_back(shown(alarm, state.value));
  }
  return out;
}

}  // namespace meridian::services::cloudwatch
