// Health checks of type CLOUDWATCH_METRIC: what they take over from the alarm that they name, when they are
// made and at every update. Later changes of the alarm do not reach them.
#include "gen/route53/errors.h"
#include "services/cloudwatch/resources.h"
#include "services/route53/service.h"
#include "store/series/statistic.h"

namespace meridian::services::route53 {
namespace {

using cloudwatch::AlarmResource;

// DG:health-checks-creating-values, "Monitor a CloudWatch alarm": what Route 53 cannot follow.
std::optional<std::string_view> not_followed(const AlarmResource& alarm) {
  const auto* const settings = alarm.metric();
  if (!settings) return "composite alarms";
  if (!settings->metric) return "alarms on metric math";
  if (settings->metric->period % std::chrono::minutes(1) != std::chrono::seconds(0))
    return "alarms on high-resolution metrics";
  if (!store::Statistic::parse_basic(settings->metric->statistic)) return "alarms on extended statistics";
  if (settings->rule.datapoints_to_alarm != settings->rule.evaluation_periods)
    return "alarms on M out of N data points";
  return std::nullopt;
}

}  // namespace

// The bytes of the alarm; empty: there is none of that name.
aws::Outcome<std::string> Route53::watched_alarm(const aws::Call& call, const HealthCheckConfig& config) {
  const auto found =
      TRY(aws::read(store_, cloudwatch::alarm_key(call.account_id, config.alarm_region, config.alarm_name),
                    cloudwatch::decode_alarm));
  if (!found) return std::string();
  if (const auto what = not_followed(found->value))
    return api::errors::InvalidInput(
        fmt::format("Invalid parameter : Health checks do not support {}, as the CloudWatch alarm {} is one.",
                    *what, config.alarm_name));
  return cloudwatch::encode(found->value);
}

// An alarm that was deleted since keeps counting as it was, until another is named.
aws::Outcome<void> Route53::watch_alarm(const aws::Call& call, bool named_now, HealthCheckResource& check) {
  if (check.config.type != HealthCheckType::CloudWatchMetric) return {};
  std::string alarm = TRY(watched_alarm(call, check.config));
  if (!alarm.empty())
    check.alarm = std::move(alarm);
  else if (named_now)
    return api::errors::InvalidInput(
        fmt::format("Invalid parameter : The CloudWatch alarm {} does not exist in {}.",
                    check.config.alarm_name, check.config.alarm_region));
  return {};
}

std::optional<api::CloudWatchAlarmConfiguration> shown_alarm(const HealthCheckResource& check) {
  const auto alarm = cloudwatch::decode_alarm(check.alarm);
  const auto* const settings = alarm ? alarm->metric() : nullptr;
  if (!settings || !settings->metric) return std::nullopt;
  const store::MetricQuery& query = *settings->metric;
  api::CloudWatchAlarmConfiguration out;
  out.EvaluationPeriods = static_cast<std::int32_t>(settings->rule.evaluation_periods);
  out.Threshold = settings->rule.threshold;
  out.ComparisonOperator = to_string(settings->rule.comparison);
  out.Period = static_cast<std::int32_t>(query.period.count());
  out.MetricName = query.metric.metric;
  out.Namespace = query.metric.name_space;
  out.Statistic = query.statistic;
  if (!query.metric.dimensions.empty()) out.Dimensions.emplace();
  for (const auto& [name, value] : query.metric.dimensions)
    out.Dimensions->push_back({.Name = name, .Value = value});
  return out;
}

}  // namespace meridian::services::route53
