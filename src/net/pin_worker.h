// One worker, one CPU: its thread stays there.
#pragma once

#include <thread>
#include <vector>

#include "base/result.h"

namespace meridian::net {

std::vector<int> allowed_cpus();  // those that this process may use, ascending; never empty
Result<void> pin_worker(std::thread& worker, int cpu);

}  // namespace meridian::net
