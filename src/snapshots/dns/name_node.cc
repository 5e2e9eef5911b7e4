#include "snapshots/dns/name_node.h"

#include <new>
#include <type_traits>

#include "base/check.h"
#include "snapshots/dns/record_group.h"
#include "snapshots/dns/wire_records.h"

namespace meridian::snapshots::dns {

static_assert(std::is_trivially_destructible_v<NameNode>);

NameNode* NameNode::make(Arena& arena, std::uint64_t hash, std::string_view relative_name) {
  NameNode* node =
      allocate(arena, NameNode(hash, static_cast<std::uint8_t>(relative_name.size())), relative_name.size());
  std::memcpy(node->bytes(), relative_name.data(), relative_name.size());
  return node;
}

NameNode* NameNode::allocate(Arena& arena, const NameNode& like, std::size_t size) {
  NameNode* node = new (arena.allocate(sizeof(NameNode) + size)) NameNode(like);
  node->refs = 1;
  node->size_ = static_cast<std::uint32_t>(size);
  return node;
}

NameNode* NameNode::clone(Arena& arena) const {
  NameNode* copy = allocate(arena, *this, size_);
  std::memcpy(copy->bytes(), bytes(), size_);
  return copy;
}

NameNode::Place NameNode::place_of(Type type) const {
  std::size_t at = sets_at();
  for (std::uint16_t i = 0; i < set_count_; ++i) {
    const SetHeader header = header_at(at);
    const std::size_t end = at + header.whole_size();
    if (header.type == type) return {at, end};
    if (header.type > type) break;
    at = end;
  }
  return {at, at};
}

// A copy with room for a set of this header at the place, behind which it returns.
std::pair<NameNode*, char*> NameNode::with_room(Arena& arena, Place place, const SetHeader& header) const {
  const std::size_t rest = size_ - place.end;
  NameNode* copy = allocate(arena, *this, place.begin + header.whole_size() + rest);
  std::memcpy(copy->bytes(), bytes(), place.begin);
  char* const set = copy->bytes() + place.begin;
  std::memcpy(set, &header, sizeof header);
  std::memcpy(set + header.whole_size(), bytes() + place.end, rest);
  if (place.begin == place.end) ++copy->set_count_;
  if (header.type == Type::NS) copy->has_ns_ = true;
  return {copy, set + sizeof header};
}

Result<NameNode*> NameNode::with(Arena& arena, const RecordSet& set, const PutContext& context) const {
  const Place place = place_of(set.type);
  std::optional<RecordGroup> group;
  if (place.begin != place.end) {
    std::size_t at = place.begin;
    if (const RecordsView there = read_set(at); there.is_group) group.emplace(there);
  }
  const bool simple = std::holds_alternative<Simple>(set.policy);
  const bool simple_there = group ? group->kind() == PolicyKind::Simple : place.begin != place.end;
  if (simple && group && !simple_there)
    return invalid("record sets with a routing policy have this name and type already");
  if (!simple && simple_there) return invalid("a simple record set has this name and type already");
  if (simple && set.health_check_id.empty()) return with_records(arena, place, set, context);
  return with_group(arena, place, set.type, TRY(group_with(group ? &*group : nullptr, set, context)));
}

NameNode* NameNode::with_records(Arena& arena, Place place, const RecordSet& set,
                                 const PutContext& context) const {
  const WireRecords records(set, context.apex_labels, context.key);
  SetHeader header{set.type, records.count()};
  header.size = records.records_size() & SetHeader::kSizeMask;
  header.is_alias = records.is_alias();
  header.has_links = records.has_links();
  header.target_is_hidden = set.target_is_hidden;
  header.evaluate_target_health = set.evaluate_target_health;
  const auto [copy, room] = with_room(arena, place, header);
  records.write(room);
  return copy;
}

NameNode* NameNode::with_group(Arena& arena, Place place, Type type, const GroupBytes& group) const {
  SetHeader header{type, static_cast<std::uint16_t>(group.size)};
  header.size = static_cast<std::uint32_t>(group.bytes.size()) & SetHeader::kSizeMask;
  header.is_group = true;
  const auto [copy, room] = with_room(arena, place, header);
  std::memcpy(room, group.bytes.data(), group.bytes.size());
  return copy;
}

NameNode* NameNode::without(Arena& arena, Type type, std::string_view set_identifier) const {
  const Place place = place_of(type);
  if (place.begin == place.end) return clone(arena);
  std::size_t at = place.begin;
  const RecordsView there = read_set(at);
  if (there.is_group) {
    const GroupBytes left = group_without(RecordGroup(there), set_identifier);
    if (left.size > 0) return with_group(arena, place, type, left);
  } else if (!set_identifier.empty()) {
    return clone(arena);
  }
  const std::size_t rest = size_ - place.end;
  NameNode* copy = allocate(arena, *this, place.begin + rest);
  std::memcpy(copy->bytes(), bytes(), place.begin);
  std::memcpy(copy->bytes() + place.begin, bytes() + place.end, rest);
  --copy->set_count_;
  if (type == Type::NS) copy->has_ns_ = false;
  return copy;
}

NameNode* NameNode::with_referral(Arena& arena, std::string_view encoded) const {
  const auto referral_size = static_cast<std::uint16_t>(encoded.size());
  const std::size_t kept = encoded.empty() ? 0 : sizeof referral_size + encoded.size();
  const std::size_t sets_size = size_ - sets_at();
  NameNode* copy = allocate(arena, *this, name_size_ + kept + sets_size);
  std::memcpy(copy->bytes(), bytes(), name_size_);
  if (kept > 0) {
    std::memcpy(copy->bytes() + name_size_, &referral_size, sizeof referral_size);
    std::memcpy(copy->bytes() + name_size_ + sizeof referral_size, encoded.data(), encoded.size());
  }
  std::memcpy(copy->bytes() + name_size_ + kept, bytes() + sets_at(), sets_size);
  copy->has_referral_ = kept > 0;
  return copy;
}

void NameNode::add_child(bool is_wildcard) {
  ++child_count_;
  if (is_wildcard) has_wildcard_child_ = true;
}

void NameNode::remove_child(bool is_wildcard) {
  CHECK(child_count_ > 0);
  --child_count_;
  if (is_wildcard) has_wildcard_child_ = false;
}

}  // namespace meridian::snapshots::dns
