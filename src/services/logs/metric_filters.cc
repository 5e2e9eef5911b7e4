// Metric filters: put, listed, tried, deleted. What they do to events is in metric_values.cc.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "gen/logs/errors.h"
#include "services/logs/filter_expression.h"
#include "services/logs/metric_values.h"
#include "services/logs/service.h"
#include "services/logs/tokens.h"

namespace meridian::services::logs {
namespace {

constexpr std::uint32_t kFiltersMax = 100, kRegexFiltersMax = 5;  // of a group
constexpr std::size_t kDimensionsMax = 3, kPerPage = 50, kScannedAtOnce = 256;

aws::Outcome<void> check_value(std::string_view value, const FilterPattern& pattern) {
  if (parse_number(value) || pattern.refers(value)) return {};
  return api::errors::InvalidParameterException(fmt::format(
      "Invalid metric transformation: '{}' is neither a number nor a field of the pattern.", value));
}

aws::Outcome<void> check_dimensions(const api::MetricTransformation& metric, const FilterPattern& pattern) {
  if (!metric.dimensions || metric.dimensions->empty()) return {};
  if (metric.dimensions->size() > kDimensionsMax)
    return api::errors::InvalidParameterException(
        fmt::format("A metric can have at most {} dimensions.", kDimensionsMax));
  if (metric.defaultValue)
    return api::errors::InvalidParameterException(
        "Invalid metric transformation: dimensions and default value are mutually exclusive properties.");
  for (const auto& [name, value] : *metric.dimensions) {
    if (name.empty() || name.starts_with(':'))
      return api::errors::InvalidParameterException("The name of a dimension is invalid.");
    if (!pattern.refers(value))
      return api::errors::InvalidParameterException(
          fmt::format("Invalid metric transformation: '{}' is no field of the pattern.", value));
  }
  return {};
}

aws::Outcome<MetricFilterResource> read_filter(const api::PutMetricFilterRequest& input, SystemTime now) {
  if (input.applyOnTransformedLogs.value_or(false) || input.fieldSelectionCriteria ||
      (input.emitSystemFieldDimensions && !input.emitSystemFieldDimensions->empty()))
    return api::errors::InvalidParameterException(
        "There are no log transformers and no system fields of centralized logs here.");
  const FilterPattern pattern = TRY(parse_pattern(input.filterPattern));
  const api::MetricTransformation& metric = input.metricTransformations.front();
  if (metric.metricName.empty() || metric.metricNamespace.empty() ||
      metric.metricNamespace.starts_with("AWS/"))
    return api::errors::InvalidParameterException(
        "Invalid metric transformation: a name, and a namespace that is not one of AWS, are needed.");
  TRY(check_value(metric.metricValue, pattern));
  TRY(check_dimensions(metric, pattern));
  MetricFilterResource filter;
  filter.name = input.filterName;
  filter.pattern = input.filterPattern;
  filter.metric_name = metric.metricName;
  filter.metric_namespace = metric.metricNamespace;
  filter.metric_value = metric.metricValue;
  filter.default_value = metric.defaultValue;
  if (metric.dimensions) filter.dimensions = *metric.dimensions;
  filter.unit = metric.unit.value_or("None");
  filter.created_at = now;
  return filter;
}

api::MetricFilter shown(const MetricFilterResource& filter, const std::string& group) {
  api::MetricFilter out;
  out.filterName = filter.name;
  out.filterPattern = filter.pattern;
  out.creationTime = ms_of(filter.created_at);
  out.logGroupName = group;
  api::MetricTransformation& metric = out.metricTransformations.emplace().emplace_back();
  metric.metricName = filter.metric_name;
  metric.metricNamespace = filter.metric_namespace;
  metric.metricValue = filter.metric_value;
  metric.defaultValue = filter.default_value;
  if (!filter.dimensions.empty()) metric.dimensions = filter.dimensions;
  metric.unit = filter.unit;
  return out;
}

aws::Failure no_such_filter() {
  return api::errors::ResourceNotFoundException("The specified metric filter does not exist.");
}

}  // namespace

aws::Outcome<api::PutMetricFilterResponse> Logs::PutMetricFilter(aws::Call& call,
                                                                 const api::PutMetricFilterRequest& input) {
  MetricFilterResource filter = TRY(read_filter(input, call.time));
  const auto has_regex = [](const MetricFilterResource& each) {
    const auto pattern = FilterPattern::parse(each.pattern);
    return pattern && pattern->has_regex();
  };
  TRY(change_group(
      call, input.logGroupName,
      [&](GroupResource& group, store::Transaction& transaction) -> aws::Outcome<void> {
        std::vector<MetricFilterResource> others = TRY(aws::or_failure(metric_filters(store_, group.id)));
        const auto same = std::ranges::find(others, filter.name, &MetricFilterResource::name);
        if (same != others.end()) {
          filter.created_at = same->created_at;
          others.erase(same);
        }
        if (others.size() >= kFiltersMax)
          return api::errors::LimitExceededException("Resource limit exceeded.");
        if (has_regex(filter) && std::ranges::count_if(others, has_regex) >= kRegexFiltersMax)
          return api::errors::LimitExceededException(fmt::format(
              "A log group can have at most {} filters with regular expressions.", kRegexFiltersMax));
        group.metric_filters = static_cast<std::uint32_t>(others.size()) + 1;
        transaction.puts.push_back({metric_filter_key(group.id, filter.name), encode(filter)});
        return {};
      }));
  return api::PutMetricFilterResponse();
}

aws::Outcome<api::DeleteMetricFilterResponse> Logs::DeleteMetricFilter(
    aws::Call& call, const api::DeleteMetricFilterRequest& input) {
  TRY(change_group(call, input.logGroupName,
                   [&](GroupResource& group, store::Transaction& transaction) -> aws::Outcome<void> {
                     const std::string key = metric_filter_key(group.id, input.filterName);
                     if (!TRY(aws::or_failure(store_.get(key)))) return no_such_filter();
                     transaction.deletes.push_back(key);
                     --group.metric_filters;
                     return {};
                   }));
  return api::DeleteMetricFilterResponse();
}

// Of one group, or of all: by filter name, then group.
aws::Outcome<std::vector<api::MetricFilter>> Logs::all_metric_filters(
    const aws::Call& call, const api::DescribeMetricFiltersRequest& input) {
  std::vector<api::MetricFilter> all;
  const auto add = [&](const GroupResource& group) -> aws::Outcome<void> {
    if (group.metric_filters == 0) return {};
    for (const MetricFilterResource& filter : TRY(aws::or_failure(metric_filters(store_, group.id)))) {
      if (input.logGroupName && !filter.name.starts_with(input.filterNamePrefix.value_or(""))) continue;
      if (input.metricName &&
          (filter.metric_name != *input.metricName || filter.metric_namespace != *input.metricNamespace))
        continue;
      all.push_back(shown(filter, group.name));
    }
    return {};
  };
  if (input.logGroupName) {
    TRY(add(TRY(group(call, *input.logGroupName)).value));
    return all;
  }
  store::RangeOptions options{.limit = kScannedAtOnce};
  for (bool more = true; more;) {
    const store::Range range = TRY(aws::or_failure(store_.range(groups_prefix(place_of(call)), options)));
    for (const store::KeyValue& item : range.items) TRY(add(TRY(aws::or_failure(decode_group(item.value)))));
    more = range.more;
    if (more) options = {.limit = kScannedAtOnce, .start_after = range.items.back().key};
  }
  std::ranges::stable_sort(all, {}, [](const api::MetricFilter& each) { return *each.filterName; });
  return all;
}

aws::Outcome<api::DescribeMetricFiltersResponse> Logs::DescribeMetricFilters(
    aws::Call& call, const api::DescribeMetricFiltersRequest& input) {
  if (input.metricName.has_value() != input.metricNamespace.has_value())
    return api::errors::InvalidParameterException(
        "metricName and metricNamespace are given together or not.");
  const std::vector<api::MetricFilter> all = TRY(all_metric_filters(call, input));
  // Behind "filter", a line break (which no name has), "group".
  const auto place = [](const api::MetricFilter& each) {
    return *each.filterName + "\n" + *each.logGroupName;
  };
  auto at = all.begin();
  if (input.nextToken) {
    at = std::ranges::find(all, TRY(read_page_token(*input.nextToken)), place);
    if (at == all.end()) return api::errors::InvalidParameterException("The specified nextToken is invalid.");
    ++at;
  }
  api::DescribeMetricFiltersResponse out;
  auto& filters = out.metricFilters.emplace();
  for (; at != all.end(); ++at) {
    if (filters.size() == static_cast<std::size_t>(input.limit.value_or(kPerPage))) {
      out.nextToken = page_token(place(filters.back()));
      break;
    }
    filters.push_back(*at);
  }
  return out;
}

aws::Outcome<api::TestMetricFilterResponse> Logs::TestMetricFilter(
    aws::Call&, const api::TestMetricFilterRequest& input) {
  const FilterPattern pattern = TRY(parse_pattern(input.filterPattern));
  api::TestMetricFilterResponse out;
  auto& matches = out.matches.emplace();
  for (std::size_t i = 0; i < input.logEventMessages.size(); ++i) {
    const std::string& message = input.logEventMessages[i];
    if (const auto match = pattern.match(message))
      matches.push_back({.eventNumber = static_cast<std::int64_t>(i) + 1,
                         .eventMessage = message,
                         .extractedValues = match->extracted()});
  }
  return out;
}

}  // namespace meridian::services::logs
