#include "snapshots/dns/name_node.h"

#include <new>
#include <type_traits>

#include "base/check.h"
#include "snapshots/dns/name_links.h"

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

namespace {

std::size_t labels_in(std::string_view labels) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < labels.size(); at += static_cast<std::uint8_t>(labels[at]) + 1u) ++count;
  return count;
}

std::size_t apex_labels_of(std::string_view owner, std::string_view relative_name) {
  return labels_in(owner.substr(relative_name.size(), owner.size() - relative_name.size() - 1));
}

}  // namespace

NameNode* NameNode::with(Arena& arena, const RecordSet& set, const HashKey& key) const {
  const bool is_alias = !set.alias_target.empty();
  std::vector<NameLink> links;
  if (!is_alias) links = link_names(set, apex_labels_of(set.owner, relative_name()), key);
  std::size_t data_size = is_alias ? kRecordHeadSize + set.alias_target.size() : 0;
  for (const std::string& value : set.rdata) data_size += kRecordHeadSize + value.size();
  const SetHeader header{set.type, static_cast<std::uint16_t>(is_alias ? 1 : set.rdata.size()),
                         static_cast<std::uint32_t>(data_size) & 0x3fffffffu, is_alias, !links.empty()};

  const Place place = place_of(set.type);
  const std::size_t rest = size_ - place.end;
  NameNode* copy = allocate(arena, *this, place.begin + header.whole_size() + rest);
  char* out = copy->bytes();
  const auto put = [&out](const void* from, std::size_t count) {
    std::memcpy(out, from, count);
    out += count;
  };
  const auto put_record = [&](std::string_view rdata) {
    std::uint8_t head[kRecordHeadSize];
    store_u16(head, kPointerToQuestion);
    store_u16(head + 2, static_cast<std::uint16_t>(set.type));
    store_u16(head + 4, static_cast<std::uint16_t>(meridian::dns::Class::IN));
    store_u32(head + 6, set.ttl);
    store_u16(head + 10, static_cast<std::uint16_t>(rdata.size()));
    put(head, sizeof head);
    put(rdata.data(), rdata.size());
  };
  put(bytes(), place.begin);
  put(&header, sizeof header);
  if (!links.empty()) put(links.data(), header.links_size());
  if (is_alias) put_record(set.alias_target);
  for (const std::string& value : set.rdata) put_record(value);
  put(bytes() + place.end, rest);

  if (place.begin == place.end) ++copy->set_count_;
  if (set.type == Type::NS) copy->has_ns_ = true;
  return copy;
}

NameNode* NameNode::without(Arena& arena, Type type) const {
  const Place place = place_of(type);
  if (place.begin == place.end) return clone(arena);
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
