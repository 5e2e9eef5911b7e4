// `meridian edges token` and `meridian edges remove`: on the control's machine, through its data directory.
#pragma once

#include "apps/command_line.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/random.h"

namespace meridian::apps {

int edges_token(const EdgesTokenOptions& options, const Clock& clock, Random& random, Disk& disk);
int edges_remove(const EdgesRemoveOptions& options, Disk& disk);

}  // namespace meridian::apps
