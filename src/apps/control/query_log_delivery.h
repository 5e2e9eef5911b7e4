// Route 53's query logging: the lines of the zones that have a configuration, on their way from the DNS
// workers to CloudWatch Logs. Rule: neither the workers nor the query log's thread wait for the log store;
// what it cannot take in time is dropped and counted.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "engines/dns/query_log/logged_zones.h"
#include "engines/dns/query_log/route53_sink.h"
#include "engines/dns/query_log/sink.h"
#include "services/route53/resources.h"
#include "store/follower.h"
#include "store/log_store/log_sink.h"

namespace meridian::apps {

class QueryLogDelivery final : public engines::dns::query_log::Sink, private store::FollowerReader {
 public:
  // Lines wait so long, or until there are so many bytes of them: a durable append costs the same for one
  // line as for thousands.
  static constexpr Duration kLinesWait = std::chrono::milliseconds(200);
  static constexpr std::size_t kLinesBytes = 256 * 1024;

  QueryLogDelivery(std::string edge_location, Logger& logger, Metrics& metrics);
  ~QueryLogDelivery() override;

  static constexpr std::string_view kName = "cloudwatch-logs";
  std::string_view name() const override { return kName; }
  engines::dns::query_log::LoggedZones& zones() { return zones_; }

  // From here on the zones are those of the configurations in the store. Once.
  Result<void> start(store::Store& store, store::LogSink& logs);
  // Before the store and the logs go: what waits is delivered, within kEndTimeMax.
  void stop();

  void take(const engines::dns::query_log::Record& record) override;
  void flush(MonotonicTime now) override;
  void end() override { stop(); }

 private:
  struct Line {
    std::int64_t time_ms;
    std::size_t offset, size;
  };
  struct Lines {  // of one zone
    std::string text;
    std::vector<Line> lines;
  };
  using LinesByZone = std::map<std::string, Lines, std::less<>>;
  struct Configured {
    std::string zone_id;
    store::LogDestination destination;
  };

  void all(store::Range range) override;
  void changed(const store::EventBatch& batch) override;
  void put(const store::KeyValue& item);
  void publish_zones();
  void deliver_handed();
  void deliver(const std::string& zone_id, const Lines& lines);

  Logger& logger_;
  engines::dns::query_log::SinkMetrics metrics_;
  engines::dns::query_log::LoggedZones zones_;
  const std::string edge_location_;

  // The query log's thread.
  engines::dns::query_log::Route53Lines formatter_;
  std::string line_;
  LinesByZone waiting_;
  std::size_t waiting_bytes_ = 0;
  MonotonicTime waiting_since_{};

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable wake_, idle_;
  std::map<std::string, Configured, std::less<>> configured_;  // by id
  LinesByZone handed_;
  bool delivering_ = false, waits_ = false, hurry_ = false, stopping_ = false;

  store::LogSink* logs_ = nullptr;  // set before the thread starts
  std::unique_ptr<store::Follower> follower_;
  std::thread thread_;
};

}  // namespace meridian::apps
