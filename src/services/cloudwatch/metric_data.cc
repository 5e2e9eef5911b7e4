// GetMetricData: many metrics in one call, page by page. A page ends between datapoints, so the token names
// the query that goes on and the time from which it does.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "gen/cloudwatch/errors.h"
#include "services/cloudwatch/metric_identity.h"
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
  std::size_t query = 0;
  std::optional<SystemTime> last;  // the last datapoint that the caller has of that query
};

aws::Failure invalid_query(std::string message) {
  return aws::refuse("ValidationError", std::move(message));
}

bool is_id(std::string_view id) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !id.empty() && id[0] >= 'a' && id[0] <= 'z' && std::ranges::all_of(id, is_word);
}

aws::Outcome<void> check_query(const aws::Call& call, const std::string& at,
                               const api::MetricDataQuery& query) {
  if (!is_id(query.Id))
    return invalid_query(
        fmt::format("The value {} for parameter {}.Id is invalid: it must begin with a small "
                    "letter and hold only letters, digits and underscores.",
                    query.Id, at));
  if (query.Expression && query.MetricStat)
    return invalid_query(
        fmt::format("The parameters {0}.Expression and {0}.MetricStat are mutually exclusive and you have "
                    "specified both.",
                    at));
  if (query.Expression)
    return invalid_query(fmt::format("{}.Expression: metric math does not exist here.", at));
  if (!query.MetricStat) return invalid_query(fmt::format("The parameter {}.MetricStat is required.", at));
  if (query.Period)
    return invalid_query(fmt::format(
        "The parameters {0}.Period and {0}.MetricStat are mutually exclusive and you have specified both.",
        at));
  if (query.AccountId && *query.AccountId != call.account_id)
    return invalid_query(fmt::format("{}.AccountId: no other account's metrics can be read here.", at));
  if (query.Label && query.Label->find("${") != std::string::npos)
    return invalid_query(fmt::format("{}.Label: dynamic labels do not exist here.", at));
  const api::MetricStat& stat = *query.MetricStat;
  if (!stat.Metric.Namespace)
    return invalid_query(fmt::format("The parameter {}.MetricStat.Metric.Namespace is required.", at));
  if (!stat.Metric.MetricName)
    return invalid_query(fmt::format("The parameter {}.MetricStat.Metric.MetricName is required.", at));
  if (!is_period(stat.Period))
    return invalid_query(
        fmt::format("The parameter {}.MetricStat.Period must be a value in the set "
                    "[1, 5, 10, 20, 30] or a multiple of 60.",
                    at));
  if (!Statistic::parse(stat.Stat))
    return invalid_query(
        fmt::format("The value {} for parameter {}.MetricStat.Stat is not supported.", stat.Stat, at));
  return {};
}

aws::Outcome<void> check(const aws::Call& call, const api::GetMetricDataInput& input) {
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
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < input.MetricDataQueries.size(); ++i) {
    const api::MetricDataQuery& query = input.MetricDataQueries[i];
    TRY(check_query(call, fmt::format("MetricDataQueries.member.{}", i + 1), query));
    if (!ids.insert(query.Id).second)
      return invalid_query("The values for parameter Id in MetricDataQueries must be unique.");
  }
  return {};
}

std::string token_of(const Position& position) {
  if (!position.last) return fmt::format("{}", position.query);
  return fmt::format("{}.{}", position.query,
                     std::chrono::floor<seconds>(*position.last).time_since_epoch().count());
}

aws::Outcome<Position> position_of(const std::optional<std::string>& token, std::size_t queries) {
  Position position;
  if (!token) return position;
  const char* const end = token->data() + token->size();
  auto read = std::from_chars(token->data(), end, position.query);
  bool good = read.ec == std::errc() && position.query < queries;
  if (good && read.ptr != end && *read.ptr == '.') {
    std::int64_t second = 0;
    read = std::from_chars(read.ptr + 1, end, second);
    good = read.ec == std::errc() && second >= 0 && second < (std::int64_t{1} << 33);
    if (good) position.last = SystemTime(seconds(second));
  }
  if (!good || read.ptr != end)
    return api::errors::InvalidNextToken("The value for parameter NextToken is invalid.");
  return position;
}

// What the caller has yet to get of one query, in the order of the scan, and at most `limit`.
using Values = std::vector<std::pair<SystemTime, double>>;

aws::Outcome<Values> read_values(const store::SeriesStore& series, const aws::Call& call,
                                 const api::GetMetricDataInput& input, const api::MetricStat& stat,
                                 const Position& position, bool ascending) {
  const seconds period(stat.Period);
  const Statistic statistic = *Statistic::parse(stat.Stat);
  const SystemTime from = whole_periods(input.StartTime, period);
  const auto id = series_id(call, *stat.Metric.Namespace, *stat.Metric.MetricName, stat.Metric.Dimensions,
                            stat.Unit.value_or(""));
  auto points = series.read_any_unit(id, from, input.EndTime, period, kDatapointsMax);
  if (!points) return aws::internal_failure(points.error().message);
  Values values;
  for (const auto& [time, statistics] : *points) {
    if (position.last && (ascending ? time <= *position.last : time >= *position.last)) continue;
    if (const auto value = statistic.of(statistics)) values.emplace_back(time, *value);
  }
  if (!ascending) std::ranges::reverse(values);
  return values;
}

}  // namespace

aws::Outcome<api::GetMetricDataOutput> CloudWatch::GetMetricData(aws::Call& call,
                                                                 const api::GetMetricDataInput& input) {
  TRY(check(call, input));
  Position position = TRY(position_of(input.NextToken, input.MetricDataQueries.size()));
  const bool ascending = input.ScanBy && *input.ScanBy == "TimestampAscending";
  std::size_t room = static_cast<std::size_t>(input.MaxDatapoints.value_or(kDatapointsMax));

  api::GetMetricDataOutput out;
  out.Messages.emplace();
  auto& results = out.MetricDataResults.emplace();
  for (; position.query < input.MetricDataQueries.size(); position = {position.query + 1, std::nullopt}) {
    const api::MetricDataQuery& query = input.MetricDataQueries[position.query];
    if (!query.ReturnData.value_or(true)) continue;
    if (room == 0) {
      out.NextToken = token_of(position);
      break;
    }
    const Values values = TRY(read_values(series_, call, input, *query.MetricStat, position, ascending));
    const std::size_t count = std::min(values.size(), room);
    room -= count;
    api::MetricDataResult& result = results.emplace_back();
    result.Id = query.Id;
    result.Label = query.Label ? *query.Label : *query.MetricStat->Metric.MetricName;
    result.StatusCode = count < values.size() ? "PartialData" : "Complete";
    result.Timestamps.emplace();
    result.Values.emplace();
    for (std::size_t i = 0; i < count; ++i) {
      result.Timestamps->push_back(values[i].first);
      result.Values->push_back(values[i].second);
    }
    if (count == values.size()) continue;
    position.last = values[count - 1].first;
    out.NextToken = token_of(position);
    break;
  }
  return out;
}

}  // namespace meridian::services::cloudwatch
