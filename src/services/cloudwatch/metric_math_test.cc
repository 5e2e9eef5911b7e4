#include "services/cloudwatch/metric_math.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace meridian::services::cloudwatch {
namespace {

using namespace std::chrono_literals;

constexpr SystemTime kStart{std::chrono::seconds(1'800'000'000)};
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// A value a minute from kStart; NaN: none.
TimeSeries series(std::string label, std::initializer_list<double> values) {
  TimeSeries out{.label = std::move(label), .period = 60s, .points = {}};
  SystemTime at = kStart;
  for (const double value : values) {
    if (!std::isnan(value)) out.points.emplace_back(at, value);
    at += 1min;
  }
  return out;
}

class MetricMathTest : public testing::Test {
 protected:
  Result<MathValue> compute(std::string_view text) {
    MathContext context{.start = kStart,
                        .end = kStart + 4min,
                        .origin = SystemTime(),
                        .period = 60s,
                        .value_of = [&](std::string_view id) -> Result<const MathValue*> {
                          const auto found = values.find(id);
                          if (found == values.end()) return invalid("no such id");
                          return &found->second;
                        },
                        .metrics = [&](std::string_view part) -> Result<std::vector<TimeSeries>> {
                          std::vector<TimeSeries> out;
                          for (const auto& [id, value] : values)
                            if (id.find(part) != id.npos) out.push_back(std::get<TimeSeries>(value));
                          return out;
                        },
                        .points_left = points_left};
    const auto expression = TRY(MathExpression::parse(text));
    return expression.compute(context);
  }
  static std::string shown(const TimeSeries& one) {
    std::string out;
    SystemTime at = kStart;
    for (const auto& [time, value] : one.points) {
      for (; at < time; at += 1min) out += "- ";
      out += fmt::format("{} ", value);
      at += 1min;
    }
    if (!out.empty()) out.pop_back();
    return out;
  }
  // "1 - 3": a series, "[1 2][3]" a list, "=5" a number, "!why".
  std::string result(std::string_view text) {
    const auto value = compute(text);
    if (!value) return "!" + value.error().message;
    if (const auto* number = std::get_if<double>(&*value)) return fmt::format("={}", *number);
    if (const auto* one = std::get_if<TimeSeries>(&*value)) return shown(*one);
    std::string out;
    for (const TimeSeries& each : std::get<std::vector<TimeSeries>>(*value)) out += "[" + shown(each) + "]";
    return out;
  }

  std::map<std::string, MathValue, std::less<>> values{{"m1", series("m1", {1, 2, 3, 4})},
                                                       {"m2", series("m2", {2, kNone, 0, 8})}};
  std::size_t points_left = 1000;
};

TEST_F(MetricMathTest, Numbers) {
  EXPECT_EQ(result("1 + 2 * 3"), "=7");
  EXPECT_EQ(result("(1 + 2) * 3"), "=9");
  EXPECT_EQ(result("2 ^ 3 ^ 2"), "=512");
  EXPECT_EQ(result("-2 ^ 2"), "=-4");
  EXPECT_EQ(result("2 ^ -1"), "=0.5");
  EXPECT_EQ(result("10 - 2 - 3"), "=5");
  EXPECT_EQ(result("1.5e3 / 3"), "=500");
  EXPECT_EQ(result("1 < 2 AND 2 <= 2 && 3 != 4"), "=1");
  EXPECT_EQ(result("1 == 2 OR 2 >= 3 || 1 > 2"), "=0");
  EXPECT_EQ(result("ABS(-3) + CEIL(1.2) + FLOOR(1.8) + LOG10(100)"), "=8");
  EXPECT_EQ(result("1 / 0"), "=nan");
}

TEST_F(MetricMathTest, SeriesMeetAtTheirTimes) {
  EXPECT_EQ(result("m1 + 1"), "2 3 4 5");
  EXPECT_EQ(result("10 / m1 > 3"), "1 1 1 0");
  EXPECT_EQ(result("m1 * m2"), "2 - 0 32");
  EXPECT_EQ(result("m1 / m2"), "0.5 - - 0.5") << "no datapoint where the divisor is zero";
  EXPECT_EQ(result("-m1"), "-1 -2 -3 -4");
  EXPECT_EQ(result("[m1, m2] * 2"), "[2 4 6 8][4 - 0 16]");
  EXPECT_EQ(result("1 - METRICS(\"m1\")"), "[0 -1 -2 -3]");
}

TEST_F(MetricMathTest, Folds) {
  EXPECT_EQ(result("SUM(m1)"), "=10");
  EXPECT_EQ(result("AVG(m1)"), "=2.5");
  EXPECT_EQ(result("MAX(m2) - MIN(m2)"), "=8");
  EXPECT_EQ(result("STDDEV([m1, m1 + 2])"), "1 1 1 1");
  EXPECT_EQ(result("SUM(METRICS())"), "3 2 3 12");
  EXPECT_EQ(result("AVG(METRICS('m'))"), "1.5 2 1.5 6");
  EXPECT_EQ(result("MAX(m1, m2)"), "2 2 3 8");
  EXPECT_EQ(result("DATAPOINT_COUNT(m2)"), "=3");
  EXPECT_EQ(result("METRIC_COUNT(METRICS())"), "=2");
  EXPECT_EQ(result("AVG(m1) / PERIOD(m1) * 60"), "=2.5");
}

TEST_F(MetricMathTest, FillsHoles) {
  EXPECT_EQ(result("FILL(m2, 0)"), "2 0 0 8");
  EXPECT_EQ(result("FILL(m2, REPEAT)"), "2 2 0 8");
  EXPECT_EQ(result("FILL(m2, LINEAR)"), "2 1 0 8");
  EXPECT_EQ(result("FILL(m2, m1)"), "2 2 0 8");
  EXPECT_EQ(result("FILL([m1, m2], 7)"), "[1 2 3 4][2 7 0 8]");
  values["none"] = series("none", {});
  EXPECT_EQ(result("FILL(none, 5)"), "5 5 5 5");
  EXPECT_EQ(result("FILL(none, REPEAT)"), "");
  EXPECT_EQ(result("TIME_SERIES(3)"), "3 3 3 3");
}

TEST_F(MetricMathTest, FromOnePointToTheNext) {
  EXPECT_EQ(result("DIFF(m1)"), "- 1 1 1");
  EXPECT_EQ(result("RATE(m1 * 60)"), "- 1 1 1");
  EXPECT_EQ(result("DIFF_TIME(m2)"), "- - 120 60");
  EXPECT_EQ(result("RUNNING_SUM(m1)"), "1 3 6 10");
}

TEST_F(MetricMathTest, Chooses) {
  EXPECT_EQ(result("IF(m1 > 2, m1, 0)"), "0 0 3 4");
  EXPECT_EQ(result("IF(m1 > 2, m1)"), "- - 3 4");
  EXPECT_EQ(result("IF(AVG(m1) > 2, m1, m2)"), "1 2 3 4");
  EXPECT_EQ(result("IF(m1 > 0, m2, 1)"), "2 - 0 8");
  EXPECT_EQ(result("FIRST([m1, m2])"), "1 2 3 4");
  EXPECT_EQ(result("LAST([m1, m2])"), "2 - 0 8");
  EXPECT_EQ(result("REMOVE_EMPTY([m1, IF(m1 > 9, m1)])"), "[1 2 3 4]");
}

TEST_F(MetricMathTest, RefusesWhatIsNoExpression) {
  for (const char* text :
       {"", "m1 +", "(m1", "m1)", "m1 m2", "1..2", "3x", "FILL(m1", "\"open", "m1 ? m2", "[m1", ",", "$"})
    EXPECT_FALSE(MathExpression::parse(text)) << text;
  EXPECT_EQ(result("nobody + 1"), "!no such id");
  EXPECT_EQ(result("ANOMALY_DETECTION_BAND(m1)"), "!the function ANOMALY_DETECTION_BAND does not exist here");
  EXPECT_EQ(result("[m1] + [m2]"), "!'+' stands between two lists of series");
  EXPECT_EQ(result("PERIOD(5)"), "!PERIOD is of time series, not of a number");
  EXPECT_EQ(result("FILL(m1)"), "!FILL takes 2 arguments");
  EXPECT_EQ(result("FILL(m1, SPLINE)"), "!FILL takes a number, a series, REPEAT or LINEAR");
  EXPECT_EQ(result("REPEAT + 1"), "!'REPEAT' has no value here");
  EXPECT_EQ(result("RATE(m1, m2)"), "!RATE takes 1 arguments");
  EXPECT_EQ(result("SUM()"), "!SUM takes 1 to 500 arguments");
}

TEST_F(MetricMathTest, HasLimits) {
  const auto refusal = [](const std::string& text) {
    const auto parsed = MathExpression::parse(text);
    return parsed ? "" : parsed.error().message;
  };
  EXPECT_EQ(refusal(std::string(49, '(') + "1" + std::string(49, ')')), "");
  EXPECT_EQ(refusal(std::string(50, '(') + "1" + std::string(50, ')')), "it is nested deeper than 50");
  EXPECT_EQ(refusal(std::string(60, '-') + "1"), "it is nested deeper than 50");
  EXPECT_EQ(refusal(std::string(2049, ' ')), "it has more than 2048 characters");
  std::string sum = "1";
  for (int i = 0; i < 300; ++i) sum += "+1";
  EXPECT_EQ(refusal(sum), "it has more than 500 parts");
  points_left = 7;
  EXPECT_EQ(result("m1 + 0"), "!it is too much to compute at once");
}

TEST_F(MetricMathTest, TellsWhatItNames) {
  const auto expression = MathExpression::parse("m1 + FILL(m2, REPEAT) * m1").value();
  EXPECT_THAT(expression.names(), testing::ElementsAre("m1", "m2"));
  EXPECT_FALSE(expression.uses_all_metrics());
  EXPECT_TRUE(MathExpression::parse("SUM(METRICS())")->uses_all_metrics());
}

}  // namespace
}  // namespace meridian::services::cloudwatch
