// Where this process serves distributions, for whoever leads viewers to it. No control-plane code: an edge
// links it.
#pragma once

#include <vector>

#include "apps/cdn_side.h"
#include "apps/dns_side.h"
#include "snapshots/feed/frame.h"

namespace meridian::apps {

// The location of that code, where the topology says that it is, or else AWS's; its addresses are
// `published`, or else what is listened on and not a wildcard. None: viewers would not find it.
Result<std::vector<snapshots::feed::ServedAt>> served_at(const std::string& code,
                                                         const std::vector<std::string>& published,
                                                         const CdnSide& cdn, const DnsSide& dns);

}  // namespace meridian::apps
