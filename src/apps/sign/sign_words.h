// The words of `meridian sign` on the command line.
#pragma once

#include "apps/command_line.h"

namespace CLI {
class App;
}

namespace meridian::apps {

void add_sign(CLI::App& root, SignOptions& options);

}  // namespace meridian::apps
