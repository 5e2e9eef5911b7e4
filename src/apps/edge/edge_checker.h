// An edge that is a checker: probes what its control tells it to, on a thread of its own, and keeps what it
// found until the control takes it. Without its control it probes on.
#pragma once

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "apps/loop_thread.h"
#include "apps/probe_support.h"
#include "apps/world.h"
#include "engines/health/probe_meter.h"
#include "engines/health/report_book.h"
#include "engines/health/vantage.h"
#include "snapshots/feed/client.h"

namespace meridian::apps {

class EdgeChecker final : public snapshots::feed::CheckerTarget, private engines::health::CheckObserver {
 public:
  // Invalid: AWS has no checkers in that Region.
  static Result<std::unique_ptr<EdgeChecker>> make(const std::string& region,
                                                   const std::vector<net::Address>& resolvers,
                                                   const World& world,
                                                   std::unique_ptr<net::Loop> loop = net::make_loop());
  ~EdgeChecker() override { stop(); }

  void start() { loop_.start(); }
  void stop() { loop_.stop(); }
  net::Loop& loop() { return loop_.loop(); }
  std::size_t checks() const { return told_count_; }  // thread-safe

  std::string region() const override { return vantage_.region; }
  void set_check(const std::string& id, std::string_view settings) override;
  void remove_check(const std::string& id) override;
  void forget_checks_but(const std::set<std::string>& ids) override;
  std::vector<snapshots::feed::CheckBytes> take_reports(std::size_t most) override;
  void repeat_reports() override { book_.repeat(); }

 private:
  EdgeChecker(engines::health::Vantage vantage, const std::vector<net::Address>& resolvers,
              const World& world, std::unique_ptr<net::Loop> loop);
  void probed(const std::string& id, const engines::health::ProbeResult& result,
              const engines::health::Streak& streak) override;
  void count() { told_count_ = told_.size(); }

  struct Check {
    net::IpAddress endpoint;
    engines::health::Report report;
  };

  World world_;
  engines::health::Vantage vantage_;
  engines::health::ReportBook book_;
  std::set<std::string> told_;  // of the feed's thread
  std::atomic<std::size_t> told_count_{0};
  LoopThread loop_;
  // Of that loop's thread:
  std::map<std::string, Check> checks_;
  ProbeSupport support_;
  engines::health::ProbeMeter meter_;
  engines::health::Checker checker_;
};

}  // namespace meridian::apps
