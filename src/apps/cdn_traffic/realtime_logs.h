// Real-time logs: a line for each request of a behavior that has a configuration, or for a part of them, into
// the stream that it names (CF:real-time-logs). Rule: as CloudFront says, on a best-effort basis: what a
// stream does not take is dropped, and counted.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "apps/cdn_traffic/traffic.h"
#include "base/log.h"
#include "base/random.h"
#include "engines/cdn/access_log/log_lines.h"
#include "services/kinesis/shard_log.h"
#include "store/follower.h"

namespace meridian::apps {

class RealtimeLogs final : public TrafficReader, private store::FollowerReader {
 public:
  static constexpr std::size_t kWaitingBytesMax = 16 * 1024 * 1024;  // of lines, between two turns
  static constexpr Duration kWarnEvery = std::chrono::minutes(1);    // of one stream

  RealtimeLogs(store::Store& store, services::kinesis::ShardLog& shards, Random& random, Logger& logger,
               Metrics& metrics);
  ~RealtimeLogs() override;

  // Knows the configurations that there are when it returns. Once.
  Result<void> start() { return follower_->start(); }

  void take(const engines::cdn::RequestRecord& record) override;
  void turn(SystemTime now) override;
  void end(SystemTime now) override;

 private:
  struct Config {
    std::string account, stream_arn;
    std::uint64_t sampling_rate = 100;  // percent
    engines::cdn::access_log::RealtimeLines lines;
  };
  struct Waiting {  // for one stream
    std::string account;
    std::vector<std::string> lines;
  };

  void all(store::Range range) override;
  void changed(const store::EventBatch& batch) override;
  void put(const store::KeyValue& item);
  std::shared_ptr<const Config> config_of(const std::string& arn);
  Result<void> deliver(const std::string& stream_arn, const Waiting& waiting);

  store::Store& store_;
  services::kinesis::ShardLog& shards_;
  SeededRandom random_;
  Logger& logger_;
  Counter& delivered_;
  Counter& dropped_;

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Config>, std::less<>> configs_;  // by the store's key

  // The traffic's thread.
  std::map<std::string, Waiting> waiting_;  // by the stream's ARN
  std::size_t waiting_bytes_ = 0;
  std::map<std::string, SystemTime> warned_;

  std::unique_ptr<store::Follower> follower_;  // the last: it calls until it is gone
};

}  // namespace meridian::apps
