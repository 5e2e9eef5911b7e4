// The query log of a DNS server, from the words of the command line: the one list of its destinations.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "apps/command_line.h"
#include "apps/world.h"
#include "base/disk.h"
#include "engines/dns/query_log/query_log.h"

namespace meridian::apps {

// Whether SIGHUP means something: files that may have been moved away.
bool has_log_files(const QueryLogOptions& options);

// A destination of the process's own, beside those of the command line.
using MakeDestination =
    std::function<engines::dns::query_log::QueryLog::Destination(const std::string& edge_location)>;

// Null when nothing is to be logged. `nsid` names the server in dnstap, and in lines where no edge location
// is given. `own` may be empty.
Result<std::unique_ptr<engines::dns::query_log::QueryLog>> make_query_log(const QueryLogOptions& options,
                                                                          const std::string& nsid,
                                                                          unsigned workers,
                                                                          const MakeDestination& own,
                                                                          const World& parts);

}  // namespace meridian::apps
