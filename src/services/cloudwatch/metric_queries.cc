#include "services/cloudwatch/metric_queries.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/cloudwatch/metric_identity.h"
#include "services/cloudwatch/periods.h"
#include "store/series/statistic.h"

namespace meridian::services::cloudwatch {
namespace {

using std::chrono::seconds;

aws::Failure invalid_query(std::string message) {
  return aws::refuse("ValidationError", std::move(message));
}

bool is_id(std::string_view id) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !id.empty() && id[0] >= 'a' && id[0] <= 'z' && std::ranges::all_of(id, is_word);
}

aws::Outcome<void> check_period(const std::string& at, std::int32_t period) {
  if (is_period(period)) return {};
  return invalid_query(fmt::format(
      "The parameter {}.Period must be a value in the set [1, 5, 10, 20, 30] or a multiple of 60.", at));
}

aws::Outcome<store::MetricQuery> checked_stat(const aws::Call& call, const std::string& at,
                                              const gen::cloudwatch::MetricStat& stat) {
  if (!stat.Metric.Namespace)
    return invalid_query(fmt::format("The parameter {}.Metric.Namespace is required.", at));
  if (!stat.Metric.MetricName)
    return invalid_query(fmt::format("The parameter {}.Metric.MetricName is required.", at));
  TRY(check_period(at, stat.Period));
  if (!store::Statistic::parse(stat.Stat))
    return invalid_query(fmt::format("The value {} for parameter {}.Stat is not supported.", stat.Stat, at));
  return store::MetricQuery{series_id(call, *stat.Metric.Namespace, *stat.Metric.MetricName,
                                      stat.Metric.Dimensions, stat.Unit.value_or("")),
                            stat.Stat, seconds(stat.Period)};
}

}  // namespace

aws::Outcome<AlarmQuery> checked_query(const aws::Call& call, const std::string& at,
                                       const gen::cloudwatch::MetricDataQuery& query) {
  if (!is_id(query.Id))
    return invalid_query(
        fmt::format("The value {} for parameter {}.Id is invalid: it must begin with a small "
                    "letter and hold only letters, digits and underscores.",
                    query.Id, at));
  const auto both = [&](std::string_view one, std::string_view other) {
    return invalid_query(
        fmt::format("The parameters {0}.{1} and {0}.{2} are mutually exclusive and you have specified both.",
                    at, one, other));
  };
  if (query.Expression && query.MetricStat) return both("Expression", "MetricStat");
  if (!query.Expression && !query.MetricStat)
    return invalid_query(fmt::format("The parameter {}.MetricStat is required.", at));
  if (query.Period && query.MetricStat) return both("Period", "MetricStat");
  if (query.AccountId && *query.AccountId != call.account_id)
    return invalid_query(fmt::format("{}.AccountId: no other account's metrics can be read here.", at));
  if (query.Label && query.Label->find("${") != std::string::npos)
    return invalid_query(fmt::format("{}.Label: dynamic labels do not exist here.", at));
  AlarmQuery out{.id = query.Id};
  out.label = query.Label;
  out.return_data = query.ReturnData;
  if (query.Period) {
    TRY(check_period(at, *query.Period));
    out.period = seconds(*query.Period);
  }
  if (query.MetricStat)
    out.metric = TRY(checked_stat(call, at + ".MetricStat", *query.MetricStat));
  else if (query.Expression->empty())
    return invalid_query(fmt::format("The parameter {}.Expression is empty.", at));
  else
    out.expression = *query.Expression;
  return out;
}

Result<MetricQueries> MetricQueries::of(std::vector<AlarmQuery> queries) {
  MetricQueries out;
  out.queries_ = std::move(queries);
  const std::size_t count = out.queries_.size();
  out.expressions_.resize(count);
  out.needs_.resize(count);
  out.periods_.resize(count);
  out.values_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const AlarmQuery& query = out.queries_[i];
    if (*out.find(query.id) != i)
      return invalid("The values for parameter Id in MetricDataQueries must be unique.");
    if (query.metric) continue;
    auto parsed = MathExpression::parse(query.expression);
    if (!parsed)
      return invalid(fmt::format("Error in expression '{}': {}", query.id, parsed.error().message));
    out.expressions_[i] = *std::move(parsed);
  }
  TRY(out.link());
  return out;
}

std::optional<std::size_t> MetricQueries::find(std::string_view id) const {
  const auto found = std::ranges::find(queries_, id, &AlarmQuery::id);
  if (found == queries_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - queries_.begin());
}

// Who needs whom, and an order in which everything comes before whoever needs it.
Result<void> MetricQueries::link() {
  for (std::size_t i = 0; i < queries_.size(); ++i) {
    if (!expressions_[i]) continue;
    for (const std::string& name : expressions_[i]->names()) {
      const auto needed = find(name);
      if (!needed)
        return invalid(fmt::format("Error in expression '{}': Undefined variable {}", queries_[i].id, name));
      needs_[i].push_back(*needed);
    }
    if (!expressions_[i]->uses_all_metrics()) continue;
    for (std::size_t j = 0; j < queries_.size(); ++j)
      if (queries_[j].metric && std::ranges::count(needs_[i], j) == 0) needs_[i].push_back(j);
  }
  std::vector<bool> placed(queries_.size());
  while (order_.size() < queries_.size()) {
    const std::size_t before = order_.size();
    for (std::size_t i = 0; i < queries_.size(); ++i) {
      if (placed[i] || !std::ranges::all_of(needs_[i], [&](std::size_t need) { return placed[need]; }))
        continue;
      placed[i] = true;
      order_.push_back(i);
      seconds period = queries_[i].metric ? queries_[i].metric->period : seconds(0);
      for (const std::size_t need : needs_[i]) period = std::max(period, periods_[need]);
      if (period == seconds(0)) period = seconds(60);
      periods_[i] = queries_[i].period.value_or(period);
    }
    if (order_.size() == before)
      return invalid("The expressions in MetricDataQueries depend on one another in a circle.");
  }
  return {};
}

Result<void> MetricQueries::compute(std::size_t index, const Range& range, const Read& read) {
  const AlarmQuery& query = queries_[index];
  if (query.metric) {
    TimeSeries series{.label = query.label.value_or(query.metric->metric.metric),
                      .period = query.metric->period,
                      .points = TRY(read(*query.metric))};
    if (series.points.size() > points_left_)
      return fail(ErrorCode::Limit, "These queries are too much to compute at once.");
    points_left_ -= series.points.size();
    values_[index] = std::move(series);
    return {};
  }
  MathContext context{
      .start = range.start,
      .end = range.end,
      .origin = range.origin,
      .period = periods_[index],
      .value_of = [&](std::string_view id) -> Result<const MathValue*> { return &*values_[*find(id)]; },
      .metrics = [&](std::string_view part) -> Result<std::vector<TimeSeries>> {
        std::vector<TimeSeries> out;
        for (std::size_t i = 0; i < queries_.size(); ++i)
          if (queries_[i].metric && queries_[i].id.find(part) != std::string::npos)
            out.push_back(std::get<TimeSeries>(*values_[i]));
        return out;
      },
      .points_left = points_left_};
  auto value = expressions_[index]->compute(context);
  points_left_ = context.points_left;
  if (!value)
    return fail(value.error().code,
                fmt::format("Error in expression '{}': {}", query.id, value.error().message));
  values_[index] = *std::move(value);
  return {};
}

Result<std::vector<TimeSeries>> MetricQueries::series(std::size_t index, const Range& range,
                                                      const Read& read) {
  std::vector<bool> needed(queries_.size());
  needed[index] = true;
  for (auto at = order_.rbegin(); at != order_.rend(); ++at)
    if (needed[*at])
      for (const std::size_t need : needs_[*at]) needed[need] = true;
  for (const std::size_t each : order_)
    if (needed[each] && !values_[each]) TRY(compute(each, range, read));
  const MathValue& value = *values_[index];
  if (std::holds_alternative<double>(value))
    return invalid(
        fmt::format("Error in expression '{}': it is a number, not a time series", queries_[index].id));
  std::vector<TimeSeries> out;
  if (const auto* one = std::get_if<TimeSeries>(&value))
    out.push_back(*one);
  else
    out = std::get<std::vector<TimeSeries>>(value);
  if (!queries_[index].metric)
    for (TimeSeries& each : out) {
      // Of many, each is told apart by the series it was computed from.
      const std::string label = queries_[index].label.value_or(queries_[index].id);
      each.label = out.size() == 1 ? label : label + " " + each.label;
    }
  return out;
}

}  // namespace meridian::services::cloudwatch
