// AWS/CloudFront: what distributions served, minute by minute (CF:programming-cloudwatch-metrics), with the
// additional metrics of those that have a monitoring subscription. Rule: a request counts in the minute in
// which it ended; what is told late is added to that minute.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "apps/cdn_traffic/traffic.h"
#include "base/log.h"
#include "store/series/metric_sink.h"

namespace meridian::apps {

class DistributionMetrics final : public TrafficReader {
 public:
  // At most so much of what was counted is lost with the process.
  static constexpr Duration kTellEvery = std::chrono::seconds(10);

  DistributionMetrics(store::MetricSink& sink, Logger& logger) : sink_(sink), logger_(logger) {}

  void take(const engines::cdn::RequestRecord& record) override;
  void turn(SystemTime now) override;
  void end(SystemTime) override { tell(); }

 private:
  struct Bytes {
    double sum = 0, least = 0, most = 0;
  };
  struct Counts {
    std::string account;
    bool additional = false;
    double requests = 0;
    Bytes downloaded, uploaded;
    std::map<int, double> errors;  // by status
    double cacheable = 0, hits = 0;
    std::optional<store::Statistics> origin_latency;
  };
  using Key = std::pair<SystemTime, std::string>;  // a minute and a distribution's id

  static void add_samples(const Key& key, const Counts& counts, std::vector<store::Sample>& out);
  void tell();

  store::MetricSink& sink_;
  Logger& logger_;
  std::map<Key, Counts> counts_;
  SystemTime told_{};
};

}  // namespace meridian::apps
