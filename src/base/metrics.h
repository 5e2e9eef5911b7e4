// Counters, gauges and histograms with Prometheus text output.
// Rule: a hot path increments cells of its own thread only; summing happens when somebody reads.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meridian {

using Labels = std::vector<std::pair<std::string, std::string>>;

// A monotonic count. add() is one relaxed store on a cell of the calling thread's shard.
class Counter {
 public:
  static constexpr std::size_t kShards = 16;
  void add(std::uint64_t by = 1);
  std::uint64_t value() const;

 private:
  struct alignas(64) Cell {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Cell, kShards> cells_;
};

class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double by) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Fixed upper bounds in seconds (or any unit the name says), ascending; +Inf is implied.
class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds);
  void observe(double value);
  const std::vector<double>& bounds() const { return bounds_; }
  std::vector<std::uint64_t> counts() const;  // one a bound, then +Inf; not cumulative
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::vector<double> bounds_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;
  std::atomic<double> sum_{0};
};

// Owns every metric of a process. Names follow Prometheus: meridian_<room>_<what>_<unit|total>.
// Asking for the same name and labels again returns the same object. At most kSeriesMax label sets a name;
// beyond that all further ones share the series labelled overflow="true".
class Metrics {
 public:
  static constexpr std::size_t kSeriesMax = 2000;

  Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, std::vector<double> bounds, Labels labels = {});
  // Called at each scrape, before the text is written: to copy what other threads keep for themselves.
  void on_scrape(std::function<void()> refresh);

  std::string prometheus_text();

 private:
  struct Series {
    Labels labels;
    std::unique_ptr<Counter> counter;
    std::unique_ptr<Gauge> gauge;
    std::unique_ptr<Histogram> histogram;
  };
  struct Family {
    std::string help;
    const char* type = "";
    std::map<Labels, Series> series;
  };
  Series& series(std::string_view name, std::string_view help, const char* type, Labels labels);

  std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
  std::vector<std::function<void()>> refreshers_;
};

}  // namespace meridian
