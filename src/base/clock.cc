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
char* put_number(char* to, unsigned value, unsigned digits) {
  for (unsigned at = digits; at-- > 0; value /= 10) to[at] = static_cast<char>('0' + value % 10);
  return to + digits;
}

std::string format(SystemTime time, bool with_millis) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::milliseconds>(time - day));
  char text[24];
  char* at = put_number(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  *at++ = '-';
  at = put_number(at, static_cast<unsigned>(date.month()), 2);
  *at++ = '-';
  at = put_number(at, static_cast<unsigned>(date.day()), 2);
  *at++ = 'T';
  at = put_number(at, static_cast<unsigned>(clock.hours().count()), 2);
  *at++ = ':';
  at = put_number(at, static_cast<unsigned>(clock.minutes().count()), 2);
  *at++ = ':';
  at = put_number(at, static_cast<unsigned>(clock.seconds().count()), 2);
  if (with_millis) {
    *at++ = '.';
    at = put_number(at, static_cast<unsigned>(clock.subseconds().count()), 3);
  }
  *at++ = 'Z';
  return std::string(text, at);
}

}  // namespace

std::string format_iso8601(SystemTime time) {
  return format(time, false);
}
std::string format_iso8601_millis(SystemTime time) {
  return format(time, true);
}

}  // namespace meridian
