// The health checkers of this process, one for each of AWS's checker Regions, on a loop and a thread of their
// own: from the settings of checks to what was found.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/loop_thread.h"
#include "engines/health/panel.h"
#include "services/route53/health_observations.h"
#include "services/route53/resources.h"

namespace meridian::apps {

// What is probed of a check; an error says why nothing is.
Result<engines::health::CheckSettings> probe_settings(const services::route53::HealthCheckResource& check);

class HealthProbes final : public services::route53::HealthObservations, private engines::health::PanelSink {
 public:
  // `on_found` is called on the loop's thread.
  HealthProbes(Random& random, std::function<void(const std::string& id, bool healthy)> on_found);
  ~HealthProbes() override { loop_.stop(); }

  void start() { loop_.start(); }
  void stop() { loop_.stop(); }
  LoopThread& loop() { return loop_; }
  // Checks count as they are set; before start() they wait. Thread-safe.
  void set(const services::route53::HealthCheckResource& check);
  void remove(const std::string& id);

  std::vector<Observation> latest(std::string_view id) const override;
  std::vector<Observation> last_failures(std::string_view id) const override;
  std::vector<std::string> checker_ranges() const override;

 private:
  void found(const std::string& id, bool healthy) override { on_found_(id, healthy); }

  std::function<void(const std::string& id, bool healthy)> on_found_;
  LoopThread loop_;
  engines::health::Panel panel_;
};

}  // namespace meridian::apps
