// MetricSink: where a part of the server puts what it has measured of itself (AWS/Route53 and the like),
// without knowing who keeps it.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "store/series/statistics.h"

namespace meridian::store {

// Metrics are of an account in a region: an alarm or a graph never sees those of another region.
std::string metric_scope(std::string_view account, std::string_view region);

struct SeriesId {
  std::string account;  // metric_scope() of it
  std::string name_space;
  std::string metric;
  std::map<std::string, std::string> dimensions;
  std::string unit;

  auto operator<=>(const SeriesId&) const = default;
};

struct Sample {
  SeriesId series;
  SystemTime at;
  Statistics statistics;
  bool by_second = false;  // high resolution
};

class MetricSink {
 public:
  virtual ~MetricSink() = default;
  // All or nothing; from any thread.
  virtual Result<void> add(std::span<const Sample> samples) = 0;
};

}  // namespace meridian::store
