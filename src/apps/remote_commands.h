// The commands that show what the admin endpoint of a running server says, or say something to it.
#pragma once

#include "apps/command_line.h"

namespace meridian::apps {

int status(const StatusOptions& options);
int edges(const EdgesOptions& options);
int health_list(const HealthListOptions& options);
int health_set(const HealthSetOptions& options);
int health_clear(const HealthClearOptions& options);
int explain_dns(const ExplainDnsOptions& options);
int explain_health(const ExplainHealthOptions& options);
int explain_http(const ExplainHttpOptions& options);
int explain_s3(const ExplainS3Options& options);

}  // namespace meridian::apps
