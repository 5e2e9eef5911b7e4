// Resources → delta. Pure: no store, no clock. A commit compiles by itself, whatever the size of the zones it
// touches.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "snapshots/dns/delta.h"
#include "store/store.h"

namespace meridian::compilers::dns {

// What a compilation must know of the past: zone id → apex (lower-case wire name).
using ZoneIndex = std::unordered_map<std::string, std::string>;

// A resource that cannot be served, with the reason: it is left out, everything else is served.
struct RefusedItem {
  std::string key;
  std::string reason;
};

// A zone whose resource a commit wrote: every change of its records does.
struct ZoneRevision {
  std::string zone_id;
  std::uint64_t revision = 0;
};

struct Compiled {
  snapshots::dns::Delta delta;        // it may change nothing
  std::vector<ZoneRevision> written;  // in an image every zone, with the commit that wrote it last
  std::vector<RefusedItem> refused;
};

// The delta of one commit, from the revision that is served now. `zones` is brought up to date.
Compiled compile_commit(const store::EventBatch& batch, std::uint64_t from, ZoneIndex& zones);

// A full image from everything under the three prefixes, in the order in which the zones were made.
struct StoredItems {
  std::span<const store::KeyValue> zones, record_sets, cidr_collections;
};
Compiled compile_image(const StoredItems& items, std::uint64_t revision, ZoneIndex& zones);

}  // namespace meridian::compilers::dns
