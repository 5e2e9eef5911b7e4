#include "apps/control/health_metrics.h"

namespace meridian::apps {
namespace {

using State = compilers::health::HealthStates::State;
using store::Statistics;

constexpr Duration kTurnTime = std::chrono::seconds(1);

void add(std::optional<Statistics>& all, const std::optional<Duration>& time) {
  if (!time) return;
  const auto one = Statistics::of(std::chrono::duration<double, std::milli>(*time).count());
  if (all)
    all->merge(one);
  else
    all = one;
}

void merge(std::optional<Statistics>& all, const std::optional<Statistics>& some) {
  if (!some) return;
  if (all)
    all->merge(*some);
  else
    all = some;
}

store::Sample sample(const State& state, SystemTime now, const char* metric, Statistics statistics,
                     const char* unit, const std::string& region = "") {
  store::Sample out{{store::metric_scope(state.account, kHealthMetricsRegion),
                     "AWS/Route53",
                     metric,
                     {{"HealthCheckId", state.id}},
                     unit},
                    now,
                    std::move(statistics)};
  if (!region.empty()) out.series.dimensions["Region"] = region;
  return out;
}

}  // namespace

HealthMetrics::HealthMetrics(const compilers::health::HealthStates& states, PercentHealthy percent_healthy,
                             store::MetricSink& sink, const World& world, net::Loop& loop)
    : states_(states),
      percent_healthy_(std::move(percent_healthy)),
      sink_(sink),
      world_(world),
      loop_(loop) {}

void HealthMetrics::start() {
  await_turn();
}

void HealthMetrics::await_turn() {
  timer_ = loop_.after(kTurnTime, [this] {
    turn();
    await_turn();
  });
}

void HealthMetrics::measured(const std::string& id, const std::string& region,
                             const engines::health::ProbeResult& result) {
  std::lock_guard lock(mutex_);
  Latencies& latencies = latencies_[id][region];
  add(latencies.connect, result.connected);
  add(latencies.handshake, result.handshake);
  add(latencies.first_byte, result.first_byte);
}

void HealthMetrics::turn() {
  const SystemTime minute = std::chrono::floor<std::chrono::minutes>(world_.clock.now());
  if (minute != minute_) {
    minute_ = minute;
    after_.clear();
    over_ = false;
    of_turn_ = states_.size() / kHealthMetricsTurns + 1;
    std::lock_guard lock(mutex_);
    told_ = std::exchange(latencies_, {});
  }
  if (over_) return;
  const std::vector<State> states = states_.states(after_, of_turn_);
  over_ = states.size() < of_turn_;
  if (states.empty()) return;
  after_ = states.back().id;
  std::vector<store::Sample> samples;
  for (const State& state : states) {
    add_state(state, samples);
    add_latencies(state, samples);
  }
  const auto added = sink_.add(samples);
  if (!added && !failing_)
    world_.logger.error("health", "metrics of health checks are not kept", {{"why", added.error().message}});
  failing_ = !added;
}

// DG:monitoring-health-checks names the metrics.
void HealthMetrics::add_state(const State& state, std::vector<store::Sample>& samples) {
  const SystemTime now = world_.clock.now();
  samples.push_back(sample(state, now, "HealthCheckStatus", Statistics::of(state.healthy), "None"));
  if (state.healthy_children)
    samples.push_back(sample(state, now, "ChildHealthCheckHealthyCount",
                             Statistics::of(static_cast<double>(*state.healthy_children)), "None"));
  else if (const auto percent = percent_healthy_(state.id))
    samples.push_back(
        sample(state, now, "HealthCheckPercentageHealthy", Statistics::of(*percent), "Percent"));
}

void HealthMetrics::add_latencies(const State& state, std::vector<store::Sample>& samples) {
  const auto at = told_.find(state.id);
  if (at == told_.end()) return;
  const SystemTime now = world_.clock.now();
  constexpr struct {
    const char* metric;
    std::optional<Statistics> Latencies::*member;
  } kMetrics[] = {{"ConnectionTime", &Latencies::connect},
                  {"SSLHandshakeTime", &Latencies::handshake},
                  {"TimeToFirstByte", &Latencies::first_byte}};
  for (const auto& [metric, member] : kMetrics) {
    std::optional<Statistics> all;
    for (const auto& [region, latencies] : at->second) {
      if (!(latencies.*member)) continue;
      samples.push_back(sample(state, now, metric, *(latencies.*member), "Milliseconds", region));
      merge(all, latencies.*member);
    }
    if (all) samples.push_back(sample(state, now, metric, *std::move(all), "Milliseconds"));
  }
}

}  // namespace meridian::apps
