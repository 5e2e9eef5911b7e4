// The AWS Regions that routing policies name, each with where it is: facts, in a fixed order that begins at
// index 0 and only ever grows at its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace meridian::regions {

using RegionIndex = std::uint8_t;
inline constexpr RegionIndex kNoRegion = 255;
inline constexpr std::size_t kRegionCount = 39;

struct Region {
  std::string_view code;         // "eu-west-1"
  std::string_view name;         // "Europe (Ireland)"
  float latitude, longitude;     // degrees
  std::string_view country;      // ISO 3166-1 alpha-2
  std::string_view subdivision;  // the state of the US
};

std::span<const Region> all();
RegionIndex find(std::string_view code);  // kNoRegion: there is none of this code

}  // namespace meridian::regions
