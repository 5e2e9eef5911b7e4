#include "engines/cdn/tier_routes.h"

#include <algorithm>

#include "engines/cdn/tier.h"
#include "formats/pops/regional_caches.h"

namespace meridian::engines::cdn {
namespace {

constexpr std::size_t kOwnersLookedAt = 8;  // some of them may rest

}  // namespace

Tier* TierRoutes::here(std::string_view region) const {
  const auto at = here_.find(region);
  return at == here_.end() ? nullptr : at->second.get();
}

void TierRoutes::rest(const TierPeer& peer) {
  resting_[peer.name] = clock_.monotonic() + kPeerRestTime;
}

bool TierRoutes::rests(const TierPeer& peer) {
  const auto at = resting_.find(peer.name);
  if (at == resting_.end()) return false;
  if (at->second > clock_.monotonic()) return true;
  resting_.erase(at);
  return false;
}

bool TierRoutes::add(std::vector<TierHop>& hops, std::string_view region, std::uint64_t place, bool shield) {
  Tier* const own = here(region);
  std::size_t peers = 0;
  for (SharedPeer& owner : rings_.current()->owners(region, place, kOwnersLookedAt)) {
    if (owner->is_self) {
      if (own) break;
      continue;
    }
    if (rests(*owner)) continue;
    if (peers++ == kPeersAskedMax) break;
    hops.push_back({nullptr, std::move(owner), std::string(region), shield});
  }
  if (own) hops.push_back({own, nullptr, std::string(region), shield});
  return own != nullptr;
}

// CF: Origin Shield is the regional edge cache of a Region that the origin names.
std::string TierRoutes::shield_region(const Ask& ask) {
  const snapshots::cdn::Distribution& distribution = *ask.distribution;
  const bool grouped = ask.behavior->group != snapshots::cdn::Behavior::kNoTarget;
  const std::uint32_t origin =
      grouped ? distribution.groups[ask.behavior->group].primary : ask.behavior->origin;
  const std::string& region = distribution.origins[origin].shield_region;
  if (region.empty()) return {};
  const auto rings = rings_.current();
  std::vector<std::string_view> there = rings->regions();
  for (const auto& [name, tier] : here_) there.push_back(name);
  std::ranges::sort(there);
  return std::string(pops::stand_in_for(region, there));
}

bool TierRoutes::goes_on(const Tier& tier, const Ask& ask) {
  if (ask.at_shield) return false;
  const std::string shield = shield_region(ask);
  return !shield.empty() && shield != tier.region();
}

std::vector<TierHop> TierRoutes::after(const Tier& tier, const Ask& ask) {
  std::vector<TierHop> hops;
  if (ask.at_shield) return hops;
  if (tier.is_location() && add(hops, tier.region(), ask.place, false)) return hops;
  const std::string shield = shield_region(ask);
  if (!shield.empty() && shield != tier.region()) add(hops, shield, ask.place, true);
  return hops;
}

}  // namespace meridian::engines::cdn
