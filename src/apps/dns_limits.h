// The limits of a DNS server: from the words of the command line to the engine's options, and who came near
// them.
#pragma once

#include <string>

#include "apps/command_line.h"
#include "apps/dns_service.h"
#include "engines/dns/busiest.h"

namespace meridian::apps {

Result<void> set_limits(DnsServiceOptions& options, const DnsLimitOptions& limits);
std::string describe(const engines::dns::BusyReport& report, Output output);

}  // namespace meridian::apps
