// The words of `meridian drill` on the command line.
#pragma once

#include "apps/command_line.h"

namespace CLI {
class App;
}

namespace meridian::apps {

void add_drill(CLI::App& root, DrillOptions& options);
// Which of its subcommands was chosen.
void choose_drill(const CLI::App& root, DrillOptions& options);

}  // namespace meridian::apps
