// Which periods metrics can be asked in, and how the time of a question is rounded to them.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace meridian::services::cloudwatch {

// 1, 5, 10, 20, 30, or a multiple of 60 up to a day.
bool is_period(std::int32_t seconds);

// Down to a multiple of the period since 1970, before which nothing is kept.
SystemTime whole_periods(SystemTime time, std::chrono::seconds period);

// AWS rounds the start of a request down, the more the longer ago it is (GetMetricStatistics, StartTime).
SystemTime rounded_start(SystemTime start, SystemTime now, std::chrono::seconds period);

}  // namespace meridian::services::cloudwatch
