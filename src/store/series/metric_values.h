// The last values of a metric as one statistic: what an alarm compares with its threshold.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "store/series/series_store.h"

namespace meridian::store {

struct MetricQuery {
  SeriesId metric;        // unit "": of all units together
  std::string statistic;  // as Statistic::parse() reads it
  std::chrono::seconds period{60};
  bool operator==(const MetricQuery&) const = default;
};

struct MetricValue {
  SystemTime start;  // of the period
  double value = 0, sample_count = 0;
};

// The `count` periods up to `end`, the newest last; none where there is no data. Invalid: no such statistic.
Result<std::vector<std::optional<MetricValue>>> last_values(const SeriesStore& series,
                                                            const MetricQuery& query, SystemTime end,
                                                            std::size_t count);

}  // namespace meridian::store
