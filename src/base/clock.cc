#include "base/clock.h"

namespace meridian {

SystemTime RealClock::now() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}
MonotonicTime RealClock::monotonic() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
}

namespace {

// Two texts of this a log line: printf would cost more than the rest of the line.
void append_number(std::string& out, unsigned value, unsigned digits) {
  char text[10];
  for (unsigned at = digits; at-- > 0; value /= 10) text[at] = static_cast<char>('0' + value % 10);
  out.append(text, digits);
}

std::string format(SystemTime time, bool with_millis) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::milliseconds>(time - day));
  std::string out;
  out.reserve(24);
  append_number(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  append_number(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_number(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_number(out, static_cast<unsigned>(clock.hours().count()), 2);
  out += ':';
  append_number(out, static_cast<unsigned>(clock.minutes().count()), 2);
  out += ':';
  append_number(out, static_cast<unsigned>(clock.seconds().count()), 2);
  if (with_millis) {
    out += '.';
    append_number(out, static_cast<unsigned>(clock.subseconds().count()), 3);
  }
  return out += 'Z';
}

}  // namespace

std::string format_iso8601(SystemTime time) { return format(time, false); }
std::string format_iso8601_millis(SystemTime time) { return format(time, true); }

}  // namespace meridian
