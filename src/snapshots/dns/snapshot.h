// DnsSnapshot: the immutable input of the DNS engine. Versions share structure: applying a one-record change
// to a zone of 100,000 records copies a few hundred bytes.
//
// Several zones may share an apex (Route 53 gives each its own name servers). The zone that was made first
// answers; the next takes its place when it goes. First means first to arrive here, and a full image lists
// zones that share an apex in that order, so the rule survives a restart.
//
// Rule: making, changing and destroying snapshots happens on one thread at a time (the publisher's; see
// trie.h). Published<DnsSnapshot> keeps it: it destroys what it replaced inside publish(). Readers only call
// const members of the snapshot they have pinned.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "snapshots/dns/cidr_blocks.h"
#include "snapshots/dns/delta.h"
#include "snapshots/dns/lookup_name.h"
#include "snapshots/dns/name_node.h"
#include "snapshots/dns/ns_target.h"
#include "snapshots/dns/trie.h"

namespace meridian::snapshots::dns {

class DnsZone {
 public:
  static constexpr std::uint32_t kNodesMax = 100'000'000;  // names, empty non-terminals included

  const std::string& id() const { return id_; }
  std::string_view apex() const { return apex_; }  // lower-case wire name
  std::size_t apex_labels() const { return apex_labels_; }
  const NameNode& apex_node() const { return *apex_node_; }

  // The node of name.suffix(labels), which lies at or below the apex; null when the name does not exist.
  const NameNode* find(LookupName& name, std::size_t labels) const;
  // The node of `*` directly below name.suffix(labels), the closest encloser.
  const NameNode* find_wildcard(LookupName& name, std::size_t labels) const;
  // The node of the name at or below the apex that `name` is in any case, whose hash is known.
  const NameNode* find(std::uint64_t hash, std::string_view name) const;
  // The node of a name that only aliases lead to (RecordSet::hidden); null: there is none.
  const NameNode* find_hidden(LookupName& name) const;
  // The target of NS records that `name`, in any case, is; null: no NS record of the zone leads there.
  const NsTarget* find_ns_target(std::uint64_t hash, std::string_view name) const;
  // Whether there are names below the apex that are delegated.
  bool has_cuts() const { return cuts_ > 0; }

  template <typename Visit>
  void for_each_node(Visit&& visit) const {
    nodes_.for_each(visit);
  }
  // The same walk with pauses: next() is null behind the last node.
  class NodeCursor {
   public:
    explicit NodeCursor(const DnsZone& zone) : nodes_(zone.nodes_) {}
    const NameNode* next() { return nodes_.next(); }

   private:
    Trie<NameNode>::Cursor nodes_;
  };
  std::size_t node_count() const { return nodes_.size(); }
  template <typename Visit>
  void for_each_hidden(Visit&& visit) const {
    hidden_.for_each(visit);
  }

 private:
  friend class ZoneEditor;
  struct Private {};

 public:  // for std::allocate_shared, of ZoneEditor
  DnsZone(Private, Arena& arena) : nodes_(arena), ns_targets_(arena), hidden_(arena) {}
  DnsZone(Private, const DnsZone& other) : DnsZone(other) {}

 private:
  DnsZone(const DnsZone&) = default;

  // First what every query reads.
  Trie<NameNode> nodes_;
  const NameNode* apex_node_ = nullptr;
  std::size_t cuts_ = 0;  // names below the apex that own NS
  std::size_t apex_labels_ = 0;
  std::string apex_;
  std::string id_;
  Trie<NsTarget> ns_targets_;
  Trie<NameNode> hidden_;  // names with records only: nothing is above or below another
};

// The zones of one apex, the one that answers first. The apex stands behind it in the same block.
class ZonesOfApex {
 public:
  static ZonesOfApex* make(Arena& arena, std::uint64_t hash, std::string_view apex);
  static void destroy(ZonesOfApex* entry, Arena& arena);
  ZonesOfApex* clone(Arena& arena) const;

  std::uint64_t hash() const { return hash_; }
  std::string_view apex() const { return {reinterpret_cast<const char*>(this + 1), apex_size_}; }
  const DnsZone* answering() const { return answering_; }
  std::span<const std::shared_ptr<const DnsZone>> zones() const { return zones_; }

  // To be called on an entry of the caller's own only. put() takes the place of the zone with this id.
  bool put(std::shared_ptr<const DnsZone> zone);  // true: there was none
  void remove(std::string_view id);

  std::uint32_t refs = 1;

 private:
  ZonesOfApex(std::uint64_t hash, std::size_t apex_size)
      : apex_size_(static_cast<std::uint32_t>(apex_size)), hash_(hash) {}

  std::uint32_t apex_size_;
  std::uint64_t hash_;
  const DnsZone* answering_ = nullptr;
  std::vector<std::shared_ptr<const DnsZone>> zones_;
};

class DnsSnapshot {
 public:
  // Revision 0 without zones. The hash key is drawn here and stays for all that is applied to it, as does the
  // health table in which its record sets have their slots.
  static std::unique_ptr<const DnsSnapshot> empty(
      Random& random,
      std::shared_ptr<health::HealthTable> health_table = std::make_shared<health::HealthTable>());

  std::uint64_t revision() const { return revision_; }
  // Of all versions that come of one empty(), names and records. On the publisher's thread.
  std::size_t bytes_in_use() const { return arena_->bytes_in_use(); }
  std::size_t bytes_reserved() const { return arena_->bytes_reserved(); }
  std::size_t zone_count() const { return zone_count_; }
  const HashKey& hash_key() const { return key_; }
  const health::HealthTable& health_table() const { return *health_table_; }

  // A second handle of this version, for who must keep it longer than a pin may last: the handle is made and
  // destroyed on the publisher's thread, and read from any.
  std::unique_ptr<const DnsSnapshot> retain() const {
    return std::unique_ptr<const DnsSnapshot>(new DnsSnapshot(*this));
  }

  // The answering zone with the longest apex of at most `labels_max` labels that `name` lies under.
  const DnsZone* find_zone(LookupName& name, std::size_t labels_max) const;

  // The zones of exactly this apex (a lower-case wire name), the one that answers first.
  std::span<const std::shared_ptr<const DnsZone>> zones_of(std::string_view apex) const;

  // The CIDR collection of this id, of which the hash is known (RecordGroup has both); null: there is none.
  const CidrBlocks* find_collection(std::uint64_t hash, std::string_view id) const {
    return collections_.find(hash, [id](const CidrBlocks& blocks) { return blocks.id() == id; });
  }
  template <typename Visit>
  void for_each_collection(Visit&& visit) const {
    collections_.for_each(visit);
  }

  template <typename Visit>
  void for_each_zone(Visit&& visit) const {  // zones of one apex in the order in which they answer
    zones_.for_each([&](const ZonesOfApex& entry) {
      for (const auto& zone : entry.zones()) visit(*zone);
    });
  }

 private:
  friend class SnapshotEditor;
  DnsSnapshot(std::shared_ptr<Arena> arena, std::shared_ptr<health::HealthTable> health_table)
      : arena_(std::move(arena)),
        health_table_(std::move(health_table)),
        zones_(*arena_),
        collections_(*arena_) {}
  DnsSnapshot(const DnsSnapshot&) = default;

  // Both of all versions that come of one empty().
  std::shared_ptr<Arena> arena_;
  std::shared_ptr<health::HealthTable> health_table_;
  std::uint64_t revision_ = 0;
  HashKey key_;
  Trie<ZonesOfApex> zones_;
  Trie<CidrBlocks> collections_;
  std::size_t zone_count_ = 0;
  std::size_t apex_labels_max_ = 0;  // an upper bound: removals do not lower it
};

// The version after `delta`. Conflict when `delta.from` is neither 0 nor the revision of `snapshot`; Invalid
// when an edited zone is unknown, a zone would be left without its SOA, or record sets that do not go
// together would share a name and type. Removing what is not there is no error: a compiler may merge the
// making and the unmaking of a record into one delta. The delta must have passed check(), as decode()'s
// always have.
Result<std::unique_ptr<const DnsSnapshot>> apply(const DnsSnapshot& snapshot, const Delta& delta);

// The change that makes this zone, of a snapshot with this health table, from nothing.
ZoneChange whole(const DnsZone& zone, const health::HealthTable& health_table);

// encode() of the delta that makes this snapshot from nothing. For the publisher's thread: it copies zones
// one at a time, not the whole.
std::string encode_image(const DnsSnapshot& snapshot);

}  // namespace meridian::snapshots::dns
