// `meridian invalidate`: CreateInvalidation for people, with the soft purge that AWS's tools cannot ask for
// (docs/use/invalidate.md).
#pragma once

#include "apps/command_line.h"
#include "base/clock.h"
#include "base/random.h"

namespace meridian::apps {

int invalidate(const InvalidateOptions& options, const Clock& clock, Random& random);

}  // namespace meridian::apps
