#include "services/cloudwatch/alarm_evaluator.h"

#include <algorithm>

#include "services/cloudwatch/alarm_rule.h"
#include "services/cloudwatch/alarm_words.h"
#include "services/cloudwatch/metric_queries.h"
#include "store/series/statistic.h"

namespace meridian::services::cloudwatch {
namespace {

using std::chrono::floor;
using std::chrono::seconds;
using store::Verdict;

constexpr std::size_t kReadAtOnce = 500;
constexpr seconds kMinute{60};

// Ten seconds for those that look at less than a minute: periods slide by these.
SystemTime period_end(SystemTime now, seconds period) {
  const seconds step = period < kMinute ? AlarmEvaluator::kInterval : kMinute;
  const seconds since = floor<seconds>(now).time_since_epoch();
  return SystemTime(since - since % step);
}

// "Percentile-based alarms and low data samples": too few to say anything of so high or low a percentile.
bool too_few_samples(const MetricAlarmSettings& settings, const store::Evaluation& evaluation,
                     std::span<const std::optional<store::MetricValue>> values) {
  if (settings.evaluate_low_sample_count_percentile != "ignore" || !settings.metric) return false;
  const auto statistic = store::Statistic::parse_extended(settings.metric->statistic);
  const auto share = statistic ? statistic->percentile() : std::nullopt;
  if (!share) return false;
  double count = 0;
  for (const std::size_t index : evaluation.evaluated) count += values[index]->sample_count;
  return count < 10 / (*share >= 0.5 ? 1 - *share : *share);
}

AlarmValue value_of(Verdict verdict) {
  if (verdict == Verdict::InsufficientData) return AlarmValue::InsufficientData;
  return verdict == Verdict::Alarm ? AlarmValue::Alarm : AlarmValue::Ok;
}

}  // namespace

AlarmEvaluator::AlarmEvaluator(store::Store& store, const store::SeriesStore& series, AlarmActions* actions,
                               Logger& logger, Metrics& metrics)
    : store_(store),
      series_(series),
      actions_(actions),
      logger_(logger),
      evaluations_(metrics.counter("meridian_alarm_evaluations_total", "Metric alarms that were evaluated")),
      failures_(metrics.counter("meridian_alarm_evaluation_failures_total",
                                "Evaluations of alarms that ended in an error")) {}

void AlarmEvaluator::tell(const aws::Outcome<void>& outcome) {
  if (outcome) return;
  failures_.add();
  logger_.error("alarms", "an alarm cannot be evaluated: " + outcome.error().message);
}

void AlarmEvaluator::evaluate(SystemTime now) {
  const SystemTime minute = period_end(now, kMinute);
  const bool new_minute = minute != minute_;
  minute_ = minute;
  tell(walk(now, new_minute));
  evaluate_composites(now);
}

void AlarmEvaluator::evaluate_alarm(std::string_view account, std::string_view region, std::string_view name,
                                    SystemTime now) {
  const auto alarm = aws::read(store_, alarm_key(account, region, name), decode_alarm);
  if (!alarm) return tell(std::unexpected(alarm.error()));
  if (!*alarm) return;
  if ((*alarm)->value.metric()) tell(evaluate_metric((*alarm)->value, (*alarm)->modified, now));
}

void AlarmEvaluator::evaluate_composites(SystemTime now) {
  // Children before parents: a change may reach one more level at every round.
  for (std::size_t round = 0; round <= kCompositeDepthMax; ++round) {
    const auto changed = settle_composites(now);
    if (!changed) return tell(std::unexpected(changed.error()));
    if (!*changed) return;
  }
}

aws::Outcome<void> AlarmEvaluator::walk(SystemTime now, bool minute) {
  std::string after;
  for (bool more = true; more;) {
    const auto range =
        TRY(aws::or_failure(store_.range(kAlarmsPrefix, {.limit = kReadAtOnce, .start_after = after})));
    more = range.more;
    for (const auto& item : range.items) {
      after = item.key;
      const AlarmResource alarm = TRY(aws::or_failure(decode_alarm(item.value)));
      const auto* settings = alarm.metric();
      if (settings == nullptr) continue;
      const bool high_resolution = settings->period() < kMinute;
      if (minute || high_resolution) tell(evaluate_metric(alarm, item.modified, now));
    }
  }
  return {};
}

aws::Outcome<void> AlarmEvaluator::evaluate_metric(const AlarmResource& alarm, store::Revision settings_at,
                                                   SystemTime now) {
  evaluations_.add();
  const MetricAlarmSettings& settings = *alarm.metric();
  const seconds period = settings.period();
  const auto values = TRY(
      aws::or_failure(settings.metric ? store::last_values(series_, *settings.metric, period_end(now, period),
                                                           store::periods_read(settings.rule))
                                      : math_values(settings, now)));
  std::vector<std::optional<double>> numbers;
  for (const auto& each : values) numbers.push_back(each ? std::optional(each->value) : std::nullopt);
  const store::Evaluation evaluation = store::evaluate(settings.rule, numbers);
  if (evaluation.verdict == Verdict::Unchanged || too_few_samples(settings, evaluation, values)) return {};

  const AlarmValue value = value_of(evaluation.verdict);
  const auto before = TRY(aws::read_or_default(
      store_, alarm_state_key(alarm.account, alarm.region, alarm.name), decode_alarm_state));
  if (before.value.value == value && before.value.reason != kInitialReason) return {};
  const std::string reason = value == AlarmValue::InsufficientData
                                 ? insufficient_data_reason(evaluation)
                                 : threshold_reason(settings.rule, evaluation, values, value);
  TRY(change_state(
      store_, actions_, alarm.account, alarm.region, alarm.name,
      {value, reason, reason_data(settings, evaluation, values, now, period), now, settings_at}));
  return {};
}

aws::Outcome<bool> AlarmEvaluator::settle_composites(SystemTime now) {
  bool changed = false;
  std::string after;
  for (bool more = true; more;) {
    const auto range =
        TRY(aws::or_failure(store_.range(kAlarmsPrefix, {.limit = kReadAtOnce, .start_after = after})));
    more = range.more;
    for (const auto& item : range.items) {
      after = item.key;
      const AlarmResource alarm = TRY(aws::or_failure(decode_alarm(item.value)));
      if (alarm.composite() != nullptr) changed |= TRY(evaluate_composite(alarm, item.modified, now));
    }
  }
  return changed;
}

// What the query that returns data is in the periods that are read.
Result<std::vector<std::optional<store::MetricValue>>> AlarmEvaluator::math_values(
    const MetricAlarmSettings& settings, SystemTime now) const {
  const seconds period = settings.period();
  const std::size_t count = store::periods_read(settings.rule);
  const SystemTime end = period_end(now, period), start = end - period * count;
  MetricQueries queries = TRY(MetricQueries::of(settings.queries));
  const auto read =
      [&](const store::MetricQuery& query) -> Result<std::vector<std::pair<SystemTime, double>>> {
    std::vector<std::pair<SystemTime, double>> points;
    const auto values = TRY(store::last_values(series_, query, end, count));
    for (const auto& value : values)
      if (value) points.emplace_back(value->start, value->value);
    return points;
  };
  std::vector<std::optional<store::MetricValue>> values(count);
  for (std::size_t i = 0; i < settings.queries.size(); ++i) {
    if (!settings.queries[i].return_data.value_or(true)) continue;
    const auto parts = TRY(queries.series(i, {start, end, end}, read));
    if (parts.size() != 1) return invalid("an alarm's expression must be one time series");
    for (const auto& [time, value] : parts[0].points)
      if (time >= start && time < end)
        values[static_cast<std::size_t>((time - start) / period)] = store::MetricValue{time, value, 0};
  }
  return values;
}

// The state that a rule's alarms make; true when it is another one.
aws::Outcome<bool> AlarmEvaluator::evaluate_composite(const AlarmResource& alarm, store::Revision settings_at,
                                                      SystemTime now) {
  const AlarmRule rule = TRY(aws::or_failure(AlarmRule::parse(alarm.composite()->rule)));
  std::map<std::string, AlarmStateResource, std::less<>> states;
  std::string newest;  // the alarm that changed last
  for (const std::string& written : rule.alarms()) {
    const auto name = named_alarm(written, alarm.account, alarm.region);
    if (!name) continue;
    const auto state = TRY(aws::read_or_default(store_, alarm_state_key(alarm.account, alarm.region, *name),
                                                decode_alarm_state));
    states[written] = state.value;
    if (newest.empty() || states[newest].transitioned_at <= state.value.transitioned_at) newest = written;
  }
  const bool holds = rule.holds([&](const std::string& written) { return states[written].value; });
  const AlarmValue value = holds ? AlarmValue::Alarm : AlarmValue::Ok;
  const auto before = TRY(aws::read_or_default(
      store_, alarm_state_key(alarm.account, alarm.region, alarm.name), decode_alarm_state));
  if (before.value.value == value) return false;

  NewState state{value, "", "", now, settings_at};
  if (newest.empty() || states[newest].transitioned_at <= alarm.updated_at) {
    state.reason =
        fmt::format("{} was {} and its alarm rule evaluates to {}", alarm_arn(alarm),
                    before.value.reason == kInitialReason ? "created" : "updated", to_string(value));
  } else {
    const std::string child =
        alarm_arn(alarm.account, alarm.region, *named_alarm(newest, alarm.account, alarm.region));
    state.reason = composite_reason(child, states[newest].value, states[newest].transitioned_at);
    state.reason_data = composite_reason_data(child, states[newest].value, states[newest].transitioned_at);
  }
  return change_state(store_, actions_, alarm.account, alarm.region, alarm.name, state);
}

}  // namespace meridian::services::cloudwatch
