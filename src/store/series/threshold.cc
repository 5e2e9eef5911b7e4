#include "store/series/threshold.h"

#include <algorithm>
#include <array>

namespace meridian::store {
namespace {

constexpr std::array<std::string_view, 4> kComparisons{"GreaterThanOrEqualToThreshold",
                                                       "GreaterThanThreshold", "LessThanThreshold",
                                                       "LessThanOrEqualToThreshold"};
constexpr std::array<std::string_view, 4> kMissingData{"missing", "ignore", "breaching", "notBreaching"};

template <typename Enum>
std::optional<Enum> find(const std::array<std::string_view, 4>& names, std::string_view text) {
  const auto found = std::ranges::find(names, text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view to_string(Comparison comparison) {
  return kComparisons[static_cast<std::size_t>(comparison)];
}
std::optional<Comparison> parse_comparison(std::string_view text) {
  return find<Comparison>(kComparisons, text);
}
std::string_view to_string(MissingData missing) {
  return kMissingData[static_cast<std::size_t>(missing)];
}
std::optional<MissingData> parse_missing_data(std::string_view text) {
  return find<MissingData>(kMissingData, text);
}

bool ThresholdRule::breaks(double value) const {
  switch (comparison) {
    case Comparison::GreaterThanOrEqualToThreshold:
      return value >= threshold;
    case Comparison::GreaterThanThreshold:
      return value > threshold;
    case Comparison::LessThanThreshold:
      return value < threshold;
    case Comparison::LessThanOrEqualToThreshold:
      return value <= threshold;
  }
  return false;
}

Evaluation evaluate(const ThresholdRule& rule, std::span<const std::optional<double>> values) {
  Evaluation out;
  std::size_t breaking = 0, oldest_breaking_age = 0;
  for (std::size_t age = 1; age <= values.size() && out.evaluated.size() < rule.evaluation_periods; ++age) {
    const std::size_t index = values.size() - age;
    if (!values[index]) continue;
    out.evaluated.push_back(index);
    if (!rule.breaks(*values[index])) continue;
    ++breaking;
    oldest_breaking_age = age;
  }
  const auto by_count = [&](std::size_t count) {
    return count >= rule.datapoints_to_alarm ? Verdict::Alarm : Verdict::Ok;
  };
  out.filled = rule.evaluation_periods - out.evaluated.size();
  if (out.filled == 0 || breaking >= rule.datapoints_to_alarm || rule.missing == MissingData::NotBreaching) {
    out.verdict = by_count(breaking);
  } else if (rule.missing == MissingData::Breaching) {
    out.verdict = by_count(breaking + out.filled);
  } else if (breaking < out.evaluated.size()) {
    out.verdict = Verdict::Ok;  // something was within the threshold, and too little beyond
  } else if (rule.missing == MissingData::Ignore) {
    out.verdict = Verdict::Unchanged;
  } else {
    // "Avoiding premature transitions": a breaking value that had the time to be followed by M - 1 others,
    // and was followed by none within the threshold, is an alarm.
    out.verdict = breaking > 0 && oldest_breaking_age >= rule.datapoints_to_alarm ? Verdict::Alarm
                                                                                  : Verdict::InsufficientData;
  }
  return out;
}

}  // namespace meridian::store
