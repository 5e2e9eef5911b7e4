// What reaches all code of a server from main, and where all of it reports.
#pragma once

#include "base/clock.h"
#include "base/disk.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"

namespace meridian::apps {

struct World {
  const Clock& clock;
  Random& random;
  Disk& disk;
  Logger& logger;
  Metrics& metrics;
};

}  // namespace meridian::apps
