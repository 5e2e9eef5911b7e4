// The edge locations of one process, as its options name them: an address is one of the location that
// --cdn-location names, or of the one before its `=` ("FRA50-C1=192.0.2.1:80"). No control-plane code: an
// edge links it.
#pragma once

#include <string>
#include <vector>

#include "apps/command_line.h"
#include "base/result.h"

namespace meridian::apps {

struct CdnLocationOptions {
  std::string code;
  std::vector<std::string> http = {}, https = {};  // ADDR:PORT
  std::vector<std::string> published = {};         // what DNS answers; none: what is listened on
};

// In the order in which they are first named. Each listens somewhere.
Result<std::vector<CdnLocationOptions>> locations_of(const CdnOptions& options,
                                                     const std::vector<std::string>& published = {});

// How the memory for caches is shared out. Where a process is all alone at one location, that has all of it;
// else one half is for locations, the other for regional caches, each half in equal parts.
struct CacheShares {
  std::size_t location = 0, regional = 0;  // bytes of each
};
CacheShares cache_shares(std::size_t bytes, std::size_t locations, std::size_t regions);

}  // namespace meridian::apps
