// The words of certificates: options of the server, and `meridian ca`. A file of its own for its length;
// CLI11 is behind its .cc.
#pragma once

#include "apps/command_line.h"

namespace CLI {
class App;
}

namespace meridian::apps {

void add_certificate_options(CLI::App& app, CertificateOptions& options);
// `meridian ca`, and which of its commands was given.
void add_ca(CLI::App& root, CaOptions& options);
void choose_ca(const CLI::App& root, CaOptions& options);

}  // namespace meridian::apps
