#include "engines/dns/transfer/alias_links.h"

#include <vector>

#include "snapshots/dns/record_group.h"

namespace meridian::engines::dns::transfer {

using snapshots::dns::RecordGroup;
using snapshots::dns::RecordSet;
using snapshots::dns::RecordSetKey;
using snapshots::dns::ZoneChange;

void AliasLinks::link(OfZone& zone, const Key& target, const Key& alias) {
  if (zone.count > kLinksMax) return;
  if (zone.aliases[target].insert(alias).second) ++zone.count;
}

void AliasLinks::read(const DnsZone& zone) {
  const auto read_node = [&](const NameNode& node, bool hidden) {
    const std::string owner = std::string(node.relative_name()) + std::string(zone.apex());
    const auto link_alias = [&](const RecordsView& records) {
      if (!records.is_alias) return;
      const Key target{std::string(records.first()), records.type, records.target_is_hidden};
      link(zones_[zone.id()], target, {owner, records.type, hidden});
    };
    node.for_each([&](const RecordsView& records) {
      if (!records.is_group) return link_alias(records);
      const RecordGroup group(records);
      for (std::size_t i = 0; i < group.size(); ++i) link_alias(group.at(i).records);
    });
  };
  zone.for_each_node([&](const NameNode& node) { read_node(node, false); });
  zone.for_each_hidden([&](const NameNode& node) { read_node(node, true); });
}

void AliasLinks::note(const ZoneChange& change) {
  if (change.kind != ZoneChange::Kind::Edit) zones_.erase(change.zone_id);
  for (const RecordSet& set : change.puts)
    if (!set.alias_target.empty())
      link(zones_[change.zone_id], {set.alias_target, set.type, set.target_is_hidden},
           {set.owner, set.type, set.hidden});
}

const AliasLinks::Keys* AliasLinks::affected(const ZoneChange& change) {
  affected_.clear();
  std::vector<Key> todo;
  for (const RecordSet& set : change.puts) todo.push_back({set.owner, set.type, set.hidden});
  for (const RecordSetKey& key : change.removes) todo.push_back({key.owner, key.type, key.hidden});
  const auto zone = zones_.find(change.zone_id);
  if (zone != zones_.end() && zone->second.count > kLinksMax) return nullptr;
  while (!todo.empty()) {
    Key key = std::move(todo.back());
    todo.pop_back();
    if (!affected_.insert(key).second || zone == zones_.end()) continue;
    const auto aliases = zone->second.aliases.find(key);
    if (aliases == zone->second.aliases.end()) continue;
    todo.insert(todo.end(), aliases->second.begin(), aliases->second.end());
  }
  return &affected_;
}

}  // namespace meridian::engines::dns::transfer
