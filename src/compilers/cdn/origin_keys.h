// What origin requests are signed with, day by day, as the control keeps it in the store for the CDN: sealed,
// and changed by a commit, so that it has its place in the order of revisions.
#pragma once

#include <string>
#include <string_view>

#include "snapshots/cdn/origin_keys.h"
#include "store/objects/master_key.h"

namespace meridian::compilers::cdn {

inline constexpr std::string_view kOriginKeysKey = "cloudfront/served/origin-keys";

std::string encode(const snapshots::cdn::OriginKeys& keys, const store::objects::Secrets& secrets);
Result<snapshots::cdn::OriginKeys> decode_origin_keys(std::string_view bytes,
                                                      const store::objects::Secrets& secrets);

}  // namespace meridian::compilers::cdn
