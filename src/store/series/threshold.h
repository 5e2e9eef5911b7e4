// Whether the values of a metric break a threshold for so many of the last periods: what an alarm is, without
// its name, state and actions. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace meridian::store {

enum class Comparison : std::uint8_t {
  GreaterThanOrEqualToThreshold,
  GreaterThanThreshold,
  LessThanThreshold,
  LessThanOrEqualToThreshold,
};
std::string_view to_string(Comparison comparison);  // as in the API
std::optional<Comparison> parse_comparison(std::string_view text);

// What a period without data counts as (CloudWatch: "Configuring how alarms treat missing data").
enum class MissingData : std::uint8_t { Missing, Ignore, Breaching, NotBreaching };
std::string_view to_string(MissingData missing);  // "notBreaching"
std::optional<MissingData> parse_missing_data(std::string_view text);

struct ThresholdRule {
  Comparison comparison = Comparison::GreaterThanOrEqualToThreshold;
  double threshold = 0;
  std::uint32_t evaluation_periods = 1;   // N
  std::uint32_t datapoints_to_alarm = 1;  // M of them
  MissingData missing = MissingData::Missing;
  bool operator==(const ThresholdRule&) const = default;

  bool breaks(double value) const;
};

// More periods are read than are evaluated, so that data that come late or not at all leave enough of them.
// AWS documents one example, 5 for 3, and no rule.
inline constexpr std::size_t kExtraPeriods = 2;
inline std::size_t periods_read(const ThresholdRule& rule) {
  return rule.evaluation_periods + kExtraPeriods;
}

enum class Verdict : std::uint8_t { Ok, Alarm, InsufficientData, Unchanged };

struct Evaluation {
  Verdict verdict = Verdict::Unchanged;
  std::vector<std::size_t> evaluated;  // which of the values counted, the newest first
  std::size_t filled = 0;              // how many periods without data counted besides
};
// `values` are those of periods_read() periods, the newest last; none where there is no data.
Evaluation evaluate(const ThresholdRule& rule, std::span<const std::optional<double>> values);

}  // namespace meridian::store
