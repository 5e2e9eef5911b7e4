// Metric math: expressions over time series, such as "100 * errors / FILL(requests, 1)".
// Rules: text from outside; its length, nodes and depth are bounded, and so is the work of computing it. What
// is not defined at a time (no data on one side, a division by zero) is no datapoint, or NaN as a number.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace meridian::services::cloudwatch {

struct TimeSeries {
  std::string label;
  std::chrono::seconds period{60};
  std::vector<std::pair<SystemTime, double>> points;  // by ascending time
};
using MathValue = std::variant<double, TimeSeries, std::vector<TimeSeries>>;

// Where an expression gets what it names from.
struct MathContext {
  SystemTime start, end;            // what FILL and TIME_SERIES fill,
  SystemTime origin;                // with periods that begin at multiples since then
  std::chrono::seconds period{60};  // of TIME_SERIES
  // A query of the call, by id; an error is for the caller.
  std::function<Result<const MathValue*>(std::string_view id)> value_of;
  // Every query that is a metric, and whose id has this in it.
  std::function<Result<std::vector<TimeSeries>>(std::string_view part)> metrics;
  std::size_t points_left;  // that may yet be computed; Limit when it is used up
};

class MathExpression {
 public:
  static constexpr std::size_t kBytesMax = 2048, kNodesMax = 500, kDepthMax = 50;
  static constexpr std::size_t kPointsMax = 20'000'000;  // of one call

  // The message is for the caller.
  static Result<MathExpression> parse(std::string_view text);

  // The ids it names, each once; of METRICS() nothing.
  std::vector<std::string> names() const;
  bool uses_all_metrics() const;  // METRICS
  Result<MathValue> compute(MathContext& context) const;

 private:
  friend class MathParser;
  friend class MathComputer;
  struct Node {
    enum class Kind : std::uint8_t { Number, Text, Name, Negate, Operator, Call } kind;
    double number = 0;
    std::string text;  // of a text, a name, an operator or a function
    std::vector<std::size_t> operands;
  };
  std::vector<Node> nodes_;  // operands before whoever uses them; the last is the whole
};

}  // namespace meridian::services::cloudwatch
