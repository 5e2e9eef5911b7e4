#include "services/cloudwatch/periods.h"

#include <algorithm>

namespace meridian::services::cloudwatch {

using std::chrono::seconds;

bool is_period(std::int32_t period) {
  if (period <= 0 || period > 86400) return false;
  return period % 60 == 0 || period == 1 || period == 5 || period == 10 || period == 20 || period == 30;
}

SystemTime whole_periods(SystemTime time, seconds period) {
  const auto since = std::max(std::chrono::floor<seconds>(time).time_since_epoch(), seconds(0));
  return SystemTime(since - since % period);
}

SystemTime rounded_start(SystemTime start, SystemTime now, seconds period) {
  seconds step(60);
  if (period < step)
    step = period;
  else if (start < now - std::chrono::days(63))
    step = seconds(3600);
  else if (start < now - std::chrono::days(15))
    step = seconds(300);
  return whole_periods(start, step);
}

}  // namespace meridian::services::cloudwatch
