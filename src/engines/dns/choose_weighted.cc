#include "engines/dns/policies.h"

namespace meridian::engines::dns {

// A weight of zero means never, unless nobody is left with more: then all that are left have the same odds.
Draw draw_weighted(const RecordGroup& group, const CandidateSet& among, Random& random) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < group.size(); ++i)
    if (among[i]) sum += group.weight(i);
  const unsigned equal_odds = sum == 0;
  Draw draw;
  draw.total = equal_odds ? among.count() : sum;
  draw.number = random.below(draw.total);
  for (std::uint64_t passed = 0;; ++draw.candidate) {
    if (among[draw.candidate]) passed += equal_odds ? 1u : group.weight(draw.candidate);
    if (passed > draw.number) return draw;
  }
}

}  // namespace meridian::engines::dns
