// AWS/Route53 DNSQueries: how many queries each hosted zone answered here, once a minute, for CloudWatch.
// Rule: what is told is what the engine of this process counted; edges count for themselves and tell nobody.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "net/loop.h"
#include "store/series/metric_sink.h"
#include "store/store.h"

namespace meridian::apps {

class ZoneMetrics {
 public:
  using Counts = std::map<std::string, std::uint64_t>;  // by zone id, since the start of the engine

  ZoneMetrics(std::function<Counts()> counts, store::Store& store, store::MetricSink& sink, Logger& logger)
      : counts_(std::move(counts)), store_(store), sink_(sink), logger_(logger) {}

  // At every minute of the loop's clock from now on. On the loop's thread, or before it runs.
  void start(net::Loop& loop);
  // What was answered since the last time, as of the minute before `now`.
  void publish(SystemTime now);

 private:
  std::function<Counts()> counts_;
  store::Store& store_;
  store::MetricSink& sink_;
  Logger& logger_;
  Counts told_;
  std::unique_ptr<net::Timer> timer_;
};

}  // namespace meridian::apps
