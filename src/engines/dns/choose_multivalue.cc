#include <utility>

#include "engines/dns/policies.h"

namespace meridian::engines::dns {

void draw_multivalue(const RecordGroup& group, const CandidateSet& among, Random& random, Ranking& chosen) {
  for (std::size_t i = 0; i < group.size(); ++i)
    if (among[i]) chosen.add(i);
  if (chosen.size <= kMultivalueMax) return;
  for (std::size_t i = 0; i < kMultivalueMax; ++i)  // the beginning of a shuffle (Fisher and Yates)
    std::swap(chosen.order[i], chosen.order[i + random.below(chosen.size - i)]);
  chosen.size = kMultivalueMax;
}

}  // namespace meridian::engines::dns
