// Whether a health check is healthy, by its settings and by what was found. Pure.
#pragma once

#include <cstddef>
#include <optional>

#include "services/route53/resources.h"

namespace meridian::compilers::health {

// Of a check that watches something itself; `found` is empty while nothing is known.
bool endpoint_health(const services::route53::HealthCheckConfig& config, std::optional<bool> found);

// Of a CALCULATED check, so many of whose children are healthy.
bool calculated_health(const services::route53::HealthCheckConfig& config, std::size_t healthy_children);

}  // namespace meridian::compilers::health
