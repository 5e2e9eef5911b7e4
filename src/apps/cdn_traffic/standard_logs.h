// Standard logs of distributions (legacy, CF:AccessLogs): what each file of the spool becomes in its bucket,
// and when. Rule: a line that was taken is in its bucket after kDeliverEvery and the time to put it there, as
// long as there is such a bucket; after kGiveUpAfter it is dropped, and counted.
#pragma once

#include <memory>

#include "apps/cdn_traffic/log_spool.h"
#include "apps/cdn_traffic/traffic.h"
#include "apps/world.h"

namespace meridian::apps {

class StandardLogs final : public TrafficReader {
 public:
  static constexpr Duration kDeliverEvery = std::chrono::minutes(5);
  static constexpr Duration kGiveUpAfter = std::chrono::hours(24);

  StandardLogs(const World& world, const std::string& data_dir, std::unique_ptr<LogBucket> bucket);
  ~StandardLogs() override { loop_.stop(); }

  // Closes what an earlier process left, and delivers from now on, on a thread of its own.
  Result<void> start();

  void take(const engines::cdn::RequestRecord& record) override;
  void turn(SystemTime now) override;
  void end(SystemTime now) override;

  // Every closed file that can be.
  void deliver();

 private:
  void deliver_and_wait();
  void deliver(const std::string& name);
  Result<void> try_to_deliver(const std::string& name);

  World world_;
  std::unique_ptr<LogBucket> bucket_;
  Counter& delivered_;
  Counter& dropped_files_;
  LogSpool spool_;
  SystemTime now_{};  // of the last turn
  std::string line_;
  LoopThread loop_;
  std::unique_ptr<net::Timer> timer_;
};

}  // namespace meridian::apps
