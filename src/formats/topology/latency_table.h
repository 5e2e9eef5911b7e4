// Measured latencies as lines of `cidr,region,milliseconds`: the round trip between a network's clients and a
// Region. Empty lines, lines that begin with '#', and a first line with these three names say nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/regions/regions.h"
#include "net/address.h"

namespace meridian::topology {

inline constexpr std::size_t kLatencyFileBytesMax = 1024 * 1024 * 1024;
inline constexpr std::size_t kLatencyRowsMax = 250'000;  // networks; 160 bytes each
inline constexpr double kLatencyMsMax = 60'000;

struct LatencyRow {
  net::Cidr block;
  std::array<std::uint32_t, regions::kRegionCount> us{};  // microseconds; 0: not measured
};

Result<std::vector<LatencyRow>> parse_latency_table(std::string_view text);

}  // namespace meridian::topology
