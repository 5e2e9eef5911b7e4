// Time reaches all code through Clock, passed from main, so that a deployment can run under a virtual clock.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

namespace meridian {

using Duration = std::chrono::nanoseconds;
using SystemTime = std::chrono::sys_time<Duration>;                               // UTC, may jump
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;  // never goes back

class Clock {
 public:
  virtual ~Clock() = default;
  virtual SystemTime now() const = 0;
  virtual MonotonicTime monotonic() const = 0;
};

class RealClock final : public Clock {
 public:
  SystemTime now() const override;
  MonotonicTime monotonic() const override;
};

// Stands still until told otherwise; both scales move together.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(SystemTime start) : now_(start.time_since_epoch().count()) {}
  SystemTime now() const override { return SystemTime(Duration(now_.load())); }
  MonotonicTime monotonic() const override { return MonotonicTime(Duration(now_.load())); }
  void advance(Duration by) { now_ += by.count(); }

 private:
  std::atomic<Duration::rep> now_;
};

std::string format_iso8601(SystemTime time);         // 2026-11-21T04:38:00Z
std::string format_iso8601_millis(SystemTime time);  // 2026-11-21T04:38:00.123Z

}  // namespace meridian
