// The queries of one call, or of one alarm: metrics, and expressions over them and one another.
// Rule: what is refused is refused before anything is read: syntax, unknown ids, circles.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aws/call.h"
#include "aws/error.h"
#include "gen/cloudwatch/types.h"
#include "services/cloudwatch/metric_math.h"
#include "services/cloudwatch/resources.h"

namespace meridian::services::cloudwatch {

// A query of a caller, `at` its place in the call: "MetricDataQueries.member.1".
aws::Outcome<AlarmQuery> checked_query(const aws::Call& call, const std::string& at,
                                       const gen::cloudwatch::MetricDataQuery& query);

class MetricQueries {
 public:
  // The message is for the caller.
  static Result<MetricQueries> of(std::vector<AlarmQuery> queries);

  const std::vector<AlarmQuery>& all() const { return queries_; }
  // The longest of what it is computed from, where it does not say.
  std::chrono::seconds period(std::size_t index) const { return periods_[index]; }

  struct Range {
    SystemTime start, end, origin;
  };
  using Read = std::function<Result<std::vector<std::pair<SystemTime, double>>>(const store::MetricQuery&)>;
  // The series of a query: one of a metric, any number of an expression. Computed once. Invalid: it has none.
  Result<std::vector<TimeSeries>> series(std::size_t index, const Range& range, const Read& read);

 private:
  Result<void> link();
  Result<void> compute(std::size_t index, const Range& range, const Read& read);
  std::optional<std::size_t> find(std::string_view id) const;

  std::vector<AlarmQuery> queries_;
  std::vector<std::optional<MathExpression>> expressions_;
  std::vector<std::vector<std::size_t>> needs_;  // of each, what it is computed from
  std::vector<std::size_t> order_;               // what is needed before whoever needs it
  std::vector<std::chrono::seconds> periods_;
  std::vector<std::optional<MathValue>> values_;
  std::size_t points_left_ = MathExpression::kPointsMax;
};

}  // namespace meridian::services::cloudwatch
