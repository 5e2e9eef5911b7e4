// The words of `meridian bill` on the command line.
#pragma once

#include "apps/command_line.h"

namespace CLI {
class App;
}

namespace meridian::apps {

void add_bill(CLI::App& root, BillOptions& options);

}  // namespace meridian::apps
