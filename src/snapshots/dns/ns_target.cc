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
  const bool crowded = crowded_ || count_ == kOwnersMax;
  NsTarget* copy = allocate(arena, *this, crowded ? name_size_ : size_ + 1 + owner.size());
  std::memcpy(copy->bytes(), bytes(), crowded ? name_size_ : size_);
  copy->crowded_ = crowded;
  ++copy->count_;
  if (crowded) return copy;
  copy->bytes()[size_] = static_cast<char>(owner.size());
  std::memcpy(copy->bytes() + size_ + 1, owner.data(), owner.size());
  return copy;
}

NsTarget* NsTarget::without_owner(Arena& arena, std::string_view owner) const {
  std::size_t begin = name_size_, end = begin;
  while (end < size_ && next(end) != owner) begin = end;
  NsTarget* copy = allocate(arena, *this, size_ - (end - begin));
  std::memcpy(copy->bytes(), bytes(), begin);
  std::memcpy(copy->bytes() + begin, bytes() + end, size_ - end);
  --copy->count_;
  return copy;
}

}  // namespace meridian::snapshots::dns
