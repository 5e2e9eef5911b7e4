// NsTarget: a name inside a zone that NS records of the zone lead to, and the owners of those records: whose
// referrals must be composed again when its addresses change. The name need not exist.
#pragma once

#include <cstdint>
#include <string_view>

#include "snapshots/dns/arena.h"

namespace meridian::snapshots::dns {

class NsTarget {
 public:
  // A target of more owners is crowded: the list is dropped, and referrals that name it are not composed in
  // advance, so that a change of its addresses costs no more than any other. It stays crowded until the last
  // owner has gone.
  static constexpr std::size_t kOwnersMax = 256;

  // Names are lower-case labels in front of the apex.
  static NsTarget* make(Arena& arena, std::uint64_t hash, std::string_view name);
  static void destroy(NsTarget* target, Arena& arena) {
    arena.release(target, sizeof(NsTarget) + target->size_);
  }
  NsTarget* clone(Arena& arena) const;
  // `owner` is not among the owners, and then it is.
  NsTarget* with_owner(Arena& arena, std::string_view owner) const;
  NsTarget* without_owner(Arena& arena, std::string_view owner) const;

  std::uint64_t hash() const { return hash_; }
  std::string_view name() const { return {bytes(), name_size_}; }
  bool is_crowded() const { return crowded_; }
  bool has_owners() const { return count_ > 0; }
  template <typename Visit>
  void for_each_owner(Visit&& visit) const {
    for (std::size_t at = name_size_; at < size_;) visit(next(at));
  }

  std::uint32_t refs = 1;

 private:
  NsTarget(std::uint64_t hash, std::uint8_t name_size) : hash_(hash), name_size_(name_size) {}
  static NsTarget* allocate(Arena& arena, const NsTarget& like, std::size_t size);
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  std::string_view next(std::size_t& at) const {  // a size and the name
    const std::size_t size = static_cast<std::uint8_t>(bytes()[at]);
    const std::string_view owner(bytes() + at + 1, size);
    at += 1 + size;
    return owner;
  }

  std::uint32_t size_ = 0;  // of what follows: the name and the owners
  std::uint64_t hash_;
  std::uint32_t count_ = 0;  // of owners, listed or not
  std::uint8_t name_size_;
  bool crowded_ = false;
};

}  // namespace meridian::snapshots::dns
