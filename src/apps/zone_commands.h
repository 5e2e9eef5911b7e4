// `meridian zone import` and `meridian zone export`: zone files against the Route 53 API of a running server.
#pragma once

#include "apps/command_line.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/random.h"
#include "gen/route53/types.h"

namespace meridian::apps {

int zone_import(const ZoneImportOptions& options, const Clock& clock, Random& random, Disk& disk);
struct ImportedSet;
// The change that imports it.
gen::route53::Change upsert(const ImportedSet& set);

int zone_export(const ZoneExportOptions& options, const Clock& clock);

}  // namespace meridian::apps
