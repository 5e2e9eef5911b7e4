// What health checkers found about endpoints, as GetHealthCheckStatus shows it: the way in for whoever runs
// checkers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace meridian::services::route53 {

// Thread-safe.
class HealthObservations {
 public:
  struct Observation {
    std::string region, ip_address;  // the checker's
    bool healthy = false;
    std::string reason;  // "HTTP Status Code 200, OK"
    SystemTime checked{};
  };
  virtual ~HealthObservations() = default;
  // Of every checker that probed the check.
  virtual std::vector<Observation> latest(std::string_view health_check_id) const = 0;
  // Of every checker that ever found it unhealthy.
  virtual std::vector<Observation> last_failures(std::string_view health_check_id) const = 0;
  virtual std::vector<std::string> checker_ranges() const = 0;  // CIDR blocks that probes come from
};

}  // namespace meridian::services::route53
