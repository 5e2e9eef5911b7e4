// The words of `meridian doctor` on the command line.
#pragma once

#include "apps/command_line.h"

namespace CLI {
class App;
}

namespace meridian::apps {

void add_doctor(CLI::App& root, DoctorOptions& options);

}  // namespace meridian::apps
