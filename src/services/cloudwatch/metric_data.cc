// GetMetricData: many metrics in one call, page by page. A page ends between datapoints, so the token names
// the query that goes on and the time from which it does.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "gen/cloudwatch/errors.h"
#include "services/cloudwatch/metric_queries.h"
#include "services/cloudwatch/periods.h"
#include "services/cloudwatch/service.h"
#include "store/series/statistic.h"

namespace meridian::services::cloudwatch {
namespace {

using std::chrono::seconds;
using store::Statistic;

constexpr std::size_t kQueriesMax = 500;
constexpr std::int32_t kDatapointsMax = 100'800;

struct Position {
  std::size_t query = 0, part = 0;  // of an expression that is many series
  std::optional<SystemTime> last;   // the last datapoint that the caller has of that one
};

aws::Failure invalid_query(std::string message) {
  return aws::refuse("ValidationError", std::move(message));
}

aws::Outcome<MetricQueries> checked(const aws::Call& call, const api::GetMetricDataInput& input) {
  if (input.MetricDataQueries.empty()) return invalid_query("The parameter MetricDataQueries is required.");
  if (input.MetricDataQueries.size() > kQueriesMax)
    return invalid_query(
        fmt::format("The collection MetricDataQueries must not have a size greater than {}.", kQueriesMax));
  if (input.StartTime >= input.EndTime)
    return invalid_query("The parameter StartTime must be less than the parameter EndTime.");
  if (input.MaxDatapoints && (*input.MaxDatapoints < 1 || *input.MaxDatapoints > kDatapointsMax))
    return invalid_query(
        fmt::format("The parameter MaxDatapoints must be between 1 and {}.", kDatapointsMax));
  if (input.LabelOptions) return invalid_query("LabelOptions: dynamic labels do not exist here.");
  std::vector<AlarmQuery> queries;
  for (std::size_t i = 0; i < input.MetricDataQueries.size(); ++i)
    queries.push_back(TRY(
        checked_query(call, fmt::format("MetricDataQueries.member.{}", i + 1), input.MetricDataQueries[i])));
  auto made = MetricQueries::of(std::move(queries));
  if (!made) return invalid_query(made.error().message);
  return *std::move(made);
}

// "3", or "3.0.1800000000": a query; the part of it and the last datapoint that were shown.
std::string token_of(const Position& position) {
  if (!position.last) return fmt::format("{}", position.query);
  return fmt::format("{}.{}.{}", position.query, position.part,
                     std::chrono::floor<seconds>(*position.last).time_since_epoch().count());
}

aws::Outcome<Position> position_of(const std::optional<std::string>& token, std::size_t queries) {
  Position position;
  if (!token) return position;
  const char* at = token->data();
  const char* const end = at + token->size();
  const auto number = [&](auto& value) {
    const auto read = std::from_chars(at, end, value);
    at = read.ptr;
    return read.ec == std::errc();
  };
  const auto dot = [&] { return at != end && *at++ == '.'; };
  bool good = number(position.query) && position.query < queries;
  if (good && at != end) {
    std::int64_t second = 0;
    good = dot() && number(position.part) && dot() && number(second) && second >= 0 &&
           second < (std::int64_t{1} << 33);
    if (good) position.last = SystemTime(seconds(second));
  }
  if (!good || at != end)
    return api::errors::InvalidNextToken("The value for parameter NextToken is invalid.");
  return position;
}

// What the caller has yet to get of a series, in the order of the scan.
using Values = std::vector<std::pair<SystemTime, double>>;
Values left_of(Values points, const std::optional<SystemTime>& last, bool ascending) {
  if (last)
    std::erase_if(points,
                  [&](const auto& point) { return ascending ? point.first <= *last : point.first >= *last; });
  if (!ascending) std::ranges::reverse(points);
  return points;
}

Result<Values> read_values(const store::SeriesStore& series, const api::GetMetricDataInput& input,
                           const store::MetricQuery& query) {
  const Statistic statistic = *Statistic::parse(query.statistic);
  const auto points = TRY(series.read_any_unit(query.metric, whole_periods(input.StartTime, query.period),
                                               input.EndTime, query.period, kDatapointsMax));
  Values values;
  for (const auto& [time, statistics] : points)
    if (const auto value = statistic.of(statistics)) values.emplace_back(time, *value);
  return values;
}

// What of a query's failure is the caller's to change.
aws::Failure failure_of(const Error& error) {
  if (error.code == ErrorCode::Invalid || error.code == ErrorCode::Limit) return invalid_query(error.message);
  return aws::internal_failure(error.message);
}

}  // namespace

aws::Outcome<api::GetMetricDataOutput> CloudWatch::GetMetricData(aws::Call& call,
                                                                 const api::GetMetricDataInput& input) {
  MetricQueries queries = TRY(checked(call, input));
  Position position = TRY(position_of(input.NextToken, input.MetricDataQueries.size()));
  const bool ascending = input.ScanBy && *input.ScanBy == "TimestampAscending";
  std::size_t room = static_cast<std::size_t>(input.MaxDatapoints.value_or(kDatapointsMax));
  const MetricQueries::Range range{input.StartTime, input.EndTime, SystemTime()};
  const auto read = [&](const store::MetricQuery& query) { return read_values(series_, input, query); };

  api::GetMetricDataOutput out;
  out.Messages.emplace();
  auto& results = out.MetricDataResults.emplace();
  for (; position.query < queries.all().size(); position = {position.query + 1, 0, std::nullopt}) {
    const AlarmQuery& query = queries.all()[position.query];
    if (!query.return_data.value_or(true)) continue;
    if (room == 0) {
      out.NextToken = token_of(position);
      break;
    }
    auto parts = queries.series(position.query, range, read);
    if (!parts) return failure_of(parts.error());
    for (; position.part < parts->size(); ++position.part, position.last.reset()) {
      TimeSeries& part = (*parts)[position.part];
      const Values values = left_of(std::move(part.points), position.last, ascending);
      const std::size_t count = std::min(values.size(), room);
      room -= count;
      api::MetricDataResult& result = results.emplace_back();
      result.Id = query.id;
      result.Label = part.label;
      result.StatusCode = count < values.size() ? "PartialData" : "Complete";
      result.Timestamps.emplace();
      result.Values.emplace();
      for (std::size_t i = 0; i < count; ++i) {
        result.Timestamps->push_back(values[i].first);
        result.Values->push_back(values[i].second);
      }
      if (count == values.size()) continue;
      // With no room left for the first of a part, it begins on the next page.
      position.last = count > 0   ? values[count - 1].first
                      : ascending ? SystemTime()
                                  : input.EndTime + seconds(1);
      out.NextToken = token_of(position);
      return out;
    }
  }
  return out;
}

}  // namespace meridian::services::cloudwatch
