// CloudFront's thirteen regional edge caches, by the Region that each is in, and which of them an edge
// location belongs to: the nearest (CF: "How CloudFront delivers content").
#pragma once

#include <span>
#include <string_view>

namespace meridian::pops {

struct RegionalCache {
  std::string_view region;
  double latitude = 0, longitude = 0;  // degrees
};

std::span<const RegionalCache> regional_caches();

// Of a location's code; that of us-east-1 where nobody knows where the location is.
std::string_view regional_cache_of(std::string_view code);

// Which of `there`, names of Regions, stands in for `region`: itself, or else the nearest; of Regions that
// nobody knows, the first. "": there is none.
std::string_view stand_in_for(std::string_view region, std::span<const std::string_view> there);

}  // namespace meridian::pops
