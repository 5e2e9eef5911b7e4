#include "base/clock.h"

#include <cstdio>

namespace meridian {

SystemTime RealClock::now() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}
MonotonicTime RealClock::monotonic() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
}

namespace {
std::string format(SystemTime time, bool with_millis) {
  auto day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::milliseconds>(time - day));
  char text[48];
  int size = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                           static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                           static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                           static_cast<int>(clock.seconds().count()));
  std::string out(text, static_cast<std::size_t>(size));
  if (with_millis) {
    size = std::snprintf(text, sizeof text, ".%03d", static_cast<int>(clock.subseconds().count()));
    out.append(text, static_cast<std::size_t>(size));
  }
  return out + "Z";
}
}  // namespace

std::string format_iso8601(SystemTime time) { return format(time, false); }
std::string format_iso8601_millis(SystemTime time) { return format(time, true); }

}  // namespace meridian
