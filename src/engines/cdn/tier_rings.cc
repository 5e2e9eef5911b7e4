#include "engines/cdn/tier_rings.h"

#include <algorithm>

#include "base/siphash.h"

namespace meridian::engines::cdn {
namespace {

// Known to all: what strangers can do with it is to put many objects at one edge, which their names could do
// anyway.
constexpr SipKey kPlaces{0x7469657220706c61, 0x63657320616c6c21};

// The finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
std::uint64_t mix(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

}  // namespace

std::uint64_t place_of(std::string_view key_bytes) {
  return siphash128<1, 3>(kPlaces, key_bytes).high;
}

TierRings::TierRings(const snapshots::cdn::TierMap& map, std::string_view self) {
  for (const snapshots::cdn::TierEdge& edge : map.edges) {
    names_.insert(edge.name);
    const auto address = net::Address::parse(edge.address);
    if (!address) continue;
    const auto peer = std::make_shared<const TierPeer>(
        TierPeer{edge.name, *address, edge.name == self, place_of(edge.name)});
    for (const std::string& region : edge.regions) rings_[region].push_back(peer);
  }
}

std::vector<SharedPeer> TierRings::owners(std::string_view region, std::uint64_t place,
                                          std::size_t most) const {
  const auto ring = rings_.find(region);
  if (ring == rings_.end()) return {};
  std::vector<std::pair<std::uint64_t, const SharedPeer*>> scored;
  scored.reserve(ring->second.size());
  for (const SharedPeer& peer : ring->second) scored.emplace_back(mix(peer->hash ^ place), &peer);
  most = std::min(most, scored.size());
  std::ranges::partial_sort(scored, scored.begin() + static_cast<std::ptrdiff_t>(most), std::greater(),
                            &std::pair<std::uint64_t, const SharedPeer*>::first);
  std::vector<SharedPeer> out;
  for (std::size_t i = 0; i < most; ++i) out.push_back(*scored[i].second);
  return out;
}

std::vector<std::string_view> TierRings::regions() const {
  std::vector<std::string_view> out;
  for (const auto& [region, ring] : rings_) out.push_back(region);
  return out;
}

}  // namespace meridian::engines::cdn
