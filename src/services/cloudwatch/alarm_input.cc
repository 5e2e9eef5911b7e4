#include "services/cloudwatch/alarm_input.h"

#include <fmt/format.h>

#include <algorithm>

#include "gen/cloudwatch/errors.h"
#include "services/cloudwatch/metric_identity.h"
#include "store/series/statistic.h"

namespace meridian::services::cloudwatch {
namespace {

// arn:partition:service:region:account:resource, the region and the account may be empty.
bool is_arn(std::string_view text) {
  std::size_t at = 0;
  for (int part = 0; part < 5; ++part) {
    const std::size_t colon = text.find(':', at);
    if (colon == std::string_view::npos) return false;
    const std::string_view piece = text.substr(at, colon - at);
    if (part == 0 ? piece != "arn" : (part < 3 && piece.empty())) return false;
    at = colon + 1;
  }
  return at < text.size();
}

template <typename Shown>
void show_common(const AlarmResource& alarm, const AlarmStateResource& state, Shown& out) {
  out.AlarmName = alarm.name;
  out.AlarmArn = alarm_arn(alarm);
  out.AlarmDescription = alarm.description;
  out.AlarmConfigurationUpdatedTimestamp = alarm.updated_at;
  out.ActionsEnabled = alarm.actions_enabled;
  out.OKActions = alarm.ok_actions;
  out.AlarmActions = alarm.alarm_actions;
  out.InsufficientDataActions = alarm.insufficient_data_actions;
  out.StateValue = std::string(to_string(state.value));
  out.StateReason = state.reason;
  if (!state.reason_data.empty()) out.StateReasonData = state.reason_data;
  out.StateUpdatedTimestamp = state.updated_at;
  out.StateTransitionedTimestamp = state.transitioned_at;
}

api::MetricDataQuery shown_query(const AlarmQuery& query) {
  api::MetricDataQuery out;
  out.Id = query.id;
  if (!query.expression.empty()) out.Expression = query.expression;
  out.Label = query.label;
  out.ReturnData = query.return_data.value_or(true);
  if (query.period) out.Period = static_cast<std::int32_t>(query.period->count());
  if (!query.metric) return out;
  const store::SeriesId& series = query.metric->metric;
  api::MetricStat& stat = out.MetricStat.emplace();
  stat.Metric = {series.name_space, series.metric, shown(series.dimensions)};
  stat.Period = static_cast<std::int32_t>(query.metric->period.count());
  stat.Stat = query.metric->statistic;
  if (!series.unit.empty()) stat.Unit = series.unit;
  return out;
}

}  // namespace

aws::Failure invalid_alarm(std::string message) {
  return aws::refuse("ValidationError", std::move(message));
}

aws::Outcome<void> check_alarm_name(std::string_view name) {
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return invalid_alarm("AlarmName must not contain control characters.");
  if (name.starts_with("arn:")) return invalid_alarm("AlarmName must be a name, not an ARN.");
  return {};
}

aws::Outcome<void> check_actions(const std::optional<std::vector<std::string>>& arns,
                                 std::string_view member) {
  for (const std::string& arn : arns.value_or(std::vector<std::string>()))
    if (!is_arn(arn)) return invalid_alarm(fmt::format("Invalid arn syntax in {}: {}", member, arn));
  return {};
}

aws::Outcome<std::vector<std::pair<std::string, std::string>>> checked_tags(
    const std::optional<std::vector<api::Tag>>& tags) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const api::Tag& tag : tags.value_or(std::vector<api::Tag>())) {
    if (tag.Key.starts_with("aws:"))
      return invalid_alarm(fmt::format("The tag key {} begins with aws:, which is reserved.", tag.Key));
    const bool again = std::ranges::any_of(out, [&](const auto& each) { return each.first == tag.Key; });
    if (again) return invalid_alarm(fmt::format("The tag key {} is given more than once.", tag.Key));
    out.emplace_back(tag.Key, tag.Value);
  }
  if (out.size() > kAlarmTagsMax)
    return invalid_alarm(fmt::format("An alarm can have at most {} tags.", kAlarmTagsMax));
  return out;
}

aws::Outcome<void> put_alarm(store::Store& store, AlarmResource alarm, SystemTime at,
                             const DependsOn& depends_on) {
  const std::string key = alarm_key(alarm.account, alarm.region, alarm.name);
  alarm.updated_at = at;
  TRY(aws::commit_built(
      store,
      [&]() -> aws::Outcome<store::Transaction> {
        const auto before = TRY(aws::read(store, key, decode_alarm));
        AlarmResource put = alarm;
        store::Transaction transaction;
        if (depends_on) transaction.preconditions = TRY(depends_on());
        transaction.preconditions.push_back({key, before ? before->modified : 0});
        if (before) {
          if (before->value.settings.index() != alarm.settings.index())
            return invalid_alarm(fmt::format("An alarm of another kind is named {} already.", alarm.name));
          put.tags = before->value.tags;
        } else {
          const auto all = TRY(aws::or_failure(
              store.range(alarms_prefix(alarm.account, alarm.region), {.limit = kAlarmsMax})));
          if (all.items.size() == kAlarmsMax)
            return api::errors::LimitExceededFault(
                fmt::format("An account can have at most {} alarms in a region.", kAlarmsMax));
          transaction.puts.push_back({alarm_state_key(alarm.account, alarm.region, alarm.name),
                                      encode(AlarmStateResource{AlarmValue::InsufficientData,
                                                                std::string(kInitialReason), "", at, at})});
        }
        transaction.puts.push_back({key, encode(put)});
        TRY(add_history(store, alarm.account, alarm.region,
                        {configuration_line(put, before ? "Update" : "Create", at)}, transaction));
        return transaction;
      },
      alarms_overtaken()));
  return {};
}

api::MetricAlarm shown(const AlarmResource& alarm, const AlarmStateResource& state) {
  api::MetricAlarm out;
  show_common(alarm, state, out);
  const MetricAlarmSettings& settings = *alarm.metric();
  out.EvaluationPeriods = static_cast<std::int32_t>(settings.rule.evaluation_periods);
  if (settings.datapoints_to_alarm)
    out.DatapointsToAlarm = static_cast<std::int32_t>(*settings.datapoints_to_alarm);
  out.Threshold = settings.rule.threshold;
  out.ComparisonOperator = std::string(to_string(settings.rule.comparison));
  if (!settings.treat_missing_data.empty()) out.TreatMissingData = settings.treat_missing_data;
  if (!settings.evaluate_low_sample_count_percentile.empty())
    out.EvaluateLowSampleCountPercentile = settings.evaluate_low_sample_count_percentile;
  out.Dimensions.emplace();
  for (const AlarmQuery& query : settings.queries) {
    if (!out.Metrics) out.Metrics.emplace();
    out.Metrics->push_back(shown_query(query));
  }
  if (!settings.metric) return out;
  const store::SeriesId& series = settings.metric->metric;
  out.MetricName = series.metric;
  out.Namespace = series.name_space;
  out.Dimensions = shown(series.dimensions);
  out.Period = static_cast<std::int32_t>(settings.metric->period.count());
  if (!series.unit.empty()) out.Unit = series.unit;
  (store::Statistic::parse_basic(settings.metric->statistic) ? out.Statistic : out.ExtendedStatistic) =
      settings.metric->statistic;
  return out;
}

api::CompositeAlarm shown_composite(const AlarmResource& alarm, const AlarmStateResource& state) {
  api::CompositeAlarm out;
  show_common(alarm, state, out);
  out.AlarmRule = alarm.composite()->rule;
  return out;
}

}  // namespace meridian::services::cloudwatch
