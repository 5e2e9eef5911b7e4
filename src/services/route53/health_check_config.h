// The settings of a health check: what each type must, may and must not have, with the texts AWS answers.
// Every function is pure.
#pragma once

#include <cstdint>

#include "gen/route53/types.h"
#include "services/route53/resources.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {

// Which addresses a health check may name. AWS takes public ones only.
enum class HealthCheckTargets : std::uint8_t { Public, Any };

// The settings with AWS's defaults filled in. Whether child health checks exist is for the caller to see.
Checked<HealthCheckConfig> parse_health_check_config(const gen::route53::HealthCheckConfig& input,
                                                     HealthCheckTargets targets);

// The settings after an update.
Checked<HealthCheckConfig> update_health_check_config(const HealthCheckConfig& current,
                                                      const gen::route53::UpdateHealthCheckRequest& update,
                                                      HealthCheckTargets targets);

// As the API shows them.
gen::route53::HealthCheckConfig shown(const HealthCheckConfig& config);

}  // namespace meridian::services::route53
