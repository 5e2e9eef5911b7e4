#include "services/route53/cidr_use.h"

#include <set>

namespace meridian::services::route53 {
namespace {

// The index key of the record set at a key, or "" when it does not route by CIDR blocks.
std::string user_key(const std::string& zone_id, const RecordSets& sets, const std::string& key) {
  auto at = sets.find(key);
  if (at == sets.end() || !at->second.cidr_routing) return "";
  return cidr_user_key(zone_id, at->second.id, *at->second.cidr_routing);
}

}  // namespace

aws::Outcome<CidrUse> CidrUse::read(store::Store& store, std::string_view account,
                                    const std::vector<RecordSetChange>& changes) {
  CidrUse use;
  std::set<std::string> ids;
  for (const RecordSetChange& change : changes)
    if (change.action != Action::Delete && change.record_set.cidr_routing)
      ids.insert(change.record_set.cidr_routing->collection_id);
  for (const std::string& id : ids) {
    // The guard first: whoever takes a location away afterwards has changed it.
    auto guard = TRY(aws::or_failure(store.get(cidr_use_key(id))));
    auto collection = TRY(aws::read(store, cidr_collection_key(id), decode_cidr_collection));
    if (!guard || !collection || collection->value.account != account) continue;
    use.guards_[id] = guard->modified;
    use.collections_[id] = std::move(collection->value);
  }
  return use;
}

void CidrUse::index(const std::string& zone_id, const RecordSets& before, const BatchOutcome& outcome,
                    store::Transaction& transaction) const {
  std::set<std::string> begun;
  auto move_entry = [&](const std::string& key) {
    std::string from = user_key(zone_id, before, key), to = user_key(zone_id, outcome.record_sets, key);
    if (from == to) return;
    if (!from.empty()) transaction.deletes.push_back(from);
    if (to.empty()) return;
    transaction.puts.push_back({to, {}});
    begun.insert(outcome.record_sets.at(key).cidr_routing->collection_id);
  };
  for (const std::string& key : outcome.puts) move_entry(key);
  for (const std::string& key : outcome.deletes) move_entry(key);
  for (const std::string& id : begun) {
    transaction.preconditions.push_back({cidr_use_key(id), guards_.at(id)});
    transaction.puts.push_back({cidr_use_key(id), {}});
  }
}

}  // namespace meridian::services::route53
