// How one version of a DnsSnapshot becomes the next: a copy that shares everything, then changes that copy
// only their own paths. Rule: a name has a node exactly when it owns records or lies above a name that does.
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "snapshots/dns/referral.h"
#include "snapshots/dns/snapshot.h"

namespace meridian::snapshots::dns {

class ZoneEditor {
 public:
  ZoneEditor(Arena& arena, const HashKey& key, health::HealthTable& health_table, std::string id,
             std::string apex)
      : key_(key), health_table_(health_table), zone_(make(arena, arena)) {
    zone_->id_ = std::move(id);
    zone_->apex_ = std::move(apex);
    LookupName name(key_, zone_->apex_);
    zone_->apex_labels_ = name.labels();
    add_node(name, name.labels());
  }
  ZoneEditor(const HashKey& key, health::HealthTable& health_table, const DnsZone& from)
      : key_(key), health_table_(health_table), zone_(make(from.nodes_.arena(), from)) {}

  Result<void> put(const RecordSet& set) {
    LookupName name(key_, set.owner);
    if (set.hidden) return put_hidden(name, set);
    const NameNode* node = zone_->find(name, name.labels());
    if (!node) node = add_name(name);
    NameNode* after = TRY(with(*node, set));
    touch(set.owner, set.type);
    if (set.type == Type::NS) link_targets(name, *node, false);
    replace(name, *node, after);
    if (set.type == Type::NS) link_targets(name, *after, true);
    return {};
  }

  void remove(const RecordSetKey& set) {
    LookupName name(key_, set.owner);
    if (set.hidden) return remove_hidden(name, set);
    const NameNode* node = zone_->find(name, name.labels());
    if (!node) return;
    touch(set.owner, set.type);
    if (set.type == Type::NS) link_targets(name, *node, false);
    replace(name, *node, node->without(arena(), set.type, set.set_identifier));
    remove_empty_names(name);
  }

  Result<std::shared_ptr<const DnsZone>> finish() {
    compose_referrals();
    LookupName name(key_, zone_->apex_);
    zone_->apex_node_ = zone_->find(name, name.labels());
    if (!zone_->apex_node_->find(Type::SOA)) return invalid("the zone has no SOA at its apex");
    if (zone_->node_count() + zone_->hidden_.size() > DnsZone::kNodesMax)
      return fail(ErrorCode::Limit, fmt::format("the zone has more than {} names", DnsZone::kNodesMax));
    return std::move(zone_);
  }

 private:
  auto equal_to(LookupName& name, std::size_t labels) const {
    std::string_view relative = name.suffix(labels);
    relative.remove_suffix(zone_->apex_.size());
    return [relative](const NameNode& node) { return node.relative_name() == relative; };
  }
  static bool is_wildcard(LookupName& name, std::size_t labels) {
    return name.suffix(labels).starts_with(std::string_view("\1*", 2));
  }

  Result<NameNode*> with(const NameNode& node, const RecordSet& set) const {
    if (node.size() > NameNode::kSizeMax)
      return fail(ErrorCode::Limit,
                  fmt::format("a name has more than {} bytes of records", NameNode::kSizeMax));
    return node.with(arena(), set, {key_, zone_->apex_labels_, health_table_});
  }

  Result<void> put_hidden(LookupName& name, const RecordSet& set) {
    Trie<NameNode>& hidden = zone_->hidden_;
    const auto equal = equal_to(name, name.labels());
    if (!zone_->find_hidden(name)) {
      std::string_view relative = name.wire();
      relative.remove_suffix(zone_->apex_.size());
      hidden.put(NameNode::make(arena(), name.hash(name.labels()), relative), equal);
    }
    hidden.put(TRY(with(*zone_->find_hidden(name), set)), equal);
    return {};
  }
  void remove_hidden(LookupName& name, const RecordSetKey& set) {
    const NameNode* node = zone_->find_hidden(name);
    if (!node) return;
    NameNode* after = node->without(arena(), set.type, set.set_identifier);
    zone_->hidden_.put(after, equal_to(name, name.labels()));
    if (after->set_count() == 0)
      zone_->hidden_.erase(name.hash(name.labels()), equal_to(name, name.labels()));
  }

  NameNode* own(LookupName& name, std::size_t labels) {
    return zone_->nodes_.own(name.hash(labels), equal_to(name, labels));
  }
  void replace(LookupName& name, const NameNode& before, NameNode* after) {
    if (name.labels() > zone_->apex_labels_) {
      zone_->cuts_ -= before.has_ns();
      zone_->cuts_ += after->has_ns();
    }
    zone_->nodes_.put(after, equal_to(name, name.labels()));
  }
  Arena& arena() const { return zone_->nodes_.arena(); }

  void add_node(LookupName& name, std::size_t labels) {
    std::string_view relative = name.suffix(labels);
    relative.remove_suffix(zone_->apex_.size());
    zone_->nodes_.put(NameNode::make(arena(), name.hash(labels), relative), equal_to(name, labels));
  }

  // The name and, up to the first that is there, the empty non-terminals above it.
  const NameNode* add_name(LookupName& name) {
    add_node(name, name.labels());
    for (std::size_t labels = name.labels(); labels > zone_->apex_labels_; --labels) {
      NameNode* parent = own(name, labels - 1);
      const bool parent_is_new = !parent;
      if (parent_is_new) {
        add_node(name, labels - 1);
        parent = own(name, labels - 1);
      }
      parent->add_child(is_wildcard(name, labels));
      if (!parent_is_new) break;
    }
    return zone_->find(name, name.labels());
  }

  void remove_empty_names(LookupName& name) {
    for (std::size_t labels = name.labels(); labels > zone_->apex_labels_; --labels) {
      const NameNode* node = zone_->find(name, labels);
      if (node->set_count() > 0 || node->child_count() > 0) return;
      zone_->nodes_.erase(name.hash(labels), equal_to(name, labels));
      own(name, labels - 1)->remove_child(is_wildcard(name, labels));
    }
  }

  std::string_view relative(const LookupName& name) const {
    return name.wire().substr(0, name.wire().size() - zone_->apex_.size());
  }

  // What referrals are made of. `owner` is the delta's, which lives longer.
  void touch(std::string_view owner, Type type) {
    if (type == Type::A || type == Type::AAAA || type == Type::NS) touched_.emplace_back(owner, type);
  }

  // Notes, or forgets, that the NS records of `owner` lead to names of the zone. What the apex composes holds
  // no addresses.
  void link_targets(LookupName& owner, const NameNode& node, bool is_there) {
    const auto ns = node.find(Type::NS);
    if (!ns || !ns->links || owner.labels() == zone_->apex_labels_) return;
    std::vector<std::pair<std::uint64_t, std::string>> targets;
    std::size_t from = 0;
    for (std::size_t i = 0; i < ns->count; ++i) {
      const std::string_view rdata = ns->next(from);
      if (const std::uint64_t hash = ns->link(i).target_hash; hash != 0)
        targets.emplace_back(hash, relative(LookupName(key_, rdata)));
    }
    // Values may name one target twice, in another case; targets count their owners.
    std::ranges::sort(targets);
    const auto repeated = std::ranges::unique(targets);
    targets.erase(repeated.begin(), repeated.end());
    for (const auto& [hash, target] : targets) link_target(hash, target, relative(owner), is_there);
  }
  void link_target(std::uint64_t hash, std::string_view target, std::string_view owner, bool is_there) {
    const auto equal = [target](const NsTarget& other) { return other.name() == target; };
    Trie<NsTarget>& targets = zone_->ns_targets_;
    if (!targets.find(hash, equal)) targets.put(NsTarget::make(arena(), hash, target), equal);
    const NsTarget* before = targets.find(hash, equal);
    NsTarget* after = is_there ? before->with_owner(arena(), owner) : before->without_owner(arena(), owner);
    // From here on nobody composes the addresses of this target.
    if (after->is_crowded() && !before->is_crowded())
      before->for_each_owner([&](std::string_view other) { stale_.emplace_back(other); });
    targets.put(after, equal);
    if (!after->has_owners()) targets.erase(hash, equal);
  }

  void compose_referrals() {
    std::vector<const NsTarget*> targets;
    for (const auto& [owner, type] : touched_) {
      LookupName name(key_, owner);
      if (type == Type::NS) stale_.emplace_back(relative(name));
      if (zone_->ns_targets_.size() == 0) continue;
      const NsTarget* target = zone_->find_ns_target(name.hash(name.labels()), name.wire());
      if (target) targets.push_back(target);
    }
    // A delta may touch a target many times, and each may have many owners.
    std::ranges::sort(targets);
    const auto touched_again = std::ranges::unique(targets);
    targets.erase(touched_again.begin(), touched_again.end());
    for (const NsTarget* target : targets)
      target->for_each_owner([&](std::string_view owner) { stale_.emplace_back(owner); });
    std::ranges::sort(stale_);
    const auto repeated = std::ranges::unique(stale_);
    stale_.erase(repeated.begin(), repeated.end());
    for (const std::string& labels : stale_) {
      const std::string owner = labels + zone_->apex_;
      LookupName name(key_, owner);
      const NameNode* node = zone_->find(name, name.labels());
      if (!node) continue;
      const std::string encoded = compose_referral(*zone_, *node);
      if (encoded.empty() && node->referral().empty()) continue;
      zone_->nodes_.put(node->with_referral(arena(), encoded), equal_to(name, name.labels()));
    }
  }

  template <typename From>
  static std::shared_ptr<DnsZone> make(Arena& arena, From& from) {
    return std::allocate_shared<DnsZone>(ArenaAllocator<DnsZone>(arena), DnsZone::Private(), from);
  }

  const HashKey& key_;
  health::HealthTable& health_table_;
  std::shared_ptr<DnsZone> zone_;
  std::vector<std::pair<std::string_view, Type>> touched_;
  std::vector<std::string> stale_;  // owners in front of the apex whose referral must be composed
};

namespace {

auto is_collection(std::string_view id) {
  return [id](const CidrBlocks& blocks) { return blocks.id() == id; };
}

}  // namespace

class SnapshotEditor {
 public:
  SnapshotEditor(const DnsSnapshot& from, const Delta& delta) : next_(new DnsSnapshot(from)) {
    if (delta.from == 0) {
      next_->zones_ = Trie<ZonesOfApex>(*next_->arena_);
      next_->zone_count_ = 0;
      next_->collections_ = Trie<CidrBlocks>(*next_->arena_);
    }
    next_->revision_ = delta.to;
  }

  Result<void> change(const ZoneChange& change) {
    switch (change.kind) {
      case ZoneChange::Kind::Replace: {
        ZoneEditor editor(*next_->arena_, next_->key_, *next_->health_table_, change.zone_id, change.apex);
        return put(change, TRY(edit(editor, change)));
      }
      case ZoneChange::Kind::Edit: {
        const DnsZone* zone = find(change);
        if (!zone) return invalid("the zone to edit is not there");
        ZoneEditor editor(next_->key_, *next_->health_table_, *zone);
        return put(change, TRY(edit(editor, change)));
      }
      case ZoneChange::Kind::Remove:
        remove(change);
        return {};
    }
    return invalid("unknown kind of zone change");
  }

  void put(const CidrCollection& collection) {
    const std::uint64_t hash = hash_of(next_->key_, collection.id);
    next_->collections_.put(CidrBlocks::make(*next_->arena_, hash, collection), is_collection(collection.id));
  }
  void remove_collection(const std::string& id) {
    next_->collections_.erase(hash_of(next_->key_, id), is_collection(id));
  }

  std::unique_ptr<const DnsSnapshot> finish() { return std::move(next_); }

 private:
  static Result<std::shared_ptr<const DnsZone>> edit(ZoneEditor& editor, const ZoneChange& change) {
    for (const RecordSetKey& key : change.removes) editor.remove(key);
    for (const RecordSet& set : change.puts) TRY(editor.put(set));
    return editor.finish();
  }
  static auto with_id(const ZoneChange& change) {
    return [&change](const std::shared_ptr<const DnsZone>& zone) { return zone->id() == change.zone_id; };
  }
  static auto with_apex(const ZoneChange& change) {
    return [&change](const ZonesOfApex& entry) { return entry.apex() == change.apex; };
  }
  std::uint64_t hash(const ZoneChange& change) const {
    LookupName name(next_->key_, change.apex);
    return name.hash(name.labels());
  }

  const DnsZone* find(const ZoneChange& change) const {
    const ZonesOfApex* entry = next_->zones_.find(hash(change), with_apex(change));
    if (!entry) return nullptr;
    const auto at = std::ranges::find_if(entry->zones(), with_id(change));
    return at == entry->zones().end() ? nullptr : at->get();
  }

  Result<void> put(const ZoneChange& change, std::shared_ptr<const DnsZone> zone) {
    next_->apex_labels_max_ = std::max(next_->apex_labels_max_, zone->apex_labels());
    ZonesOfApex* entry = next_->zones_.own(hash(change), with_apex(change));
    if (!entry) {
      entry = ZonesOfApex::make(*next_->arena_, hash(change), change.apex);
      next_->zones_.put(entry, with_apex(change));
    }
    if (entry->put(std::move(zone))) ++next_->zone_count_;
    return {};
  }

  void remove(const ZoneChange& change) {
    if (!find(change)) return;
    --next_->zone_count_;
    ZonesOfApex* entry = next_->zones_.own(hash(change), with_apex(change));
    entry->remove(change.zone_id);
    if (entry->zones().empty()) next_->zones_.erase(hash(change), with_apex(change));
  }

  std::unique_ptr<DnsSnapshot> next_;
};

Result<std::unique_ptr<const DnsSnapshot>> apply(const DnsSnapshot& snapshot, const Delta& delta) {
  if (delta.from != 0 && delta.from != snapshot.revision())
    return fail(ErrorCode::Conflict, fmt::format("DNS delta from revision {} does not fit revision {}",
                                                 delta.from, snapshot.revision()));
  SnapshotEditor editor(snapshot, delta);
  for (const std::string& id : delta.collection_removes) editor.remove_collection(id);
  for (const CidrCollection& collection : delta.collection_puts) editor.put(collection);
  for (const ZoneChange& change : delta.zones)
    if (const Result<void> done = editor.change(change); !done)
      return fail(done.error().code,
                  fmt::format("DNS delta, zone {}: {}", change.zone_id, done.error().message),
                  done.error().source);
  return editor.finish();
}

}  // namespace meridian::snapshots::dns
