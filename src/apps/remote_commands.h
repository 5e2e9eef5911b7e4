// The commands that show what the admin endpoint of a running server says.
#pragma once

#include "apps/command_line.h"

namespace meridian::apps {

int status(const StatusOptions& options);
int edges(const EdgesOptions& options);
int explain_dns(const ExplainDnsOptions& options);

}  // namespace meridian::apps
