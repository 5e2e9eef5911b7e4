// What changes in the CDN's data between two revisions: what the compiler makes and an engine applies.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "snapshots/cdn/snapshot.h"

namespace meridian::snapshots::cdn {

// Objects that are to be fetched again. An engine forgets them before it serves the revision.
struct Invalidation {
  std::string id, distribution_id;
  std::uint64_t revision = 0;      // of the store, when it was asked for
  std::vector<std::string> paths;  // "/images/*", "/index.html", "#tag"
};

struct Delta {
  std::uint64_t to = 0;
  bool whole = false;  // everything that is not in `puts` is gone
  std::vector<SharedDistribution> puts{};
  std::vector<std::string> removes{};         // ids
  std::vector<Invalidation> invalidations{};  // in the order they were asked for
};

}  // namespace meridian::snapshots::cdn
