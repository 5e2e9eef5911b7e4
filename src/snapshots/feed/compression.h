// zstd, for what the feed carries. Its header stays behind compression.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace meridian::snapshots::feed {

std::string compress(std::string_view plain);
// Refuses bytes that are damaged or do not give exactly `plain_size` bytes; never makes more than that.
Result<std::string> decompress(std::string_view bytes, std::uint64_t plain_size);

}  // namespace meridian::snapshots::feed
