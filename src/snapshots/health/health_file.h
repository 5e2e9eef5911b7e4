// Health states as a text, for files that outlive a process: a first line that names the form, then one check
// a line.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "snapshots/health/health_table.h"

namespace meridian::snapshots::health {

std::string write_states(std::span<const HealthTable::Entry> states);
// Corrupt for a text that write_states() does not make.
Result<std::vector<HealthTable::Entry>> read_states(std::string_view text);

}  // namespace meridian::snapshots::health
