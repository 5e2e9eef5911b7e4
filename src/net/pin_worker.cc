#include "net/pin_worker.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>

#include <cstring>

namespace meridian::net {

std::vector<int> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> out;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
      if (CPU_ISSET(cpu, &set)) out.push_back(cpu);
  if (out.empty()) out.push_back(0);
  return out;
}

Result<void> pin_worker(std::thread& worker, int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (const int why = pthread_setaffinity_np(worker.native_handle(), sizeof set, &set); why != 0)
    return fail(ErrorCode::Unavailable,
                fmt::format("a worker cannot be pinned to CPU {}: {}", cpu, std::strerror(why)));
  return {};
}

}  // namespace meridian::net
