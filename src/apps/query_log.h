// The query log of a DNS server, from the words of the command line: the one list of its destinations.
#pragma once

#include <memory>
#include <string>

#include "apps/command_line.h"
#include "apps/world.h"
#include "base/disk.h"
#include "engines/dns/query_log/query_log.h"

namespace meridian::apps {

// Whether SIGHUP means something: files that may have been moved away.
bool has_log_files(const QueryLogOptions& options);

// Null when nothing is to be logged. `nsid` names the server in dnstap, and in lines where no edge location
// is given.
Result<std::unique_ptr<engines::dns::query_log::QueryLog>> make_query_log(const QueryLogOptions& options,
                                                                          const std::string& nsid,
                                                                          unsigned workers,
                                                                          const World& parts);

}  // namespace meridian::apps
