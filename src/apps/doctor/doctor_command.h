// `meridian doctor`: reads a running server's configuration and says what is wrong with it.
#pragma once

#include "apps/command_line.h"
#include "base/clock.h"

namespace meridian::apps::doctor {

// 0: nothing; 1: findings of the severity asked for, or above; 2: it could not look.
int run_doctor(const DoctorOptions& options, const Clock& clock);

}  // namespace meridian::apps::doctor
