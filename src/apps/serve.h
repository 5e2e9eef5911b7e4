// `meridian serve`: everything in one process. serve.cc is the whole program from top to bottom.
#pragma once

#include "apps/command_line.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/random.h"

namespace meridian::apps {

// Runs until SIGTERM or SIGINT; the exit status.
int serve(const ServeOptions& options, const Clock& clock, Random& random, Disk& disk);

}  // namespace meridian::apps
