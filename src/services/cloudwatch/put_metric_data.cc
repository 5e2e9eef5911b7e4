// PutMetricData: what may be put, and AWS's words for what may not. All data of a call are kept, or none.
#include <fmt/format.h>

#include <cmath>
#include <set>

#include "gen/cloudwatch/errors.h"
#include "services/cloudwatch/metric_identity.h"
#include "services/cloudwatch/service.h"

namespace meridian::services::cloudwatch {
namespace {

constexpr std::size_t kDataMax = 1000, kValuesMax = 150, kDimensionsMax = 30, kProblemsShownMax = 10;
constexpr std::chrono::days kPastMax{14};
constexpr std::chrono::hours kFutureMax{2};
const double kValueMax = std::ldexp(1, 360);

using Problems = std::vector<std::string>;

bool is_value(double value) {
  return std::isfinite(value) && std::abs(value) <= kValueMax;
}

bool is_ascii(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) return false;
  return true;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(' ') == std::string_view::npos;
}

void check_names(const std::string& at, const api::MetricDatum& datum, Problems& problems) {
  if (!is_ascii(datum.MetricName) || is_blank(datum.MetricName))
    problems.push_back(fmt::format("The value for parameter {}.MetricName is invalid.", at));
  if (!datum.Dimensions) return;
  if (datum.Dimensions->size() > kDimensionsMax)
    problems.push_back(fmt::format("The collection {}.Dimensions must not have a size greater than {}.", at,
                                   kDimensionsMax));
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < datum.Dimensions->size(); ++i) {
    const api::Dimension& dimension = (*datum.Dimensions)[i];
    const std::string here = fmt::format("{}.Dimensions.member.{}", at, i + 1);
    if (!is_ascii(dimension.Name) || is_blank(dimension.Name) || dimension.Name.starts_with(':'))
      problems.push_back(fmt::format("The value for parameter {}.Name is invalid.", here));
    if (!is_ascii(dimension.Value) || is_blank(dimension.Value))
      problems.push_back(fmt::format("The value for parameter {}.Value is invalid.", here));
    if (!names.insert(dimension.Name).second)
      problems.push_back(
          fmt::format("The value {} for parameter {}.Name is given more than once.", dimension.Name, here));
  }
}

void check_time(const std::string& at, SystemTime time, SystemTime now, Problems& problems) {
  if (time < now - kPastMax)
    problems.push_back(
        fmt::format("The parameter {}.Timestamp must specify a time within the past two weeks.", at));
  if (time > now + kFutureMax)
    problems.push_back(fmt::format(
        "The parameter {}.Timestamp must specify a time no more than two hours in the future.", at));
}

void check_values(const std::string& at, const api::MetricDatum& datum, Problems& problems) {
  const auto check = [&](double value, std::string_view member) {
    if (!is_value(value))
      problems.push_back(fmt::format("The value {} for parameter {}.{} is invalid.",
                                     std::isnan(value) ? "NaN" : fmt::format("{}", value), at, member));
  };
  if (datum.Value) check(*datum.Value, "Value");
  for (const auto& [list, name] : {std::pair(&datum.Values, "Values"), std::pair(&datum.Counts, "Counts")}) {
    if (!*list) continue;
    if ((*list)->size() > kValuesMax)
      problems.push_back(
          fmt::format("The collection {}.{} must not have a size greater than {}.", at, name, kValuesMax));
    for (const double value : **list) check(value, name);
  }
  if (datum.Counts && datum.Counts->size() != datum.Values->size())
    problems.push_back(fmt::format("The parameters {0}.Values and {0}.Counts must be of the same size.", at));
  if (datum.Counts)
    for (const double count : *datum.Counts)
      if (count <= 0) problems.push_back(fmt::format("The parameter {}.Counts must be greater than 0.", at));
}

void check_set(const std::string& at, const api::StatisticSet& set, Problems& problems) {
  for (const auto& [value, name] : {std::pair(set.SampleCount, "SampleCount"), std::pair(set.Sum, "Sum"),
                                    std::pair(set.Minimum, "Minimum"), std::pair(set.Maximum, "Maximum")})
    if (!is_value(value))
      problems.push_back(
          fmt::format("The value {} for parameter {}.StatisticValues.{} is invalid.", value, at, name));
  if (set.SampleCount <= 0)
    problems.push_back(
        fmt::format("The parameter {}.StatisticValues.SampleCount must be greater than 0.", at));
  if (set.Maximum < set.Minimum)
    problems.push_back(fmt::format(
        "The parameter {0}.StatisticValues.Maximum must be greater than {0}.StatisticValues.Minimum.", at));
}

// Which of Value, Values and StatisticValues there are.
aws::Outcome<void> check_combination(const std::string& at, const api::MetricDatum& datum) {
  const auto both = [&](std::string_view one, std::string_view other) {
    return api::errors::InvalidParameterCombinationException(
        fmt::format("The parameters {0}.{1} and {0}.{2} are mutually exclusive and you have specified both.",
                    at, one, other));
  };
  const bool values = datum.Values && !datum.Values->empty();
  if (datum.Value && values) return both("Value", "Values");
  if (datum.Value && datum.StatisticValues) return both("Value", "StatisticValues");
  if (values && datum.StatisticValues) return both("Values", "StatisticValues");
  if (datum.Counts && !values)
    return api::errors::MissingRequiredParameterException(
        fmt::format("The parameter {}.Values is required.", at));
  if (!datum.Value && !values && !datum.StatisticValues)
    return api::errors::MissingRequiredParameterException(fmt::format(
        "At least one of the parameters {0}.Value, {0}.Values or {0}.StatisticValues must be specified.",
        at));
  return {};
}

store::Statistics statistics_of(const api::MetricDatum& datum) {
  if (const auto& set = datum.StatisticValues)
    return store::Statistics::of_set(set->SampleCount, set->Sum, set->Minimum, set->Maximum);
  if (datum.Value) return store::Statistics::of(*datum.Value);
  store::Statistics all;
  for (std::size_t i = 0; i < datum.Values->size(); ++i)
    all.merge(store::Statistics::of((*datum.Values)[i], datum.Counts ? (*datum.Counts)[i] : 1));
  return all;
}

aws::Outcome<void> check_request(const api::PutMetricDataInput& input) {
  if (input.Namespace.starts_with("AWS/"))
    return api::errors::InvalidParameterValueException("The value AWS/ for parameter Namespace is invalid.");
  if (!is_ascii(input.Namespace) || is_blank(input.Namespace))
    return api::errors::InvalidParameterValueException("The value for parameter Namespace is invalid.");
  if (input.EntityMetricData || input.StrictEntityValidation.value_or(false))
    return api::errors::InvalidParameterValueException("Metrics of entities do not exist here.");
  if (!input.MetricData || input.MetricData->empty())
    return api::errors::MissingRequiredParameterException("The parameter MetricData is required.");
  if (input.MetricData->size() > kDataMax)
    return api::errors::InvalidParameterValueException(
        fmt::format("The collection MetricData must not have a size greater than {}.", kDataMax));
  return {};
}

}  // namespace

aws::Outcome<api::PutMetricDataResponse> CloudWatch::PutMetricData(aws::Call& call,
                                                                   const api::PutMetricDataInput& input) {
  TRY(check_request(input));
  std::vector<store::Sample> samples;
  Problems problems;
  for (std::size_t i = 0; i < input.MetricData->size() && problems.size() < kProblemsShownMax; ++i) {
    const api::MetricDatum& datum = (*input.MetricData)[i];
    const std::string at = fmt::format("MetricData.member.{}", i + 1);
    TRY(check_combination(at, datum));
    const SystemTime time = datum.Timestamp.value_or(call.time);
    check_names(at, datum, problems);
    check_time(at, time, call.time, problems);
    check_values(at, datum, problems);
    if (datum.StatisticValues) check_set(at, *datum.StatisticValues, problems);
    const int resolution = datum.StorageResolution.value_or(60);
    if (resolution != 1 && resolution != 60)
      problems.push_back(
          fmt::format("The parameter {}.StorageResolution must be a value in the set [1, 60].", at));
    if (!problems.empty()) continue;
    samples.push_back({series_id(call, input.Namespace, datum.MetricName, datum.Dimensions,
                                 datum.Unit ? std::string_view(*datum.Unit) : kNoUnit),
                       time, statistics_of(datum), resolution == 1});
  }
  if (!problems.empty())
    return api::errors::InvalidParameterValueException(fmt::format("{}", fmt::join(problems, "\n")));

  if (auto added = call.dry_run ? series_.try_add(samples) : series_.add(samples); !added) {
    if (added.error().code == ErrorCode::Limit)
      return api::errors::LimitExceededFault("The number of metrics that this server keeps is reached.");
    return aws::internal_failure(added.error().message);
  }
  return api::PutMetricDataResponse();
}

}  // namespace meridian::services::cloudwatch
