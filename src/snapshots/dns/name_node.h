// NameNode: one name of a zone with its RRsets, in one block, laid out so that an answer only copies: each
// value stands as the record that goes on the wire, with a pointer to the name asked for as its owner.
// Every name between an owner and its apex has a node too, even without records (RFC 4592 §2.2.2, empty
// non-terminals): a name exists exactly when it has a node.
//
// Rule: a node is changed only while no published snapshot can reach it (see trie.h).
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "snapshots/dns/arena.h"
#include "snapshots/dns/delta.h"
#include "snapshots/dns/lookup_name.h"
#include "snapshots/health/health_table.h"

namespace meridian::snapshots::dns {

inline constexpr std::size_t kOwnerPointerSize = 2;
inline constexpr std::size_t kRecordHeadSize = 12;           // owner pointer, type, class, TTL, RDLENGTH
inline constexpr std::uint16_t kPointerToQuestion = 0xc00c;  // RFC 1035 §4.1.4: the name behind the header

// How the name that ends a value of NS, CNAME, PTR or MX can be written shorter: its last labels are the last
// ones of the owner, or stand in an earlier value of the same RRset. Found once, when the RRset is put.
struct [[gnu::packed]] NameLink {
  enum class To : std::uint8_t { Nothing, Owner, Value };

  std::uint64_t target_hash = 0;  // NS and MX: of the name, when it lies in the zone; else 0
  To to = To::Nothing;
  std::uint8_t keep = 0;   // bytes of the RDATA before the pointer
  std::uint8_t value = 0;  // To::Value: which one, below kLinkedValuesMax
  std::uint8_t offset =
      0;  // To::Value: in its RDATA, among the bytes it keeps; To::Owner: bytes of the owner's end
};
static_assert(sizeof(NameLink) == 12);
inline constexpr std::size_t kLinkedValuesMax =
    16;  // those of one RRset mostly share their end with the first

// The RRset of one type. `data` holds `count` records in wire form, uncompressed but for the owner; for an
// alias, one whose RDATA is the owner name of the target.
struct RecordsView {
  Type type = Type::A;
  std::uint16_t count = 0;
  bool is_alias = false;
  bool is_group = false;                // see record_group.h; `data` is then no records
  bool target_is_hidden = false;        // of an alias
  bool evaluate_target_health = false;  // of an alias
  std::string_view data;
  const char* links =
      nullptr;  // one NameLink a value, unaligned; null: names in the RDATA are not compressed

  std::uint32_t ttl() const { return load_u32(as_bytes(data).data() + 6); }
  NameLink link(std::size_t value) const {
    NameLink link;
    std::memcpy(&link, links + value * sizeof link, sizeof link);
    return link;
  }
  // The RDATA of the record that begins at `offset`, which moves behind it.
  std::string_view next(std::size_t& offset) const {
    const std::size_t size = load_u16(as_bytes(data).data() + offset + kRecordHeadSize - 2);
    const std::string_view rdata(data.data() + offset + kRecordHeadSize, size);
    offset += kRecordHeadSize + size;
    return rdata;
  }
  std::string_view first() const {
    std::size_t offset = 0;
    return next(offset);
  }
};

// What putting a record set needs of its snapshot and zone.
struct PutContext {
  const HashKey& key;
  std::size_t apex_labels;
  health::HealthTable& health_table;
};

struct GroupBytes;

class NameNode {
 public:
  // A name at or above it takes no more record sets: sizes stay far from what 32 bits hold, and a change
  // copies no more than this.
  static constexpr std::size_t kSizeMax = std::size_t{4} << 20;

  // `relative_name`: the lower-case labels in front of the apex.
  static NameNode* make(Arena& arena, std::uint64_t hash, std::string_view relative_name);
  static void destroy(NameNode* node, Arena& arena) { arena.release(node, sizeof(NameNode) + node->size_); }
  NameNode* clone(Arena& arena) const;
  // Copies with one record set put or taken away, everything else alike. A simple record set takes the place
  // of the one there was, with a health check as a group of its own; one with a policy joins the group of its
  // type, in the place of the one with its set identifier. Invalid when both kinds, or several policies,
  // would meet at one type.
  Result<NameNode*> with(Arena& arena, const RecordSet& set, const PutContext& context) const;
  NameNode* without(Arena& arena, Type type, std::string_view set_identifier) const;
  NameNode* with_referral(Arena& arena, std::string_view encoded) const;  // see referral.h; "" takes it away

  std::uint64_t hash() const { return hash_; }
  std::string_view relative_name() const { return {bytes(), name_size_}; }
  std::optional<RecordsView> find(Type type) const;
  template <typename Visit>
  void for_each(Visit&& visit) const {  // by ascending type
    std::size_t at = sets_at();
    for (std::uint16_t i = 0; i < set_count_; ++i) visit(read_set(at));
  }
  std::string_view referral() const {  // empty: there is none
    if (!has_referral_) return {};
    return {bytes() + name_size_ + sizeof(std::uint16_t), referral_size()};
  }
  std::size_t size() const { return size_; }  // of the name, the referral and the sets, in bytes
  std::uint16_t set_count() const { return set_count_; }
  std::uint32_t child_count() const { return child_count_; }
  bool has_ns() const { return has_ns_; }
  bool has_wildcard_child() const { return has_wildcard_child_; }

  // To be called on a node of the caller's own only.
  void add_child(bool is_wildcard);
  void remove_child(bool is_wildcard);

  std::uint32_t refs = 1;

 private:
  struct SetHeader {
    Type type;
    std::uint16_t count;
    std::uint32_t size : 27 = 0;  // of the records, or of the group
    std::uint32_t is_alias : 1 = 0;
    std::uint32_t has_links : 1 = 0;
    std::uint32_t is_group : 1 = 0;
    std::uint32_t target_is_hidden : 1 = 0;
    std::uint32_t evaluate_target_health : 1 = 0;

    static constexpr std::uint32_t kSizeMask = (1u << 27) - 1;

    std::size_t links_size() const { return has_links ? count * sizeof(NameLink) : 0; }
    std::size_t whole_size() const { return sizeof(SetHeader) + links_size() + size; }
  };
  static_assert(sizeof(SetHeader) == 8);

  NameNode(std::uint64_t hash, std::uint8_t name_size) : hash_(hash), name_size_(name_size) {}
  static NameNode* allocate(Arena& arena, const NameNode& like, std::size_t size);
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  SetHeader header_at(std::size_t at) const {
    SetHeader header;
    std::memcpy(&header, bytes() + at, sizeof header);
    return header;
  }
  RecordsView read_set(std::size_t& at) const {
    const SetHeader header = header_at(at);
    const char* links = bytes() + at + sizeof header;
    const std::size_t links_size = header.links_size();
    at += header.whole_size();
    return {.type = header.type,
            .count = header.count,
            .is_alias = header.is_alias != 0,
            .is_group = header.is_group != 0,
            .target_is_hidden = header.target_is_hidden != 0,
            .evaluate_target_health = header.evaluate_target_health != 0,
            .data = {links + links_size, header.size},
            .links = links_size > 0 ? links : nullptr};
  }
  std::size_t referral_size() const {
    std::uint16_t size;
    std::memcpy(&size, bytes() + name_size_, sizeof size);
    return size;
  }
  std::size_t sets_at() const {
    return has_referral_ ? name_size_ + sizeof(std::uint16_t) + referral_size() : name_size_;
  }
  // Where the set of the type stands, or would stand; `end` is behind it (equal to `begin` when absent).
  struct Place {
    std::size_t begin, end;
  };
  Place place_of(Type type) const;
  std::pair<NameNode*, char*> with_room(Arena& arena, Place place, const SetHeader& header) const;
  NameNode* with_records(Arena& arena, Place place, const RecordSet& set, const PutContext& context) const;
  NameNode* with_group(Arena& arena, Place place, Type type, const GroupBytes& group) const;

  std::uint32_t child_count_ = 0;
  std::uint64_t hash_;
  std::uint32_t size_ = 0;  // of what follows: the name, the size and bytes of the referral, the sets
  std::uint16_t set_count_ = 0;
  std::uint8_t name_size_;
  bool has_ns_ : 1 = false;
  bool has_wildcard_child_ : 1 = false;
  bool has_referral_ : 1 = false;
};
static_assert(sizeof(NameNode) == 24);

inline std::optional<RecordsView> NameNode::find(Type type) const {
  std::size_t at = sets_at();
  for (std::uint16_t i = 0; i < set_count_; ++i) {
    const SetHeader header = header_at(at);
    if (header.type == type) return read_set(at);
    if (header.type > type) break;
    at += header.whole_size();
  }
  return std::nullopt;
}

}  // namespace meridian::snapshots::dns
