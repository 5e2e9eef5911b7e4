// DnsSnapshot: the immutable input of the DNS engine. Versions share structure: applying a one-record change to a
// zone of 100,000 records copies a few hundred bytes.
//
// Several zones may share an apex (Route 53 gives each its own name servers). The zone that was made first answers;
// the next takes its place when it goes.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "snapshots/dns/delta.h"

namespace meridian::snapshots::dns {

// (The lookup interface is the engine's business and is defined with the implementation.)
class DnsSnapshot;

}  // namespace meridian::snapshots::dns
