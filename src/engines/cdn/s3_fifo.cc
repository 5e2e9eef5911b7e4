#include "engines/cdn/s3_fifo.h"

#include <algorithm>
#include <bit>

namespace meridian::engines::cdn {

GhostKeys::Place* GhostKeys::set_of(const Key& key) {
  return &places_[(key.low & (places_.size() / kWays - 1)) * kWays];
}

void GhostKeys::add(const Key& key, std::size_t keys_max) {
  keys_max_ = keys_max;
  if (places_.size() < keys_max) {
    // What was there is forgotten: it comes to this when the cache doubles.
    places_.assign(std::bit_ceil(std::max(keys_max, 4 * kWays)), {});
    added_ = 0;
  }
  Place* const set = set_of(key);
  Place* const oldest = std::min_element(set, set + kWays, [this](const Place& a, const Place& b) {
    if ((a.mark == 0) != (b.mark == 0)) return a.mark == 0;
    return added_ - a.added > added_ - b.added;
  });
  *oldest = {mark_of(key), added_++};
}

bool GhostKeys::take(const Key& key) {
  if (places_.empty()) return false;
  Place* const set = set_of(key);
  for (Place* place = set; place < set + kWays; ++place) {
    if (place->mark != mark_of(key)) continue;
    const bool counts = !is_old(*place);
    *place = {};
    return counts;
  }
  return false;
}

}  // namespace meridian::engines::cdn
