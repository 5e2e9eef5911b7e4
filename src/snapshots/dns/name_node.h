// NameNode: one name of a zone with its RRsets, in one allocation, laid out so that an answer only copies.
// Every name between an owner and its apex has a node too, even without records (RFC 4592 §2.2.2, empty
// non-terminals): a name exists exactly when it has a node.
//
// Rule: a node is changed only while no published snapshot can reach it (see trie.h).
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "snapshots/dns/delta.h"

namespace meridian::snapshots::dns {

// The RRset of one type. `data` holds `count` values, each a 16-bit size in host order and the bytes; for an
// alias, one value: the owner name of the target.
struct RecordsView {
  Type type = Type::A;
  std::uint16_t count = 0;
  std::uint32_t ttl = 0;
  bool is_alias = false;
  std::string_view data;

  // The value that begins at `offset`, which moves behind it.
  std::string_view next(std::size_t& offset) const {
    std::uint16_t size;
    std::memcpy(&size, data.data() + offset, sizeof size);
    const std::string_view value = data.substr(offset + sizeof size, size);
    offset += sizeof size + size;
    return value;
  }
  std::string_view first() const {
    std::size_t offset = 0;
    return next(offset);
  }
};

class NameNode {
 public:
  // `relative_name`: the lower-case labels in front of the apex.
  static NameNode* make(std::uint64_t hash, std::string_view relative_name);
  static void destroy(NameNode* node);
  NameNode* clone() const;
  // Copies with one RRset put or taken away, everything else alike.
  NameNode* with(const RecordSet& set) const;
  NameNode* without(Type type) const;

  std::uint64_t hash() const { return hash_; }
  std::string_view relative_name() const { return {bytes(), name_size_}; }
  std::optional<RecordsView> find(Type type) const;
  template <typename Visit>
  void for_each(Visit&& visit) const {  // by ascending type
    std::size_t at = name_size_;
    for (std::uint16_t i = 0; i < set_count_; ++i) visit(read_set(at));
  }
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
    std::uint32_t ttl;
    std::uint32_t size : 31;
    std::uint32_t is_alias : 1;
  };
  static_assert(sizeof(SetHeader) == 12);

  NameNode(std::uint64_t hash, std::uint8_t name_size) : hash_(hash), name_size_(name_size) {}
  static NameNode* allocate(const NameNode& like, std::size_t size);
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  SetHeader header_at(std::size_t at) const {
    SetHeader header;
    std::memcpy(&header, bytes() + at, sizeof header);
    return header;
  }
  RecordsView read_set(std::size_t& at) const {
    const SetHeader header = header_at(at);
    at += sizeof header;
    RecordsView view{
        header.type, header.count, header.ttl, header.is_alias != 0, {bytes() + at, header.size}};
    at += header.size;
    return view;
  }
  // Where the set of the type stands, or would stand; `end` is behind it (equal to `begin` when absent).
  struct Place {
    std::size_t begin, end;
  };
  Place place_of(Type type) const;
  std::size_t size() const;

  std::uint32_t child_count_ = 0;
  std::uint64_t hash_;
  std::uint16_t set_count_ = 0;
  std::uint8_t name_size_;
  bool has_ns_ : 1 = false;
  bool has_wildcard_child_ : 1 = false;
};
static_assert(sizeof(NameNode) == 24);

}  // namespace meridian::snapshots::dns
