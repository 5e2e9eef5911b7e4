// A zone file's records as the delta that gives an engine exactly that zone.
#pragma once

#include "questions.h"
#include "snapshots/dns/delta.h"

namespace meridian::differential {

snapshots::dns::ZoneChange to_zone_change(const ZoneData& zone, std::string zone_id);

}  // namespace meridian::differential
