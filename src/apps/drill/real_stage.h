// A running server as the stage of a drill: its API, its DNS, its health checkers, and endpoints on loopback
// addresses of this machine.
#pragma once

#include <memory>

#include "apps/command_line.h"
#include "apps/drill/scenario.h"
#include "apps/drill/stage.h"
#include "base/random.h"

namespace meridian::apps::drill {

// An error says what of the scenario cannot be done for real, or why the server cannot be reached. `options`
// outlives the stage.
Result<std::unique_ptr<Stage>> make_real_stage(const DrillOptions& options, const Scenario& scenario,
                                               const Clock& clock, Random& random);

}  // namespace meridian::apps::drill
