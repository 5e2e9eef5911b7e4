// Plays a scenario on a stage and writes down what is seen.
#pragma once

#include "apps/drill/recording.h"
#include "apps/drill/scenario.h"
#include "apps/drill/stage.h"

namespace meridian::apps::drill {

// What the drill makes on the stage it removes again, whatever happens.
Result<Recording> play(const Scenario& scenario, Stage& stage, std::uint64_t seed);

}  // namespace meridian::apps::drill
