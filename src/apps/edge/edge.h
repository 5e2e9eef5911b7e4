// `meridian edge`: DNS from a control's feed, and nothing of the control plane; `meridian edge join`.
#pragma once

#include "apps/command_line.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/random.h"

namespace meridian::apps {

// Runs until SIGTERM or SIGINT; the exit status.
int edge(const EdgeOptions& options, const Clock& clock, Random& random, Disk& disk);
// Turns a token into the identity in the data directory.
int edge_join(const EdgeJoinOptions& options, const Clock& clock, Disk& disk);

}  // namespace meridian::apps
