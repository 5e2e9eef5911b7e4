#include "snapshots/dns/name_node.h"

#include <new>
#include <type_traits>

#include "base/check.h"

namespace meridian::snapshots::dns {

static_assert(std::is_trivially_destructible_v<NameNode>);

NameNode* NameNode::make(std::uint64_t hash, std::string_view relative_name) {
  void* memory = ::operator new(sizeof(NameNode) + relative_name.size());
  NameNode* node = new (memory) NameNode(hash, static_cast<std::uint8_t>(relative_name.size()));
  std::memcpy(node->bytes(), relative_name.data(), relative_name.size());
  return node;
}

void NameNode::destroy(NameNode* node) {
  ::operator delete(node);
}

NameNode* NameNode::allocate(const NameNode& like, std::size_t size) {
  void* memory = ::operator new(sizeof(NameNode) + size);
  NameNode* node = new (memory) NameNode(like);
  node->refs = 1;
  return node;
}

NameNode* NameNode::clone() const {
  const std::size_t all = size();
  NameNode* copy = allocate(*this, all);
  std::memcpy(copy->bytes(), bytes(), all);
  return copy;
}

std::size_t NameNode::size() const {
  std::size_t at = name_size_;
  for (std::uint16_t i = 0; i < set_count_; ++i) at += sizeof(SetHeader) + header_at(at).size;
  return at;
}

NameNode::Place NameNode::place_of(Type type) const {
  std::size_t at = name_size_;
  for (std::uint16_t i = 0; i < set_count_; ++i) {
    const SetHeader header = header_at(at);
    const std::size_t end = at + sizeof header + header.size;
    if (header.type == type) return {at, end};
    if (header.type > type) break;
    at = end;
  }
  return {at, at};
}

std::optional<RecordsView> NameNode::find(Type type) const {
  std::size_t at = name_size_;
  for (std::uint16_t i = 0; i < set_count_; ++i) {
    const RecordsView view = read_set(at);
    if (view.type == type) return view;
    if (view.type > type) break;
  }
  return std::nullopt;
}

NameNode* NameNode::with(const RecordSet& set) const {
  const bool is_alias = !set.alias_target.empty();
  std::size_t data_size = is_alias ? 2 + set.alias_target.size() : 0;
  for (const std::string& value : set.rdata) data_size += 2 + value.size();

  const Place place = place_of(set.type);
  const std::size_t rest = size() - place.end;
  NameNode* copy = allocate(*this, place.begin + sizeof(SetHeader) + data_size + rest);
  char* out = copy->bytes();
  const auto put = [&out](const void* from, std::size_t count) {
    std::memcpy(out, from, count);
    out += count;
  };
  const auto put_value = [&put](std::string_view value) {
    const auto value_size = static_cast<std::uint16_t>(value.size());
    put(&value_size, sizeof value_size);
    put(value.data(), value.size());
  };
  put(bytes(), place.begin);
  const SetHeader header{set.type, static_cast<std::uint16_t>(is_alias ? 1 : set.rdata.size()), set.ttl,
                         static_cast<std::uint32_t>(data_size) & 0x7fffffffu, is_alias};
  put(&header, sizeof header);
  if (is_alias) put_value(set.alias_target);
  for (const std::string& value : set.rdata) put_value(value);
  put(bytes() + place.end, rest);

  if (place.begin == place.end) ++copy->set_count_;
  if (set.type == Type::NS) copy->has_ns_ = true;
  return copy;
}

NameNode* NameNode::without(Type type) const {
  const Place place = place_of(type);
  if (place.begin == place.end) return clone();
  const std::size_t rest = size() - place.end;
  NameNode* copy = allocate(*this, place.begin + rest);
  std::memcpy(copy->bytes(), bytes(), place.begin);
  std::memcpy(copy->bytes() + place.begin, bytes() + place.end, rest);
  --copy->set_count_;
  if (type == Type::NS) copy->has_ns_ = false;
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
