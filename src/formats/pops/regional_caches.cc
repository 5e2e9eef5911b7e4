#include "formats/pops/regional_caches.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "formats/pops/pops.h"

namespace meridian::pops {
namespace {

constexpr RegionalCache kCaches[] = {
    {"us-east-1", 38.9, -77.5},      {"us-east-2", 40.0, -83.0},     {"us-west-1", 37.4, -121.9},
    {"us-west-2", 45.6, -121.2},     {"ap-south-1", 19.1, 72.9},     {"ap-northeast-1", 35.6, 139.7},
    {"ap-northeast-2", 37.5, 126.9}, {"ap-southeast-1", 1.3, 103.9}, {"ap-southeast-2", -33.9, 151.2},
    {"eu-central-1", 50.1, 8.7},     {"eu-west-1", 53.3, -6.3},      {"eu-west-2", 51.5, -0.1},
    {"sa-east-1", -23.5, -46.6},
};

// Grows with the distance over the ground (the haversine of the angle).
double farness(double latitude, double longitude, const RegionalCache& to) {
  constexpr double kRadians = std::numbers::pi / 180;
  const double across = std::sin((to.latitude - latitude) * kRadians / 2);
  const double along = std::sin((to.longitude - longitude) * kRadians / 2);
  return across * across + std::cos(latitude * kRadians) * std::cos(to.latitude * kRadians) * along * along;
}

const RegionalCache* find(std::string_view region) {
  const auto* const found = std::ranges::find(kCaches, region, &RegionalCache::region);
  return found == std::end(kCaches) ? nullptr : found;
}

}  // namespace

std::span<const RegionalCache> regional_caches() {
  return kCaches;
}

std::string_view regional_cache_of(std::string_view code) {
  const auto pop = find_pop(code);
  if (!pop) return kCaches[0].region;
  return std::ranges::min_element(
             kCaches, {},
             [&](const RegionalCache& cache) { return farness(pop->latitude, pop->longitude, cache); })
      ->region;
}

std::string_view stand_in_for(std::string_view region, std::span<const std::string_view> there) {
  if (there.empty()) return "";
  if (std::ranges::find(there, region) != there.end()) return region;
  const RegionalCache* const wanted = find(region);
  if (!wanted) return there.front();
  return *std::ranges::min_element(there, {}, [&](std::string_view name) {
    const RegionalCache* const cache = find(name);
    return cache ? farness(wanted->latitude, wanted->longitude, *cache) : 2.0;  // beyond the antipodes
  });
}

}  // namespace meridian::pops
