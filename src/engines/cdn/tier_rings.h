// Which edge answers for what in a regional edge cache. Rendezvous hashing (Thaler and Ravishankar, 1998):
// every member of a ring is scored with the object's place, and the best has it. So an edge that comes or
// goes moves its own share of the objects and nothing else, and everybody who has the same map agrees. Rule:
// pure; of two maps that differ in one edge, all other edges keep their order.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "snapshots/cdn/tier_map.h"

namespace meridian::engines::cdn {

struct TierPeer {
  std::string name;
  net::Address address;
  bool is_self = false;
  std::uint64_t hash = 0;  // of the name
};
using SharedPeer = std::shared_ptr<const TierPeer>;

class TierRings {
 public:
  TierRings() = default;
  TierRings(const snapshots::cdn::TierMap& map, std::string_view self);

  // Of a Region's ring, the best for `place` first, at most `most`; none: there is no such ring.
  std::vector<SharedPeer> owners(std::string_view region, std::uint64_t place, std::size_t most) const;
  // The Regions that have a ring, in order.
  std::vector<std::string_view> regions() const;
  // An edge of the map, whether it is asked or only asks.
  bool knows(std::string_view edge) const { return names_.contains(edge); }

 private:
  std::map<std::string, std::vector<SharedPeer>, std::less<>> rings_;
  std::set<std::string, std::less<>> names_;
};

// Where an object is, by the bytes of its key; the same on every machine.
std::uint64_t place_of(std::string_view key_bytes);

}  // namespace meridian::engines::cdn
