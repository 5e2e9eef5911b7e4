// CloudWatch Logs in a process that has a store: the events in DATA_DIR/logs, how they come in, and what
// frees those that nobody wants any more, once an hour.
#pragma once

#include <memory>
#include <string>

#include "apps/world.h"
#include "services/logs/ingest.h"
#include "store/log_store/log_store.h"
#include "store/store.h"
#include "store/ticker.h"

namespace meridian::apps {

class LogsSide {
 public:
  static Result<std::unique_ptr<LogsSide>> open(const std::string& data_dir, std::uint64_t bytes_max,
                                                store::Store& store, store::MetricSink& metrics,
                                                const World& world);

  store::LogStore& events() { return *events_; }
  // Where parts of this server put what they log.
  services::logs::Ingest& ingest() { return ingest_; }

 private:
  LogsSide(std::unique_ptr<store::LogStore> events, store::Store& store, store::MetricSink& metrics,
           const World& world);

  std::unique_ptr<store::LogStore> events_;
  services::logs::Ingest ingest_;
  store::Ticker forgetting_;
};

}  // namespace meridian::apps
