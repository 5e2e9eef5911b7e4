// One worker, one CPU: its thread stays there, and the kernel gives its sockets what that CPU receives.
#pragma once

#include <thread>
#include <vector>

#include "base/result.h"

namespace meridian::engines::dns {

std::vector<int> allowed_cpus();  // those that this process may use, ascending; never empty
Result<void> pin_worker(std::thread& worker, int cpu);

}  // namespace meridian::engines::dns
