// Kinesis in a process that has a store: the records in DATA_DIR/streams, what frees those that have expired,
// once an hour, and what tells of those that came (AWS/Kinesis IncomingRecords, IncomingBytes).
#pragma once

#include <memory>
#include <string>

#include "apps/world.h"
#include "services/kinesis/shard_log.h"
#include "store/log_store/log_store.h"
#include "store/series/metric_sink.h"
#include "store/store.h"
#include "store/ticker.h"

namespace meridian::apps {

class StreamsSide {
 public:
  static constexpr Duration kTellEvery = std::chrono::seconds(10);
  static constexpr std::uint64_t kBytesMax = 1024 * 1024 * 1024;  // of all records; beyond, the oldest go

  static Result<std::unique_ptr<StreamsSide>> open(const std::string& data_dir, store::Store& store,
                                                   store::MetricSink& metrics, const World& world);

  services::kinesis::ShardLog& shards() { return shards_; }

 private:
  StreamsSide(std::unique_ptr<store::LogStore> records, store::Store& store, store::MetricSink& metrics,
              const World& world);
  void tell(store::MetricSink& metrics, const World& world);

  std::unique_ptr<store::LogStore> records_;
  services::kinesis::ShardLog shards_;
  store::Ticker forgetting_, telling_;
};

}  // namespace meridian::apps
