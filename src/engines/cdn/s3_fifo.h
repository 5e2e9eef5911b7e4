// What the caches of objects and of slices have in common of S3-FIFO (Yang et al., SOSP 2023): what is new
// waits in a small queue, and goes from there into the main one if it was asked for meanwhile; what was new,
// is gone and comes back, goes into the main one at once. A hit moves nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "base/siphash.h"

namespace meridian::engines::cdn {

using Key = Hash128;

inline constexpr std::size_t kSmallPart = 10;   // of all bytes, for what is new
inline constexpr std::uint8_t kUsesMax = 3;     // that are counted
inline constexpr std::uint8_t kUsesToStay = 1;  // of something new

// The keys of what was new and is gone, the latest of them: a few may be mistaken for one another.
class GhostKeys {
 public:
  void add(const Key& key, std::size_t keys_max);
  bool take(const Key& key);  // whether it was there; it is no longer
  std::size_t bytes() const { return places_.size() * sizeof(Place); }

 private:
  static constexpr std::size_t kWays = 4;
  struct Place {
    std::uint32_t mark = 0, added = 0;  // mark 0: free
  };
  Place* set_of(const Key& key);
  bool is_old(const Place& place) const { return added_ - place.added > keys_max_; }
  static std::uint32_t mark_of(const Key& key) {
    return static_cast<std::uint32_t>((key.high + key.low * 0x9e37'79b9'7f4a'7c15) >> 32) | 1;
  }

  std::vector<Place> places_;  // a power of two, in sets of kWays
  std::uint32_t added_ = 0;
  std::size_t keys_max_ = 0;
};

}  // namespace meridian::engines::cdn
