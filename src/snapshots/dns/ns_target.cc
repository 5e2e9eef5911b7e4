#include "snapshots/dns/ns_target.h"

#include <cstring>
#include <new>

namespace meridian::snapshots::dns {

NsTarget* NsTarget::allocate(Arena& arena, const NsTarget& like, std::size_t size) {
  NsTarget* target = new (arena.allocate(sizeof(NsTarget) + size)) NsTarget(like);
  target->refs = 1;
  target->size_ = static_cast<std::uint32_t>(size);
  return target;
}

NsTarget* NsTarget::make(Arena& arena, std::uint64_t hash, std::string_view name) {
  NsTarget* target = allocate(arena, NsTarget(hash, static_cast<std::uint8_t>(name.size())), name.size());
  std::memcpy(target->bytes(), name.data(), name.size());
  return target;
}

NsTarget* NsTarget::clone(Arena& arena) const {
  NsTarget* copy = allocate(arena, *this, size_);
  std::memcpy(copy->bytes(), bytes(), size_);
  return copy;
}

NsTarget* NsTarget::with_owner(Arena& arena, std::string_view owner) const {
  bool is_there = crowded_;
  for_each_owner([&](std::string_view other) { is_there |= other == owner; });
  if (is_there) return clone(arena);
  const bool crowded = count_ == kOwnersMax;
  NsTarget* copy = allocate(arena, *this, crowded ? name_size_ : size_ + 1 + owner.size());
  if (crowded) {
    std::memcpy(copy->bytes(), bytes(), name_size_);
    copy->crowded_ = true;
    copy->count_ = 0;
    return copy;
  }
  std::memcpy(copy->bytes(), bytes(), size_);
  copy->bytes()[size_] = static_cast<char>(owner.size());
  std::memcpy(copy->bytes() + size_ + 1, owner.data(), owner.size());
  ++copy->count_;
  return copy;
}

NsTarget* NsTarget::without_owner(Arena& arena, std::string_view owner) const {
  for (std::size_t at = name_size_; at < size_;) {
    const std::size_t begin = at;
    if (next(at) != owner) continue;
    NsTarget* copy = allocate(arena, *this, size_ - (at - begin));
    std::memcpy(copy->bytes(), bytes(), begin);
    std::memcpy(copy->bytes() + begin, bytes() + at, size_ - at);
    --copy->count_;
    return copy;
  }
  return clone(arena);
}

}  // namespace meridian::snapshots::dns
