// A publisher's guard: a process that takes every delta first and answers questions about it through the real
// core (see keeper.h). Rules: nothing is published that it has not survived; when it cannot be had, deltas
// are refused with `retry` set, never let through; it costs a query nothing.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "snapshots/dns/delta.h"

namespace meridian::engines::dns {

// Of real time, which a machine that is busy spends too. The keeper judges by processor time, long before.
inline constexpr Duration kCanaryTimeMax = std::chrono::seconds(60);

class Canary {
 public:
  // `image` encodes the snapshot that is served; called by start() on a thread of its own and later by
  // examine(). `program` has the role `canary`.
  Canary(std::string program, std::function<std::string()> image, const Clock& clock, Logger& logger,
         Metrics& metrics);
  ~Canary();
  Canary(const Canary&) = delete;
  Canary& operator=(const Canary&) = delete;

  // Begins to start the process, and returns at once.
  void start();

  // Of one thread, which is the publisher's. Whether the delta may be served; an error says why not, and has
  // `retry` set when that is not the delta's fault.
  Result<void> examine(const snapshots::dns::Delta& delta);
  // What was examined last is served now.
  void keep();

 private:
  struct Verdict {
    bool good;
    std::string why;
  };
  Result<Verdict> ask(const snapshots::dns::Delta& delta, std::string_view encoded);
  Result<void> ready();
  Result<void> launch();
  Result<void> spawn();
  void end();

  std::string program_;
  std::function<std::string()> image_;
  const Clock& clock_;
  Logger& logger_;
  Histogram& seconds_;
  Counter& refused_;
  Counter& started_;
  std::thread starter_;
  pid_t process_ = -1;
  int socket_ = -1;
};

}  // namespace meridian::engines::dns
