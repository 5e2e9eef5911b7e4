#include "engines/dns/policies.h"

namespace meridian::engines::dns {
namespace {

using snapshots::location::Code;
using snapshots::location::Place;

enum Level { Subdivision, Country, Continent, Default, kLevels };
const Code kDefault = Code::of("*");

// Of the candidate; kLevels when the client is elsewhere.
Level level_for(const Candidate& candidate, const Place& place) {
  if (candidate.country == kDefault) return Default;
  if (candidate.country.known()) {
    if (candidate.country != place.country) return kLevels;
    if (!candidate.subdivision.known()) return Country;
    return candidate.subdivision == place.subdivision ? Subdivision : kLevels;
  }
  return candidate.continent.known() && candidate.continent == place.continent ? Continent : kLevels;
}

}  // namespace

// The smallest region that holds the client first (routing-policy-geo page).
void rank_geolocation(const RecordGroup& group, ClientPlace& client, Ranking& ranking) {
  const Place& place = *client.located().place;
  std::array<Level, snapshots::dns::kGroupSizeMax> levels;
  for (std::size_t i = 0; i < group.size(); ++i) levels[i] = level_for(group.at(i), place);
  for (int level = Subdivision; level < kLevels; ++level)
    for (std::size_t i = 0; i < group.size(); ++i)
      if (levels[i] == level) ranking.add(i);
}

}  // namespace meridian::engines::dns
