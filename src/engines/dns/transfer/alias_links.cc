#include "engines/dns/transfer/alias_links.h"

#include <vector>

namespace meridian::engines::dns::transfer {

using snapshots::dns::RecordSet;
using snapshots::dns::RecordSetKey;
using snapshots::dns::ZoneChange;

void AliasLinks::link(OfZone& zone, std::string_view target, Type type, std::string_view owner) {
  if (zone.count > kLinksMax) return;
  if (zone.aliases[{std::string(target), type}].emplace(owner).second) ++zone.count;
}

void AliasLinks::read(const DnsZone& zone) {
  zone.for_each_node([&](const NameNode& node) {
    node.for_each([&](const RecordsView& records) {
      if (records.is_alias)
        link(zones_[zone.id()], records.first(), records.type,
             std::string(node.relative_name()) + std::string(zone.apex()));
    });
  });
}

void AliasLinks::note(const ZoneChange& change) {
  if (change.kind != ZoneChange::Kind::Edit) zones_.erase(change.zone_id);
  for (const RecordSet& set : change.puts)
    if (!set.alias_target.empty()) link(zones_[change.zone_id], set.alias_target, set.type, set.owner);
}

const AliasLinks::Keys* AliasLinks::affected(const ZoneChange& change) {
  affected_.clear();
  std::vector<Key> todo;
  for (const RecordSet& set : change.puts) todo.emplace_back(set.owner, set.type);
  for (const RecordSetKey& key : change.removes) todo.emplace_back(key.owner, key.type);
  const auto zone = zones_.find(change.zone_id);
  if (zone != zones_.end() && zone->second.count > kLinksMax) return nullptr;
  while (!todo.empty()) {
    Key key = std::move(todo.back());
    todo.pop_back();
    if (!affected_.insert(key).second || zone == zones_.end()) continue;
    const auto aliases = zone->second.aliases.find(key);
    if (aliases == zone->second.aliases.end()) continue;
    for (const std::string& owner : aliases->second) todo.emplace_back(owner, key.second);
  }
  return &affected_;
}

}  // namespace meridian::engines::dns::transfer
