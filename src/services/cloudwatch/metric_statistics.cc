// GetMetricStatistics: periods that begin where the (rounded) start time says, one list for every unit.
#include <fmt/format.h>

#include <algorithm>

#include "gen/cloudwatch/errors.h"
#include "services/cloudwatch/metric_identity.h"
#include "services/cloudwatch/periods.h"
#include "services/cloudwatch/service.h"
#include "store/series/statistic.h"

namespace meridian::services::cloudwatch {
namespace {

using std::chrono::seconds;
using store::Statistic;

constexpr std::int64_t kDatapointsMax = 1440;

struct Wanted {
  std::vector<std::pair<std::string, Statistic>> basic, extended;
};

aws::Outcome<Wanted> wanted_statistics(const api::GetMetricStatisticsInput& input) {
  if (!input.Statistics && !input.ExtendedStatistics)
    return api::errors::MissingRequiredParameterException(
        "At least one of the parameters Statistics and ExtendedStatistics must be specified.");
  if (input.Statistics && input.ExtendedStatistics)
    return api::errors::InvalidParameterCombinationException(
        "The parameters Statistics and ExtendedStatistics are mutually exclusive and you have specified "
        "both.");
  Wanted wanted;
  const auto read = [](const auto& texts, const char* member, auto parse, auto& list) -> aws::Outcome<void> {
    if (!texts) return {};
    for (const std::string& text : *texts) {
      const auto statistic = parse(text);
      if (!statistic)
        return api::errors::InvalidParameterValueException(
            fmt::format("The value {} for parameter {} is not supported.", text, member));
      list.emplace_back(text, *statistic);
    }
    return {};
  };
  TRY(read(input.Statistics, "Statistics", Statistic::parse_basic, wanted.basic));
  TRY(read(input.ExtendedStatistics, "ExtendedStatistics", Statistic::parse_extended, wanted.extended));
  return wanted;
}

std::int64_t second_of(SystemTime time) {
  return std::chrono::floor<seconds>(time).time_since_epoch().count();
}

aws::Outcome<void> check_range(const api::GetMetricStatisticsInput& input) {
  if (!is_period(input.Period))
    return api::errors::InvalidParameterValueException(
        "The parameter Period must be a value in the set [1, 5, 10, 20, 30] or a multiple of 60.");
  if (input.StartTime >= input.EndTime)
    return api::errors::InvalidParameterValueException(
        "The parameter StartTime must be less than the parameter EndTime.");
  const std::int64_t count = (second_of(input.EndTime) - second_of(input.StartTime)) / input.Period;
  if (count > kDatapointsMax)
    return api::errors::InvalidParameterCombinationException(fmt::format(
        "You have requested up to {} datapoints, which exceeds the limit of {}. You may reduce the "
        "datapoints requested by increasing Period, or decreasing the time range.",
        count, kDatapointsMax));
  return {};
}

// Nothing when a percentile cannot be told of this period: AWS leaves out the whole datapoint.
std::optional<api::Datapoint> datapoint(const store::Point& point, const Wanted& wanted,
                                        std::string_view unit) {
  api::Datapoint out;
  out.Timestamp = point.start;
  out.Unit = std::string(unit);
  for (const auto& [name, statistic] : wanted.basic) {
    const auto value = statistic.of(point.statistics);
    if (name == "SampleCount") out.SampleCount = value;
    if (name == "Average") out.Average = value;
    if (name == "Sum") out.Sum = value;
    if (name == "Minimum") out.Minimum = value;
    if (name == "Maximum") out.Maximum = value;
  }
  for (const auto& [name, statistic] : wanted.extended) {
    const auto value = statistic.of(point.statistics);
    if (!value) return std::nullopt;
    if (!out.ExtendedStatistics) out.ExtendedStatistics.emplace();
    (*out.ExtendedStatistics)[name] = *value;
  }
  return out;
}

}  // namespace

aws::Outcome<api::GetMetricStatisticsOutput> CloudWatch::GetMetricStatistics(
    aws::Call& call, const api::GetMetricStatisticsInput& input) {
  TRY(check_range(input));
  const Wanted wanted = TRY(wanted_statistics(input));
  const seconds period(input.Period);
  const SystemTime from = rounded_start(input.StartTime, call.time, period);

  api::GetMetricStatisticsOutput out;
  out.Label = input.MetricName;
  auto& datapoints = out.Datapoints.emplace();
  for (const std::string_view unit : units()) {
    if (input.Unit && *input.Unit != unit) continue;
    const auto id = series_id(call, input.Namespace, input.MetricName, input.Dimensions, unit);
    auto points = series_.read(id, from, input.EndTime, period, kDatapointsMax + 1, from);
    if (!points) return aws::internal_failure(points.error().message);
    for (const store::Point& point : *points)
      if (auto shown = datapoint(point, wanted, unit)) datapoints.push_back(std::move(*shown));
  }
  std::ranges::stable_sort(datapoints, {}, [](const api::Datapoint& each) { return *each.Timestamp; });
  return out;
}

}  // namespace meridian::services::cloudwatch
