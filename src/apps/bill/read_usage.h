// Reads what there was, through the signed API: metrics of CloudWatch, and what is configured now.
#pragma once

#include "apps/bill/statement.h"
#include "apps/command_line.h"
#include "base/clock.h"

namespace meridian::apps::bill {

// With `distribution`, of it alone, and no DNS.
Result<Usage> read_usage(const ClientOptions& options, const std::string& distribution, SystemTime start,
                         SystemTime end, const Clock& clock);

}  // namespace meridian::apps::bill
