#include "services/cloudwatch/metric_math.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

namespace meridian::services::cloudwatch {
namespace {

using std::chrono::seconds;
using SeriesList = std::vector<TimeSeries>;

double seconds_between(SystemTime from, SystemTime to) {
  return std::chrono::duration<double>(to - from).count();
}

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

std::optional<double> operate(const std::string& symbol, double a, double b) {
  double out = 0;
  if (std::isnan(a) || std::isnan(b)) return std::nullopt;
  if (symbol == "+")
    out = a + b;
  else if (symbol == "-")
    out = a - b;
  else if (symbol == "*")
    out = a * b;
  else if (symbol == "/")
    out = a / b;
  else if (symbol == "^")
    out = std::pow(a, b);
  else if (symbol == "==")
    out = a == b;
  else if (symbol == "!=")
    out = a != b;
  else if (symbol == "<")
    out = a < b;
  else if (symbol == ">")
    out = a > b;
  else if (symbol == "<=")
    out = a <= b;
  else if (symbol == ">=")
    out = a >= b;
  else if (symbol == "AND" || symbol == "&&")
    out = a != 0 && b != 0;
  else
    out = a != 0 || b != 0;
  return std::isfinite(out) ? std::optional(out) : std::nullopt;
}

// Of all values at once: those of one series, or of many at one time.
using Fold = double (*)(const std::vector<double>&);
double count_of(const std::vector<double>& values) {
  return static_cast<double>(values.size());
}
double sum_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}
double average_of(const std::vector<double>& values) {
  return sum_of(values) / static_cast<double>(values.size());
}
double deviation_of(const std::vector<double>& values) {
  const double average = average_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - average) * (value - average);
  return std::sqrt(squares / static_cast<double>(values.size()));
}
const std::map<std::string_view, Fold>& folds() {
  static const std::map<std::string_view, Fold> kFolds{
      {"AVG", average_of},
      {"DATAPOINT_COUNT", count_of},
      {"MAX", [](const std::vector<double>& values) { return *std::ranges::max_element(values); }},
      {"MIN", [](const std::vector<double>& values) { return *std::ranges::min_element(values); }},
      {"STDDEV", deviation_of},
      {"SUM", sum_of}};
  return kFolds;
}

using Map = double (*)(double);
const std::map<std::string_view, Map>& maps() {
  static const std::map<std::string_view, Map> kMaps{{"ABS", std::fabs},
                                                     {"CEIL", std::ceil},
                                                     {"FLOOR", std::floor},
                                                     {"LOG", std::log},
                                                     {"LOG10", std::log10}};
  return kMaps;
}

// From one datapoint to the next; the first has none.
using Step = double (*)(double before, double after, double seconds);
const std::map<std::string_view, Step>& steps() {
  static const std::map<std::string_view, Step> kSteps{
      {"DIFF", [](double before, double after, double) { return after - before; }},
      {"DIFF_TIME", [](double, double, double time) { return time; }},
      {"RATE", [](double before, double after, double time) { return (after - before) / time; }}};
  return kSteps;
}

}  // namespace

class MathComputer {
 public:
  MathComputer(const MathExpression& expression, MathContext& context)
      : expression_(expression), context_(context) {}

  Result<MathValue> at(std::size_t index) {
    const Node& node = expression_.nodes_[index];
    switch (node.kind) {
      case Kind::Number:
        return node.number;
      case Kind::Text:
        return invalid(fmt::format("'{}' has no value here", node.text));
      case Kind::Name: {
        MathValue value = *TRY(context_.value_of(node.text));
        TRY(spend(value));
        return value;
      }
      case Kind::Negate: {
        const MathValue zero = 0.0, value = TRY(at(node.operands[0]));
        return combine("-", zero, value);
      }
      case Kind::Operator: {
        const MathValue left = TRY(at(node.operands[0]));
        const MathValue right = TRY(at(node.operands[1]));
        return combine(node.text, left, right);
      }
      case Kind::Call:
        return call(node);
    }
    return 0.0;
  }

 private:
  using Node = MathExpression::Node;
  using Kind = Node::Kind;

  Result<void> spend(std::size_t points) {
    if (points > context_.points_left) return fail(ErrorCode::Limit, "it is too much to compute at once");
    context_.points_left -= points;
    return {};
  }
  Result<void> spend(const MathValue& value) {
    if (const auto* series = std::get_if<TimeSeries>(&value)) return spend(series->points.size());
    if (const auto* list = std::get_if<SeriesList>(&value))
      for (const TimeSeries& each : *list) TRY(spend(each.points.size()));
    return {};
  }

  Result<MathValue> combine(const std::string& symbol, const MathValue& left, const MathValue& right) {
    if (const auto* a = std::get_if<double>(&left))
      if (const auto* b = std::get_if<double>(&right)) return operate(symbol, *a, *b).value_or(kUndefined);
    const auto* lefts = std::get_if<SeriesList>(&left);
    const auto* rights = std::get_if<SeriesList>(&right);
    if (lefts != nullptr && rights != nullptr)
      return invalid(fmt::format("'{}' stands between two lists of series", symbol));
    if (lefts == nullptr && rights == nullptr) return combine_one(symbol, left, right);
    SeriesList out;
    for (const TimeSeries& each : lefts != nullptr ? *lefts : *rights)
      out.push_back(std::get<TimeSeries>(
          TRY(lefts != nullptr ? combine_one(symbol, each, right) : combine_one(symbol, left, each))));
    return out;
  }

  // At least one side is a series; where both are, what stands at the same time.
  Result<MathValue> combine_one(const std::string& symbol, const MathValue& left, const MathValue& right) {
    const auto* a = std::get_if<TimeSeries>(&left);
    const auto* b = std::get_if<TimeSeries>(&right);
    TimeSeries out;
    out.label = a != nullptr ? a->label : b->label;
    out.period = std::max(a != nullptr ? a->period : seconds(0), b != nullptr ? b->period : seconds(0));
    const auto add = [&](SystemTime time, double x, double y) {
      if (const auto value = operate(symbol, x, y)) out.points.emplace_back(time, *value);
    };
    if (a != nullptr && b != nullptr) {
      auto other = b->points.begin();
      for (const auto& [time, value] : a->points) {
        while (other != b->points.end() && other->first < time) ++other;
        if (other != b->points.end() && other->first == time) add(time, value, other->second);
      }
    } else if (a != nullptr) {
      for (const auto& [time, value] : a->points) add(time, value, std::get<double>(right));
    } else {
      for (const auto& [time, value] : b->points) add(time, std::get<double>(left), value);
    }
    TRY(spend(out.points.size()));
    return out;
  }

  Result<void> check_count(const Node& node, std::size_t least, std::size_t most) {
    if (node.operands.size() >= least && node.operands.size() <= most) return {};
    return invalid(fmt::format("{} takes {} arguments", node.text,
                               least == most ? std::to_string(least) : fmt::format("{} to {}", least, most)));
  }
  // A text as an argument: METRICS("x"), FILL(m1, REPEAT).
  const std::string* text_at(std::size_t index) const {
    const Node& node = expression_.nodes_[index];
    return node.kind == Kind::Text ? &node.text : nullptr;
  }
  Result<SeriesList> series_at(const Node& node, std::size_t operand) {
    MathValue value = TRY(at(node.operands[operand]));
    if (auto* list = std::get_if<SeriesList>(&value)) return std::move(*list);
    if (auto* series = std::get_if<TimeSeries>(&value)) {
      SeriesList one;
      one.push_back(std::move(*series));
      return one;
    }
    return invalid(fmt::format("{} is of time series, not of a number", node.text));
  }
  // Changes one series, or each of a list.
  template <typename Change>
  Result<MathValue> each(const Node& node, Change change) {
    MathValue value = TRY(at(node.operands[0]));
    if (auto* series = std::get_if<TimeSeries>(&value)) {
      TRY(change(*series));
    } else if (auto* list = std::get_if<SeriesList>(&value)) {
      for (TimeSeries& series : *list) TRY(change(series));
    } else {
      return invalid(fmt::format("{} is of time series, not of a number", node.text));
    }
    return value;
  }

  Result<MathValue> call(const Node& node) {
    const std::string& name = node.text;
    if (name == "[]") return list(node);
    if (name == "METRICS") return all_metrics(node);
    if (name == "IF") return choose(node);
    if (name == "FILL") return fill(node);
    if (const auto found = folds().find(name); found != folds().end()) return fold(node, found->second);
    TRY(check_count(node, 1, 1));
    if (const auto found = maps().find(name); found != maps().end()) return map(node, found->second);
    if (const auto found = steps().find(name); found != steps().end()) return step(node, found->second);
    if (name == "RUNNING_SUM") return running_sum(node);
    if (name == "TIME_SERIES") return time_series(node);
    if (name == "PERIOD") return period_of(node);
    if (name == "METRIC_COUNT") return static_cast<double>(TRY(series_at(node, 0)).size());
    if (name == "REMOVE_EMPTY" || name == "FIRST" || name == "LAST") return some_of(node);
    return invalid(fmt::format("the function {} does not exist here", name));
  }

  Result<MathValue> list(const Node& node) {
    SeriesList out;
    for (std::size_t i = 0; i < node.operands.size(); ++i) {
      SeriesList more = TRY(series_at(node, i));
      std::ranges::move(more, std::back_inserter(out));
    }
    return out;
  }

  Result<MathValue> all_metrics(const Node& node) {
    TRY(check_count(node, 0, 1));
    const std::string* part = node.operands.empty() ? nullptr : text_at(node.operands[0]);
    if (!node.operands.empty() && part == nullptr) return invalid("METRICS takes a text in quotes");
    MathValue found = TRY(context_.metrics(part != nullptr ? *part : ""));
    TRY(spend(found));
    return found;
  }

  // A number of one series; of a list, or of several arguments, a series.
  Result<MathValue> fold(const Node& node, Fold of) {
    TRY(check_count(node, 1, MathExpression::kNodesMax));
    if (node.operands.size() == 1) {
      const MathValue value = TRY(at(node.operands[0]));
      if (const auto* number = std::get_if<double>(&value)) return of({*number});
      if (const auto* series = std::get_if<TimeSeries>(&value)) {
        std::vector<double> values;
        for (const auto& point : series->points) values.push_back(point.second);
        return values.empty() ? kUndefined : of(values);
      }
      return fold(node.text, std::get<SeriesList>(value), of);
    }
    return fold(node.text, std::get<SeriesList>(TRY(list(node))), of);
  }
  MathValue fold(const std::string& label, const SeriesList& list, Fold of) {
    std::map<SystemTime, std::vector<double>> by_time;
    TimeSeries out{.label = label, .period = seconds(0), .points = {}};
    for (const TimeSeries& series : list) {
      out.period = std::max(out.period, series.period);
      for (const auto& [time, value] : series.points) by_time[time].push_back(value);
    }
    for (const auto& [time, values] : by_time) out.points.emplace_back(time, of(values));
    return out;
  }

  Result<MathValue> map(const Node& node, Map of) {
    const MathValue value = TRY(at(node.operands[0]));
    if (const auto* number = std::get_if<double>(&value)) {
      const double out = of(*number);
      return std::isfinite(out) ? out : kUndefined;
    }
    return each(node, [&](TimeSeries& series) -> Result<void> {
      for (auto& point : series.points) point.second = of(point.second);
      std::erase_if(series.points, [](const auto& point) { return !std::isfinite(point.second); });
      return {};
    });
  }

  Result<MathValue> step(const Node& node, Step of) {
    return each(node, [&](TimeSeries& series) -> Result<void> {
      std::vector<std::pair<SystemTime, double>> points;
      for (std::size_t i = 1; i < series.points.size(); ++i) {
        const auto& [before, first] = series.points[i - 1];
        const auto& [time, second] = series.points[i];
        points.emplace_back(time, of(first, second, seconds_between(before, time)));
      }
      series.points = std::move(points);
      return {};
    });
  }

  Result<MathValue> running_sum(const Node& node) {
    return each(node, [](TimeSeries& series) -> Result<void> {
      double sum = 0;
      for (auto& point : series.points) point.second = sum += point.second;
      return {};
    });
  }

  Result<MathValue> some_of(const Node& node) {
    SeriesList list = TRY(series_at(node, 0));
    if (node.text == "REMOVE_EMPTY") {
      std::erase_if(list, [](const TimeSeries& series) { return series.points.empty(); });
      return list;
    }
    if (list.empty()) return invalid(fmt::format("{} of an empty list", node.text));
    return std::move(node.text == "FIRST" ? list.front() : list.back());
  }

  Result<MathValue> period_of(const Node& node) {
    const SeriesList list = TRY(series_at(node, 0));
    if (list.size() != 1) return invalid("PERIOD is of one series");
    return static_cast<double>(list[0].period.count());
  }

  // The times at which the periods of the whole range begin.
  Result<std::vector<SystemTime>> times(seconds period) {
    // In seconds: callers may ask for more time than nanoseconds can count.
    const auto second_of = [](SystemTime time) {
      return std::chrono::floor<seconds>(time.time_since_epoch());
    };
    const seconds since = second_of(context_.start) - second_of(context_.origin);
    const seconds rest = ((since % period) + period) % period;
    const SystemTime first = context_.origin + (since - rest);
    if (first >= context_.end) return std::vector<SystemTime>{};
    TRY(spend(static_cast<std::size_t>((second_of(context_.end) - second_of(first)) / period) + 1));
    std::vector<SystemTime> out;
    for (SystemTime time = first; time < context_.end; time += period) out.push_back(time);
    return out;
  }

  Result<MathValue> time_series(const Node& node) {
    const MathValue value = TRY(at(node.operands[0]));
    const auto* number = std::get_if<double>(&value);
    if (number == nullptr) return value;
    TimeSeries out{.label = node.text, .period = context_.period, .points = {}};
    if (std::isnan(*number)) return out;
    const auto all = TRY(times(context_.period));
    for (const SystemTime time : all) out.points.emplace_back(time, *number);
    return out;
  }

  Result<MathValue> fill(const Node& node) {
    TRY(check_count(node, 2, 2));
    const std::string* way = text_at(node.operands[1]);
    if (way != nullptr && *way != "REPEAT" && *way != "LINEAR")
      return invalid("FILL takes a number, a series, REPEAT or LINEAR");
    const MathValue filler = way != nullptr ? MathValue(0.0) : TRY(at(node.operands[1]));
    if (std::holds_alternative<SeriesList>(filler)) return invalid("FILL takes no list to fill with");
    return each(node, [&](TimeSeries& series) -> Result<void> {
      const std::map<SystemTime, double> have(series.points.begin(), series.points.end());
      std::vector<std::pair<SystemTime, double>> points;
      const auto all = TRY(times(series.period));
      for (const SystemTime time : all) {
        const auto value = have.contains(time) ? std::optional(have.at(time))
                           : way != nullptr    ? between(have, time, *way == "LINEAR")
                                               : value_at(filler, time);
        if (value) points.emplace_back(time, *value);
      }
      series.points = std::move(points);
      return {};
    });
  }
  // From what stands before, or on the line to what stands behind.
  static std::optional<double> between(const std::map<SystemTime, double>& have, SystemTime time,
                                       bool linear) {
    const auto after = have.lower_bound(time);
    if (after == have.begin()) return std::nullopt;
    const auto before = std::prev(after);
    if (!linear) return before->second;
    if (after == have.end()) return std::nullopt;
    const double share = seconds_between(before->first, time) / seconds_between(before->first, after->first);
    return before->second + (after->second - before->second) * share;
  }
  static std::optional<double> value_at(const MathValue& value, SystemTime time) {
    if (const auto* number = std::get_if<double>(&value))
      return std::isnan(*number) ? std::nullopt : std::optional(*number);
    const auto& points = std::get<TimeSeries>(value).points;
    const auto found =
        std::ranges::lower_bound(points, time, {}, [](const auto& point) { return point.first; });
    return found != points.end() && found->first == time ? std::optional(found->second) : std::nullopt;
  }

  // IF(condition, then, else): at each time of the condition; without an else, nothing where it does not
  // hold.
  Result<MathValue> choose(const Node& node) {
    TRY(check_count(node, 2, 3));
    const MathValue condition = TRY(at(node.operands[0]));
    const MathValue then = TRY(at(node.operands[1]));
    const MathValue otherwise = node.operands.size() == 3 ? TRY(at(node.operands[2])) : MathValue(kUndefined);
    if (const auto* number = std::get_if<double>(&condition)) return *number != 0 ? then : otherwise;
    const auto* series = std::get_if<TimeSeries>(&condition);
    if (series == nullptr || std::holds_alternative<SeriesList>(then) ||
        std::holds_alternative<SeriesList>(otherwise))
      return invalid("IF takes no lists");
    TimeSeries out{.label = series->label, .period = series->period, .points = {}};
    for (const auto& [time, holds] : series->points)
      if (const auto value = value_at(holds != 0 ? then : otherwise, time))
        out.points.emplace_back(time, *value);
    return out;
  }

  const MathExpression& expression_;
  MathContext& context_;
};

Result<MathValue> MathExpression::compute(MathContext& context) const {
  return MathComputer(*this, context).at(nodes_.size() - 1);
}

}  // namespace meridian::services::cloudwatch
