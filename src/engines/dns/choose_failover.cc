#include "engines/dns/policies.h"

namespace meridian::engines::dns {

void rank_failover(const RecordGroup& group, Ranking& ranking) {
  for (const bool primary : {true, false})
    for (std::size_t i = 0; i < group.size(); ++i)
      if (group.is_primary(i) == primary) ranking.add(i);
}

}  // namespace meridian::engines::dns
