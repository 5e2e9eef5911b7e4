// AWS/Route53 metrics of health checks, once a minute for each: whether it is healthy, how many checkers or
// children say so, and how long its endpoint takes where its latency is measured.
// Rule: the minute's work is spread over the minute, so that 10,000 checks are no burst.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/world.h"
#include "compilers/health/health_states.h"
#include "engines/health/probe.h"
#include "net/loop.h"
#include "store/series/metric_sink.h"

namespace meridian::apps {

inline constexpr const char* kHealthMetricsRegion = "us-east-1";  // where AWS has Route 53's
inline constexpr std::size_t kHealthMetricsTurns = 50;            // of a minute

class HealthMetrics {
 public:
  // The share of its checkers that finds a check healthy, 0 to 100; nothing: none says anything.
  using PercentHealthy = std::function<std::optional<double>(const std::string& id)>;

  // `states` and `percent_healthy` are asked on the loop's thread.
  HealthMetrics(const compilers::health::HealthStates& states, PercentHealthy percent_healthy,
                store::MetricSink& sink, const World& world, net::Loop& loop);

  void start();  // on the loop's thread, or before it runs
  // One probe of a check whose latency is measured. Thread-safe.
  void measured(const std::string& id, const std::string& region, const engines::health::ProbeResult& result);

 private:
  struct Latencies {
    std::optional<store::Statistics> connect, handshake, first_byte;
  };
  using ByRegion = std::map<std::string, Latencies>;

  void await_turn();
  void turn();
  void add_state(const compilers::health::HealthStates::State& state, std::vector<store::Sample>& samples);
  void add_latencies(const compilers::health::HealthStates::State& state,
                     std::vector<store::Sample>& samples);

  const compilers::health::HealthStates& states_;
  PercentHealthy percent_healthy_;
  store::MetricSink& sink_;
  World world_;
  std::mutex mutex_;                           // of what follows
  std::map<std::string, ByRegion> latencies_;  // measured since this minute's work began

  // Of the loop's thread: where this minute's work stands.
  std::map<std::string, ByRegion> told_;  // latencies; what nobody asks for goes with the minute
  SystemTime minute_{};
  std::string after_;
  bool over_ = false;
  std::size_t of_turn_ = 1;
  bool failing_ = false;
  net::Loop& loop_;
  std::unique_ptr<net::Timer> timer_;
};

}  // namespace meridian::apps
