#include "compilers/health/effective_health.h"

namespace meridian::compilers::health {
namespace {

using services::route53::HealthCheckConfig;
using services::route53::HealthCheckType;

// HealthCheckConfig, Disabled: a check that is off counts as healthy, before Inverted is looked at.
bool as_configured(const HealthCheckConfig& config, bool found) {
  return (config.disabled || found) != config.inverted;
}

// DG:health-checks-creating-values: a new check is healthy until enough is known. Without data there is no
// last known status either, so that LastKnownStatus is healthy.
bool before_anything_is_found(const HealthCheckConfig& config) {
  return config.type != HealthCheckType::CloudWatchMetric ||
         config.insufficient_data_health_status != "Unhealthy";
}

}  // namespace

bool endpoint_health(const HealthCheckConfig& config, std::optional<bool> found) {
  return as_configured(config, found.value_or(before_anything_is_found(config)));
}

// A threshold of 0 is always reached, one above the number of children never.
bool calculated_health(const HealthCheckConfig& config, std::size_t healthy_children) {
  return as_configured(config, healthy_children >= config.health_threshold);
}

}  // namespace meridian::compilers::health
