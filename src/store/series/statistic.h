// What a caller asks of the values of a period: "Average", "p99.9", "PR(100:2000)".
// Rule: a statistic that what is kept of a period cannot give is refused, never approximated by another.
#pragma once

#include <optional>
#include <string_view>

#include "store/series/statistics.h"

namespace meridian::store {

class Statistic {
 public:
  // One of the five that always exist.
  static std::optional<Statistic> parse_basic(std::string_view text);
  // p0 to p100, PR(low:high) with either bound.
  static std::optional<Statistic> parse_extended(std::string_view text);
  static std::optional<Statistic> parse(std::string_view text);

  // Which one of a percentile, 0..1; nothing of other statistics.
  std::optional<double> percentile() const;
  // Nothing when a percentile is asked of values that came as a statistic set.
  std::optional<double> of(const Statistics& statistics) const;

 private:
  enum class Kind : std::uint8_t { SampleCount, Average, Sum, Minimum, Maximum, Percentile, PercentileRank };

  Kind kind_ = Kind::Average;
  double low_ = 0, high_ = 0;  // Percentile: the share in low_
};

}  // namespace meridian::store
