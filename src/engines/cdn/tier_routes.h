// Where a tier goes with what it does not have: an edge location to its regional edge cache, that to the
// origin's shield if there is one, that to the origin. A cache in front of others is one edge's of several,
// by consistent hashing; where that is another process, its peers are asked, and who does not answer is left
// out for a while. Rule: what is asked goes from location to regional cache to shield and never back, so that
// no question can come around to who asked it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/published.h"
#include "engines/cdn/ask.h"
#include "engines/cdn/tier_rings.h"

namespace meridian::engines::cdn {

class Tier;
// Of this process, by Region.
using RegionalTiers = std::map<std::string, std::unique_ptr<Tier>, std::less<>>;

// Of one tier, one after another; behind them is this process's own cache of that Region, or the origin.
inline constexpr std::size_t kPeersAskedMax = 2;
inline constexpr Duration kPeerRestTime = std::chrono::seconds(3);  // of one that did not answer

struct TierHop {
  Tier* tier = nullptr;  // here; null: `peer` has it
  SharedPeer peer;
  std::string region;
  bool shield = false;
};

// Of one worker, on its thread.
class TierRoutes {
 public:
  TierRoutes(const RegionalTiers& here, Published<TierRings>& rings, const Clock& clock)
      : here_(here), rings_(rings), clock_(clock) {}

  // In the order in which they are asked; behind all of them is the origin. One in this process is the last.
  std::vector<TierHop> after(const Tier& tier, const Ask& ask);
  // The same without asking who is there: whether another tier stands before the origin.
  bool goes_on(const Tier& tier, const Ask& ask);

  void rest(const TierPeer& peer);
  bool knows(std::string_view edge) { return rings_.current()->knows(edge); }
  Tier* here(std::string_view region) const;
  const RegionalTiers& here() const { return here_; }

 private:
  bool add(std::vector<TierHop>& hops, std::string_view region, std::uint64_t place, bool shield);
  std::string shield_region(const Ask& ask);
  bool rests(const TierPeer& peer);

  const RegionalTiers& here_;
  Published<TierRings>::Reader rings_;
  const Clock& clock_;
  std::map<std::string, MonotonicTime, std::less<>> resting_;  // until when; of edges, so few
};

}  // namespace meridian::engines::cdn
