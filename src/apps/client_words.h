// What the commands that talk to a running server say alike on the command line. Includes CLI11, which costs
// seconds a file: only files of words include this.
#pragma once

#include <CLI/CLI.hpp>

#include "apps/command_line.h"

namespace meridian::apps {

// The type name tells people enough; CLI11 would add how a value is checked.
CLI::Validator silent(CLI::Validator validator);

void add_output(CLI::App& app, Output& output);
// --admin and --output.
void add_admin(CLI::App& app, ClientOptions& client);
// --endpoint-url and --data-dir.
void add_endpoint(CLI::App& app, ClientOptions& client);

}  // namespace meridian::apps
