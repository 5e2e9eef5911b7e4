// Health checks in a control's process: they are probed, what was found and what an operator says of them is
// kept, and what follows from it reaches DNS here and at the edges.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "apps/control/health_metrics.h"
#include "apps/control/health_probes.h"
#include "apps/control/metric_checks.h"
#include "apps/control/remote_checkers.h"
#include "apps/health_side.h"
#include "compilers/health/health_states.h"
#include "snapshots/feed/server.h"

namespace meridian::apps {

class HealthControl final : private compilers::health::HealthSink {
 public:
  // `feed` may be null. Metrics of checks go to `series`, and checks of metrics read them there; null:
  // neither.
  HealthControl(store::Store& store, HealthSide& here, snapshots::feed::FeedServer* feed,
                store::SeriesStore* series, const std::string& data_dir, const HealthProbing& probing,
                const World& world);
  ~HealthControl() override { stop(); }

  // Reads what was found and said before, in DATA_DIR/health-found and DATA_DIR/health-said; edges hear of
  // every check from then on.
  Result<void> start();
  void stop();               // no more probes; what was found is kept
  LoopThread* probe_loop();  // null: nothing is probed here
  const services::route53::HealthObservations* observations() const { return probes_.get(); }  // the same
  // What an operator says of a check counts in place of what probes find, until it is taken back. On return
  // it counts here, is on its way to the edges, and survives a restart. `words` are {"healthy": true} or
  // {"healthy": false}. Of one thread.
  Result<void> say(std::string_view id, std::string_view words);
  Result<void> take_back(std::string_view id);
  Result<std::string> explain(std::string_view id, Output output) const;  // NotFound. Thread-safe.
  std::string describe(Output output) const;                              // thread-safe
  HealthCounts counts() const;                                            // thread-safe
  std::vector<engines::health::CheckerState> checkers() const;            // thread-safe

 private:
  void set(const std::string& id, bool healthy) override;
  void configured(const services::route53::HealthCheckResource& check) override;
  void removed(const std::string& id) override;
  void found(const std::string& id, bool healthy);
  void keep_found();
  Result<void> keep_said();
  engines::health::SteadyState steady(std::string_view id) const;

  HealthSide& here_;
  snapshots::feed::FeedServer* feed_;
  World world_;
  std::string found_path_, said_path_;
  std::unique_ptr<HealthProbes> probes_;             // null: nothing is probed
  std::unique_ptr<RemoteCheckers> remote_checkers_;  // null: nor are edges listened to
  std::unique_ptr<net::Timer> keep_timer_;
  LoopThread series_loop_{net::make_loop(), "health-series"};
  std::unique_ptr<MetricChecks> metric_checks_;  // null: no check of a metric is found to be anything
  std::unique_ptr<HealthMetrics> metrics_;       // null: nobody wants them
  compilers::health::HealthStates states_;       // last: it calls the others until it is gone
};

}  // namespace meridian::apps
