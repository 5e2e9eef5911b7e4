// Latency and geoproximity: the candidate with the smallest number comes first. A client of whom nothing is
// known is equally far from all of them.
#include <algorithm>
#include <limits>

#include "engines/dns/policies.h"

namespace meridian::engines::dns {
namespace {

template <typename Measure>
void rank_by(const RecordGroup& group, Ranking& ranking, Measure measure) {
  std::array<decltype(measure(0)), snapshots::dns::kGroupSizeMax> far;
  for (std::size_t i = 0; i < group.size(); ++i) {
    far[i] = measure(i);
    ranking.add(i);
  }
  std::ranges::sort(std::span(ranking.order).first(ranking.size), [&far](std::uint8_t a, std::uint8_t b) {
    return far[a] != far[b] ? far[a] < far[b] : a < b;
  });
}

}  // namespace

std::uint32_t latency_us(regions::RegionIndex region, ClientPlace& client) {
  constexpr auto kUnknown = std::numeric_limits<std::uint32_t>::max();
  const auto& located = client.located();
  if (!client.locations() || region == regions::kNoRegion) return kUnknown;
  return client.locations()->latency_us(located, region);
}

// The bias is in percent of the distance (routing-policy-geoproximity page).
Distance distance(const Candidate& candidate, ClientPlace& client) {
  constexpr auto kUnknown = std::numeric_limits<float>::infinity();
  const auto& place = *client.located().place;
  if (!place.has_point || !candidate.has_point) return {kUnknown, kUnknown};
  const float km = snapshots::location::great_circle_km(place.point, candidate.point);
  const float share = static_cast<float>(candidate.bias) / 100;
  return {km, share > 0 ? km * (1 - share) : km / (1 + share)};
}

void rank_latency(const RecordGroup& group, ClientPlace& client, Ranking& ranking) {
  rank_by(group, ranking, [&](std::size_t i) { return latency_us(group.region(i), client); });
}

void rank_geoproximity(const RecordGroup& group, ClientPlace& client, Ranking& ranking) {
  rank_by(group, ranking, [&](std::size_t i) { return distance(group.at(i), client).biased_km; });
}

}  // namespace meridian::engines::dns
