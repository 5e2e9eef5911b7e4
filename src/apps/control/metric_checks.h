// Health checks of type CLOUDWATCH_METRIC: whether the metric of each one breaks the threshold that its alarm
// had when the check was made or updated last. The alarm's own state, and who sets it, has no say.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "apps/world.h"
#include "net/loop.h"
#include "services/route53/resources.h"
#include "store/series/metric_values.h"
#include "store/series/threshold.h"

namespace meridian::apps {

inline constexpr Duration kMetricCheckTime = std::chrono::seconds(10);  // how often each is looked at

class MetricChecks {
 public:
  using OnFound = std::function<void(const std::string& id, bool healthy)>;

  // `on_found` hears of changes, on the loop's thread.
  MetricChecks(const store::SeriesStore& series, OnFound on_found, const World& world, net::Loop& loop)
      : series_(series), on_found_(std::move(on_found)), world_(world), loop_(loop) {}

  void start();  // on the loop's thread, or before it runs
  // Checks of other types, and those that are disabled, are none of these. Thread-safe.
  void set(const services::route53::HealthCheckResource& check);
  void remove(const std::string& id);

 private:
  struct Check {
    store::MetricQuery query;
    store::ThresholdRule rule;
    std::optional<bool> without_data;  // none: it stays what it is
    std::optional<bool> told;
  };
  static std::optional<Check> read(const services::route53::HealthCheckResource& check);
  void await_turn();
  void look_at(const std::string& id, Check& check);
  std::optional<bool> judge(const std::string& id, const Check& check) const;

  const store::SeriesStore& series_;
  const OnFound on_found_;
  World world_;
  net::Loop& loop_;
  std::map<std::string, Check> checks_;  // of the loop's thread
  std::unique_ptr<net::Timer> timer_;
};

}  // namespace meridian::apps
