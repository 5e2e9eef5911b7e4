// Reads what the doctor knows of distributions, through the signed API as read_picture does.
#pragma once

#include "apps/command_line.h"
#include "apps/doctor/cdn_facts.h"
#include "base/clock.h"
#include "base/result.h"

namespace meridian::apps::doctor {

Result<CdnFacts> read_cdn(const ClientOptions& options, const Clock& clock);

}  // namespace meridian::apps::doctor
