// The words of `meridian invalidate` on the command line.
#pragma once

#include "apps/command_line.h"

namespace CLI {
class App;
}

namespace meridian::apps {

void add_invalidate(CLI::App& root, InvalidateOptions& options);

}  // namespace meridian::apps
