// Linear probing; what is taken out is filled by what comes after it, so that there are no gaps to skip.
#include "engines/cdn/disk/index.h"

#include <utility>

namespace meridian::engines::cdn::disk {

std::size_t Index::place_of(std::uint64_t mark) const {
  std::size_t at = home(mark);
  while (slots_[at].segment != 0 && mark_of(slots_[at]) != mark) at = next(at);
  return at;
}

void Index::grow() {
  std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old)
    if (slot.segment != 0) slots_[place_of(mark_of(slot))] = slot;
}

void Index::put(const Hash128& key, const Place& place) {
  if ((count_ + 1) * 5 > slots_.size() * 4) grow();
  const std::uint64_t mark = mark_of(key);
  Slot& slot = slots_[place_of(mark)];
  if (slot.segment == 0) ++count_;
  slot = {static_cast<std::uint32_t>(mark >> 32),
          static_cast<std::uint32_t>(mark),
          place.segment,
          place.offset,
          place.size & 0x7fff'ffff,
          0};
}

std::optional<Index::Place> Index::find(const Hash128& key) const {
  if (slots_.empty()) return std::nullopt;
  const Slot& slot = slots_[place_of(mark_of(key))];
  if (slot.segment == 0) return std::nullopt;
  return Place{slot.segment, slot.offset, slot.size};
}

void Index::ask(const Hash128& key) {
  if (slots_.empty()) return;
  Slot& slot = slots_[place_of(mark_of(key))];
  if (slot.segment != 0) slot.asked = 1;
}

bool Index::take_asked(const Hash128& key) {
  if (slots_.empty()) return false;
  Slot& slot = slots_[place_of(mark_of(key))];
  const bool asked = slot.segment != 0 && slot.asked;
  slot.asked = 0;
  return asked;
}

bool Index::erase(const Hash128& key, const Place& place) {
  if (find(key) != place) return false;
  std::size_t hole = place_of(mark_of(key));
  slots_[hole] = {};
  --count_;
  // One that would be looked for from a place up to the hole moves into it.
  for (std::size_t at = next(hole); slots_[at].segment != 0; at = next(at)) {
    const std::size_t from = home(mark_of(slots_[at]));
    const bool reaches = hole <= at ? from <= hole || from > at : from <= hole && from > at;
    if (!reaches) continue;
    slots_[hole] = std::exchange(slots_[at], {});
    hole = at;
  }
  return true;
}

void Index::clear() {
  slots_.clear();
  count_ = 0;
}

}  // namespace meridian::engines::cdn::disk
