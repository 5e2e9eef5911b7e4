// SeriesStore: time series on disk, as CloudWatch keeps them: what is written is added up at once by minute,
// by five minutes and by hour (and by second where asked for), and each of these is kept for its own time. So
// a long period reads few rows, and what is old costs little.
//
// Rules: what add() has acknowledged survives kill -9; series are bounded by number, rows by age.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "store/series/metric_sink.h"
#include "store/series/statistics.h"

namespace meridian::store {

class Rocks;

struct Point {
  SystemTime start;
  Statistics statistics;
};

struct SeriesStoreOptions {
  std::size_t series_max = 100'000;
};

class SeriesStore final : public MetricSink {
 public:
  // How long each resolution is kept (CloudWatch: "Metrics retention").
  struct Resolution {
    std::chrono::seconds period, kept;
  };
  static constexpr Resolution kBySecond{std::chrono::seconds(1), std::chrono::hours(3)};
  static constexpr Resolution kResolutions[] = {kBySecond,
                                                {std::chrono::minutes(1), std::chrono::days(15)},
                                                {std::chrono::minutes(5), std::chrono::days(63)},
                                                {std::chrono::hours(1), std::chrono::days(455)}};
  static constexpr std::chrono::days kListedFor{14};  // after the last sample

  static Result<std::unique_ptr<SeriesStore>> open(const std::string& directory, const Clock& clock,
                                                   Logger& logger, Metrics& metrics,
                                                   const SeriesStoreOptions& options = {});
  ~SeriesStore() override;

  // All or nothing. Limit: a series would be one too many. Thread-safe, as everything here.
  Result<void> add(std::span<const Sample> samples) override;
  // As add() would answer; nothing is kept.
  Result<void> try_add(std::span<const Sample> samples) const;

  // The periods that begin in [from, to), in order of time; those without a sample are left out. `period` is
  // in whole seconds; periods begin at multiples of it since `origin`. At most `limit`.
  Result<std::vector<Point>> read(const SeriesId& series, SystemTime from, SystemTime to,
                                  std::chrono::seconds period, std::size_t limit,
                                  SystemTime origin = SystemTime()) const;

  // The same of a metric whose unit is left open when it is "": the values of all its units added up.
  Result<std::vector<Point>> read_any_unit(const SeriesId& metric, SystemTime from, SystemTime to,
                                           std::chrono::seconds period, std::size_t limit,
                                           SystemTime origin = SystemTime()) const;

  // Series of the account that `visit` takes, by namespace, metric, dimensions, unit, behind `after`; those
  // with no sample for kListedFor are left out. `visit` ends the walk with false.
  Result<void> list(std::string_view account, const SeriesId* after,
                    const std::function<bool(const SeriesId&, SystemTime last)>& visit) const;

  std::size_t series_count() const;
  std::uint64_t disk_bytes() const;

 private:
  struct Known {
    std::uint64_t number = 0;
    SystemTime last;
  };
  SeriesStore(const Clock& clock, const SeriesStoreOptions& options, Metrics& metrics);
  Result<void> load();
  Result<void> forget_old();
  std::vector<SeriesId> units_of(const SeriesId& metric) const;
  Result<std::map<SeriesId, Known>> known_or_next(std::span<const Sample> samples) const;

  const Clock& clock_;
  const SeriesStoreOptions options_;
  Gauge& series_gauge_;
  std::unique_ptr<Rocks> rocks_;
  mutable std::mutex mutex_;  // of what follows, and of reading and writing one row
  std::map<SeriesId, Known> known_;
  std::uint64_t next_number_ = 1;
  SystemTime forgot_;
};

}  // namespace meridian::store
