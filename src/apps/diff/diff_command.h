// `meridian diff`: reads what would change and who asks, and shows what the server makes of it.
#pragma once

#include <string>
#include <string_view>

#include "apps/command_line.h"
#include "base/clock.h"

namespace meridian::apps {

// 0: everybody would get the same answers; 1: somebody would not; 2: it would be refused, or cannot be known.
int diff(const DiffOptions& options, const Clock& clock);

// The lines of a query log (docs/operate/query-logs.md) as a list in JSON, those that are alike counted
// together; at most `most`, evenly chosen. Of one hosted zone, unless its id is not known. An error when
// there are none.
Result<std::string> summarise_query_log(std::string_view text, std::string_view zone_id, std::size_t most);

}  // namespace meridian::apps
