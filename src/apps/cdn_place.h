// Where this process serves distributions, for whoever leads viewers to it. No control-plane code: an edge
// links it.
#pragma once

#include <vector>

#include "apps/cdn_side.h"
#include "apps/dns_side.h"
#include "snapshots/feed/frame.h"

namespace meridian::apps {

bool is_wildcard(const net::IpAddress& address);  // 0.0.0.0 or ::

// Its locations, where the topology says that they are, or else AWS's; the addresses of each are those that
// are published, or else what is listened on and not a wildcard. One without any is left out: viewers would
// not find it.
Result<std::vector<snapshots::feed::ServedAt>> served_at(const CdnSide& cdn, const DnsSide& dns);

}  // namespace meridian::apps
