// Which edges there are for one another: of which regional caches each is a part, and where it takes what
// others ask of those.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace meridian::snapshots::cdn {

inline constexpr std::size_t kTierEdgesMax = 1000;
inline constexpr std::size_t kTierRegionsMax = 64;  // of one edge

// Behind an edge's name: what its certificate is for, and what those who ask it want to see there.
inline constexpr std::string_view kEdgeNameSuffix = ".edge.meridian.internal";

struct TierEdge {
  std::string name;                  // as its certificate says
  std::string address;               // ADDR:PORT; "": it asks others, and is asked by none
  std::vector<std::string> regions;  // of the caches that it is a part of
  bool operator==(const TierEdge&) const = default;
};
struct TierMap {
  std::vector<TierEdge> edges;
  bool operator==(const TierMap&) const = default;
};
using SharedTierMap = std::shared_ptr<const TierMap>;

}  // namespace meridian::snapshots::cdn
