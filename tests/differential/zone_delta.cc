#include "zone_delta.h"

#include <map>

namespace meridian::differential {

snapshots::dns::ZoneChange to_zone_change(const ZoneData& zone, std::string zone_id) {
  std::map<std::pair<std::string, dns::Type>, snapshots::dns::RecordSet> sets;
  for (const dns::Record& record : zone.records) {
    const std::string owner(record.owner.lower().wire());
    snapshots::dns::RecordSet& set = sets[{owner, record.type}];
    set.owner = owner;
    set.type = record.type;
    set.ttl = record.ttl;
    set.rdata.push_back(record.rdata);
  }
  snapshots::dns::ZoneChange change{.kind = snapshots::dns::ZoneChange::Kind::Replace,
                                    .zone_id = std::move(zone_id),
                                    .apex = std::string(zone.origin.lower().wire()),
                                    .puts = {},
                                    .removes = {}};
  for (auto& [key, set] : sets) change.puts.push_back(std::move(set));
  return change;
}

}  // namespace meridian::differential
