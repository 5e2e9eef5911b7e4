#include "snapshots/dns/snapshot.h"

#include <algorithm>

#include "snapshots/dns/record_group.h"

namespace meridian::snapshots::dns {

const NameNode* DnsZone::find(LookupName& name, std::size_t labels) const {
  std::string_view relative = name.suffix(labels);
  relative.remove_suffix(apex_.size());
  return nodes_.find(name.hash(labels),
                     [relative](const NameNode& node) { return node.relative_name() == relative; });
}

const NameNode* DnsZone::find_wildcard(LookupName& name, std::size_t labels) const {
  static constexpr std::string_view kStar("\1*", 2);
  std::string_view encloser = name.suffix(labels);
  encloser.remove_suffix(apex_.size());
  return nodes_.find(name.hash_of_wildcard(labels), [encloser](const NameNode& node) {
    const std::string_view there = node.relative_name();
    return there.starts_with(kStar) && there.substr(kStar.size()) == encloser;
  });
}

const NameNode* DnsZone::find(std::uint64_t hash, std::string_view name) const {
  name.remove_suffix(apex_.size());
  return nodes_.find(
      hash, [name](const NameNode& node) { return meridian::dns::same_name(node.relative_name(), name); });
}

const NameNode* DnsZone::find_hidden(LookupName& name) const {
  std::string_view relative = name.wire();
  relative.remove_suffix(apex_.size());
  return hidden_.find(name.hash(name.labels()),
                      [relative](const NameNode& node) { return node.relative_name() == relative; });
}

const NsTarget* DnsZone::find_ns_target(std::uint64_t hash, std::string_view name) const {
  name.remove_suffix(apex_.size());
  return ns_targets_.find(
      hash, [name](const NsTarget& target) { return meridian::dns::same_name(target.name(), name); });
}

ZonesOfApex* ZonesOfApex::make(Arena& arena, std::uint64_t hash, std::string_view apex) {
  auto* entry = new (arena.allocate(sizeof(ZonesOfApex) + apex.size())) ZonesOfApex(hash, apex.size());
  std::memcpy(reinterpret_cast<char*>(entry + 1), apex.data(), apex.size());
  return entry;
}

void ZonesOfApex::destroy(ZonesOfApex* entry, Arena& arena) {
  const std::size_t size = sizeof(ZonesOfApex) + entry->apex_size_;
  entry->~ZonesOfApex();
  arena.release(entry, size);
}

ZonesOfApex* ZonesOfApex::clone(Arena& arena) const {
  ZonesOfApex* copy = make(arena, hash_, apex());
  copy->zones_ = zones_;
  copy->answering_ = answering_;
  return copy;
}

bool ZonesOfApex::put(std::shared_ptr<const DnsZone> zone) {
  const auto at = std::ranges::find(zones_, zone->id(), [](const auto& other) { return other->id(); });
  const bool is_new = at == zones_.end();
  if (is_new)
    zones_.push_back(std::move(zone));
  else
    *at = std::move(zone);
  answering_ = zones_.front().get();
  return is_new;
}

void ZonesOfApex::remove(std::string_view id) {
  std::erase_if(zones_, [id](const auto& zone) { return zone->id() == id; });
  answering_ = zones_.empty() ? nullptr : zones_.front().get();
}

std::unique_ptr<const DnsSnapshot> DnsSnapshot::empty(Random& random,
                                                      std::shared_ptr<health::HealthTable> health_table) {
  std::unique_ptr<DnsSnapshot> snapshot(new DnsSnapshot(std::make_shared<Arena>(), std::move(health_table)));
  snapshot->key_ = HashKey{random.next(), random.next()};
  return snapshot;
}

const DnsZone* DnsSnapshot::find_zone(LookupName& name, std::size_t labels_max) const {
  for (std::size_t labels = std::min(labels_max, apex_labels_max_) + 1; labels-- > 0;) {
    const std::string_view suffix = name.suffix(labels);
    const ZonesOfApex* entry = zones_.find(
        name.hash(labels), [suffix](const ZonesOfApex& candidate) { return candidate.apex() == suffix; });
    if (entry) return entry->answering();
  }
  return nullptr;
}

std::span<const std::shared_ptr<const DnsZone>> DnsSnapshot::zones_of(std::string_view apex) const {
  LookupName name(key_, apex);
  const ZonesOfApex* entry = zones_.find(
      name.hash(name.labels()), [apex](const ZonesOfApex& candidate) { return candidate.apex() == apex; });
  if (!entry) return {};
  return entry->zones();
}

namespace {

RecordSet record_set_of(const std::string& owner, const RecordsView& records) {
  RecordSet set;
  set.owner = owner;
  set.type = records.type;
  set.ttl = records.ttl();
  set.evaluate_target_health = records.evaluate_target_health;
  set.target_is_hidden = records.target_is_hidden;
  if (records.is_alias) {
    set.alias_target = records.first();
    return set;
  }
  set.rdata.reserve(records.count);
  for (std::size_t at = 0; at < records.data.size();) set.rdata.emplace_back(records.next(at));
  return set;
}

void add_group(std::vector<RecordSet>& out, const std::string& owner, const RecordGroup& group,
               const health::HealthTable& health_table) {
  for (std::size_t i = 0; i < group.size(); ++i) {
    const Candidate candidate = group.at(i);
    RecordSet& set = out.emplace_back(record_set_of(owner, candidate.records));
    set.set_identifier = candidate.set_identifier;
    set.policy = group.policy(i);
    set.health_check_id = health_table.id_of(candidate.health);
  }
}

}  // namespace

ZoneChange whole(const DnsZone& zone, const health::HealthTable& health_table) {
  ZoneChange change{ZoneChange::Kind::Replace, zone.id(), std::string(zone.apex()), {}, {}};
  change.puts.reserve(zone.node_count());
  const auto add = [&](const NameNode& node) {
    std::string owner(node.relative_name());
    owner += zone.apex();
    node.for_each([&](const RecordsView& records) {
      if (records.is_group)
        add_group(change.puts, owner, RecordGroup(records), health_table);
      else
        change.puts.push_back(record_set_of(owner, records));
    });
  };
  zone.for_each_node(add);
  const std::size_t visible = change.puts.size();
  zone.for_each_hidden(add);
  for (std::size_t i = visible; i < change.puts.size(); ++i) change.puts[i].hidden = true;
  return change;
}

std::string encode_image(const DnsSnapshot& snapshot) {
  DeltaEncoder encoder(0, snapshot.revision());
  snapshot.for_each_zone([&](const DnsZone& zone) { encoder.add(whole(zone, snapshot.health_table())); });
  snapshot.for_each_collection([&](const CidrBlocks& blocks) { encoder.add(blocks.collection()); });
  return std::move(encoder).finish();
}

}  // namespace meridian::snapshots::dns
