// How many probes in a row change one checker's mind. Pure.
#pragma once

#include <cstdint>
#include <optional>

namespace meridian::engines::health {

// HealthCheckConfig, FailureThreshold: it counts both ways. What the first probe finds counts at once.
class Streak {
 public:
  // `healthy`: the mind before the first probe.
  explicit Streak(unsigned threshold, std::optional<bool> healthy = {})
      : threshold_(threshold), healthy_(healthy) {}

  // Whether the mind is another one now.
  bool add(bool good) {
    if (!healthy_) {
      healthy_ = good;
      return true;
    }
    against_ = good == *healthy_ ? 0 : against_ + 1;
    if (against_ < threshold_) return false;
    healthy_ = good;
    against_ = 0;
    return true;
  }
  std::optional<bool> healthy() const { return healthy_; }  // nothing before the first probe
  unsigned against() const { return against_; }             // how many in a row found otherwise so far

 private:
  unsigned threshold_, against_ = 0;
  std::optional<bool> healthy_;
};

}  // namespace meridian::engines::health
