// The options of the CDN. A file of its own for command_line.cc's length; CLI11 is behind its .cc.
#pragma once

#include "apps/command_line.h"

namespace CLI {
class App;
}

namespace meridian::apps {

void add_cdn_options(CLI::App& app, CdnOptions& options);
// Of a process that may have edges.
void add_own_origins(CLI::App& app, OwnOrigins& options);
void add_edge_cdn_options(CLI::App& app, EdgeOptions& options);

}  // namespace meridian::apps
