// Finds how the names in an RRset's values can be compressed (RFC 1035 §4.1.4), once for all replies.
#pragma once

#include <vector>

#include "snapshots/dns/name_node.h"

namespace meridian::snapshots::dns {

// One link a value; empty for types whose RDATA must not be compressed (RFC 3597 §4) or holds no name, and
// for SOA, of which a reply holds one at most. `apex_labels`: of the zone.
std::vector<NameLink> link_names(const RecordSet& set, std::size_t apex_labels, const HashKey& key);

}  // namespace meridian::snapshots::dns
