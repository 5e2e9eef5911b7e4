// Whether an engine could serve every request by what is in a delta. What is merely odd passes.
#pragma once

#include "snapshots/cdn/delta.h"

namespace meridian::snapshots::cdn {

Result<void> check(const Delta& delta);

}  // namespace meridian::snapshots::cdn
