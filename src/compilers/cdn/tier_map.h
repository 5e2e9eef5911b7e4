// The map of edges that ask one another, as the control keeps it in the store for the CDN: changed by a
// commit, so that it has its place in the order of revisions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "snapshots/cdn/tier_map.h"

namespace meridian::compilers::cdn {

inline constexpr std::string_view kTierMapKey = "cloudfront/served/tier-map";

std::string encode(const snapshots::cdn::TierMap& map);
Result<snapshots::cdn::TierMap> decode_tier_map(std::string_view bytes);

}  // namespace meridian::compilers::cdn
