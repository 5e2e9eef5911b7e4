// The health checkers of this process, one a Region, on a loop and a thread of their own, and those at edges:
// from the settings of checks to what was found.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "apps/command_line.h"
#include "apps/loop_thread.h"
#include "apps/probe_support.h"
#include "apps/world.h"
#include "engines/health/panel.h"
#include "engines/health/probe_meter.h"
#include "engines/health/steady.h"
#include "services/route53/health_observations.h"
#include "services/route53/resources.h"
#include "snapshots/feed/server.h"

namespace meridian::apps {

// What is probed of a check; an error says why nothing is.
Result<engines::health::CheckSettings> probe_settings(const services::route53::HealthCheckResource& check);

struct HealthProbing {
  bool on = true;  // here, or at edges
  std::vector<engines::health::Vantage> here = engines::health::vantages();
  Duration checker_live_time = engines::health::kCheckerLiveTime;
  engines::health::SteadyOptions steady = {};
  std::vector<net::Address> resolvers{{net::IpAddress::v4({127, 0, 0, 1}), 53}};
  bool public_only = true;  // names may not lead to private, local or reserved addresses
};
Result<HealthProbing> health_probing(const ServeOptions& options, Disk& disk);

class HealthProbes final : public services::route53::HealthObservations, private engines::health::PanelSink {
 public:
  // `on_found` is called on the loop's thread. `feed` is to where edges are checkers; it may be null.
  HealthProbes(std::function<void(const std::string& id, bool healthy)> on_found,
               const HealthProbing& probing, snapshots::feed::FeedServer* feed, const World& world);
  ~HealthProbes() override { loop_.stop(); }

  void start() { loop_.start(); }
  void stop() { loop_.stop(); }
  LoopThread& loop() { return loop_; }
  engines::health::Panel& panel() { return panel_; }
  engines::health::SteadyState steady(std::string_view id) const { return steadier_.state(id); }
  // Checks count as they are set; before start() they wait. Thread-safe.
  void set(const services::route53::HealthCheckResource& check);
  void remove(const std::string& id);
  // Called on the loop's thread with each probe of a check whose latency is measured. Before start().
  using OnMeasured = std::function<void(const std::string& id, const std::string& region,
                                        const engines::health::ProbeResult& result)>;
  void on_measured(OnMeasured on_measured) { on_measured_ = std::move(on_measured); }
  // The share of the checkers that count which finds the check healthy; nothing: none says anything.
  // Thread-safe.
  std::optional<double> percent_healthy(std::string_view id) const;

  std::vector<Observation> latest(std::string_view id) const override;
  std::vector<Observation> last_failures(std::string_view id) const override;
  std::vector<std::string> checker_ranges() const override;

 private:
  void found(const std::string& id, bool healthy) override { steadier_.found(id, healthy); }
  void silent(const std::string& id) override { steadier_.silent(id); }
  void probed(const std::string& id, const std::string& region,
              const engines::health::ProbeResult& result) override;
  void counts(const engines::health::CheckerState& checker) override;

  snapshots::feed::FeedServer* feed_;
  Logger& logger_;
  const std::vector<engines::health::Vantage> here_;
  const bool public_only_;
  LoopThread loop_;
  engines::health::Steadier steadier_;
  ProbeSupport support_;
  engines::health::ProbeMeter meter_;
  OnMeasured on_measured_;
  std::set<std::string, std::less<>> measured_;  // of the loop's thread
  engines::health::Panel panel_;
};

}  // namespace meridian::apps
