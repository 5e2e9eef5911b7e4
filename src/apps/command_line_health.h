// The options of who probes health checks, and of what is made of what they find. A file of its own for its
// length; CLI11 is behind its .cc.
#pragma once

#include "apps/command_line.h"

namespace CLI {
class App;
}

namespace meridian::apps {

void add_health_options(CLI::App& app, HealthOptions& options);
void add_checker_options(CLI::App& edge, std::string& check_from, std::vector<std::string>& resolvers);

}  // namespace meridian::apps
