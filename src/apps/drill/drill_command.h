// `meridian drill`: scenarios listed, shown and played.
#pragma once

#include "apps/command_line.h"
#include "base/clock.h"
#include "base/random.h"

namespace meridian::apps {

int play_drill(const DrillOptions& options, const Clock& clock, Random& random);

}  // namespace meridian::apps
