// Reads what the doctor looks at: the configuration through the signed API, as any client would, and the
// moment through the operator's endpoint. What a server does not have yet is left unknown; what it should
// answer and does not is an error, for a diagnosis of half a configuration would say nothing is wrong.
#pragma once

#include "apps/command_line.h"
#include "apps/doctor/picture.h"
#include "base/clock.h"
#include "base/result.h"

namespace meridian::apps::doctor {

// Without `live` the operator's endpoint is not asked.
Result<Facts> read_facts(const ClientOptions& options, bool live, const Clock& clock);

}  // namespace meridian::apps::doctor
