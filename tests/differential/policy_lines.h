// Record sets with routing policies, as lines of text, for an engine that is tried without a control plane:
//
//   collection ID LOCATION BLOCK...
//   set ORIGIN OWNER TYPE TTL VALUE SET_IDENTIFIER HEALTH_CHECK KIND ARGUMENTS...
//
// HEALTH_CHECK may be `-`. Kinds: weighted WEIGHT, failover primary|secondary, latency REGION, geolocation
// CONTINENT COUNTRY (`-`: not told), geoproximity REGION BIAS, multivalue, ip-based COLLECTION LOCATION.
#pragma once

#include <istream>

#include "snapshots/dns/delta.h"

namespace meridian::differential {

// Into the zones of `delta` that are there.
Result<void> add_policies(std::istream& lines, snapshots::dns::Delta& delta);

}  // namespace meridian::differential
