// `meridian explain health`, in the server: why a health check has the status that it has, as text or JSON
// (docs/operate/health.md). Pure.
#pragma once

#include <string>
#include <vector>

#include "apps/command_line.h"
#include "compilers/health/health_states.h"
#include "engines/health/panel.h"
#include "engines/health/steady.h"

namespace meridian::apps {

struct HealthFacts {
  compilers::health::HealthStates::Details check;
  std::vector<engines::health::Opinion> opinions;
  engines::health::SteadyState steady;
};

std::string explain_health(const HealthFacts& facts, Output output);

}  // namespace meridian::apps
