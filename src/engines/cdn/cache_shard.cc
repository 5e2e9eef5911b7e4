#include "engines/cdn/cache_shard.h"

#include <algorithm>

#include "base/prefetch.h"

namespace meridian::engines::cdn {
namespace {

constexpr std::size_t kEmptySlotBytes = 200;
// What may be unpacked: a part of the shard, and no more than this.
constexpr std::size_t kLivePart = 8;
constexpr std::size_t kLiveBytesMax = 2 * 1024 * 1024;
constexpr int kPackedAtOnce = 8;

}  // namespace

CacheShard::CacheShard(std::size_t bytes_max)
    : bytes_max_(bytes_max),
      small_max_(bytes_max / kSmallPart),
      live_max_(std::min(bytes_max / kLivePart, kLiveBytesMax)) {}

CacheShard::~CacheShard() {
  for (const Index head : buckets_)
    for (Index index = head; index != kNone; index = entry(index).next) free_content(entry(index));
}

void CacheShard::free_content(Entry& entry) {
  if (std::exchange(entry.at_rest, false))
    PackedObject::Owner(entry.packed).reset();
  else
    delete entry.live;
  entry.live = nullptr;
}

CacheShard::Index CacheShard::find(const Key& key) {
  if (buckets_.empty()) return kNone;
  Index index = bucket_of(key);
  while (index != kNone && entry(index).key != key) index = entry(index).next;
  return index;
}

void CacheShard::fetch_ahead(const Key& key, int place) {
  if (buckets_.empty()) return;
  const Index& bucket = bucket_of(key);
  if (place == 0) return prefetch(&bucket);
  if (bucket == kNone) return;
  if (place == 1) return prefetch(&entry(bucket));
  const Index index = find(key);
  if (index == kNone) return;
  const Entry& found = entry(index);
  if (found.at_rest)
    place == 2 ? prefetch(found.packed) : found.packed->fetch_ahead();
  else if (place == 2)
    prefetch(found.live);
  else if (const Object* const object = found.live->slot.object.get())
    prefetch(object);
}

Cache::Slot* CacheShard::open(const Key& key, Index& index) {
  index = find(key);
  if (index == kNone) return nullptr;
  if (entry(index).at_rest) unpack(index);
  return &entry(index).live->slot;
}

void CacheShard::insert(const Key& key, Cache::Slot slot) {
  if (slot.empty()) return;
  const Index index = new_entry(key);
  Live* const live = new Live();
  live->slot = std::move(slot);
  live->index = index;
  entry(index).live = live;
  live->slot.visited = false;  // to have come is not to have been asked for again
  settle(index);
}

void CacheShard::settle(Index index) {
  Entry& entry = this->entry(index);
  Live& live = *entry.live;
  Cache::Slot& slot = live.slot;
  if (std::exchange(slot.visited, false)) {
    entry.uses = std::min<std::uint8_t>(entry.uses + 1, kUsesMax);
    live.used = true;
  }
  const Object* const object = slot.object.get();
  if (object && object == live.counted) return;
  const std::size_t before = live.charge;
  if (live.packed && live.unpacked != object) live.packed.reset();
  live.charge = charge_of(live);
  live.counted = object && object->body->state() != Body::State::Growing ? object : nullptr;
  if (live.listed) {
    live.charge < before ? live_bytes_ -= before - live.charge : live_bytes_ += live.charge - before;
    if (!live.counted || !PackedObject::can_pack(*object)) unlist(live);
  } else if (live.counted && PackedObject::can_pack(*object)) {
    list(live);
  }
  if (before == 0 && live.charge != 0) {
    link(index, ghosts_.take(entry.key) ? kMain : kSmall);
  } else if (before != 0 && live.charge == 0) {
    queues_[entry.queue].bytes -= before;
    unlink(index);
  } else if (before != 0) {
    queues_[entry.queue].bytes += live.charge - before;
  }
  if (bytes() > bytes_max_) evict(index);
  if (slot.empty()) return erase(index);
  // What has just come is still near; later it would have to be fetched to be packed.
  if (live.listed && !live.used) pack(live);
  pack_some();
}

std::size_t CacheShard::charge_of(const Live& live) {
  const Cache::Slot& slot = live.slot;
  // What was unpacked shares its body with what it was made of.
  if (slot.object)
    return kEmptySlotBytes + slot.object->charge() +
           (live.packed ? live.packed->charge() - live.packed->body_size() : 0);
  return slot.alone_until == rules::Time{} ? 0 : kEmptySlotBytes;
}

// Of a packed object also its entry and its bucket.
std::size_t CacheShard::charge_of(const Entry& entry) {
  return entry.at_rest ? sizeof(Entry) + 2 * sizeof(Index) + entry.packed->charge() : entry.live->charge;
}

CacheShard::Index CacheShard::new_entry(const Key& key) {
  if (++entries_ > buckets_.size()) grow();
  if (free_ == kNone) {
    const auto first = static_cast<Index>(chunks_.size() * kEntriesAtOnce);
    chunks_.push_back(std::make_unique<Entry[]>(kEntriesAtOnce));
    for (Index i = kEntriesAtOnce; i-- > 0;) entry(first + i).next = std::exchange(free_, first + i);
  }
  const Index index = free_;
  Entry& made = entry(index);
  free_ = made.next;
  made = Entry();
  made.key = key;
  Index& bucket = bucket_of(key);
  made.next = std::exchange(bucket, index);
  return index;
}

void CacheShard::grow() {
  std::vector<Index> old = std::move(buckets_);
  buckets_.assign(std::max<std::size_t>(old.size() * 2, 64), kNone);
  for (Index index : old)
    while (index != kNone) {
      Entry& moved = entry(index);
      Index& bucket = bucket_of(moved.key);
      const Index next = std::exchange(moved.next, bucket);
      bucket = std::exchange(index, next);
    }
}

void CacheShard::erase(Index index) {
  Entry& gone = entry(index);
  if (gone.queue != kNowhere) unlink(index);
  if (!gone.at_rest && gone.live->listed) unlist(*gone.live);
  free_content(gone);
  Index* at = &bucket_of(gone.key);
  while (*at != index) at = &entry(*at).next;
  *at = gone.next;
  gone.next = std::exchange(free_, index);
  --entries_;
}

void CacheShard::link(Index index, Which which) {
  Entry& linked = entry(index);
  Queue& queue = queues_[which];
  linked.queue = which;
  linked.older = queue.newest;
  linked.newer = kNone;
  (queue.newest == kNone ? queue.oldest : entry(queue.newest).newer) = index;
  queue.newest = index;
  queue.bytes += charge_of(linked);
  ++queue.count;
}

void CacheShard::unlink(Index index) {
  Entry& linked = entry(index);
  Queue& queue = queues_[linked.queue];
  (linked.older == kNone ? queue.oldest : entry(linked.older).newer) = linked.newer;
  (linked.newer == kNone ? queue.newest : entry(linked.newer).older) = linked.older;
  queue.bytes -= charge_of(linked);
  --queue.count;
  linked.queue = kNowhere;
}

std::size_t CacheShard::others(Which which, Index spare) {
  return queues_[which].count - (entry(spare).queue == which ? 1 : 0);
}

void CacheShard::evict(Index spare) {
  // Each goes from the small queue to the main one once, and comes round there at most kUsesMax times. So do
  // heads of what has slices in memory, which would be lost with them, but in the last round.
  const std::size_t round = objects() + 1;
  for (std::size_t steps = (kUsesMax + 3) * round; bytes() > bytes_max_ && steps > 0; --steps) {
    const bool small =
        others(kMain, spare) == 0 || (queues_[kSmall].bytes > small_max_ && others(kSmall, spare) > 0);
    const Which which = small ? kSmall : kMain;
    if (others(which, spare) == 0) return;
    const Index index = queues_[which].oldest;
    if (index == spare) {
      unlink(index);
      link(index, which);
      continue;
    }
    const Purged purged = this->purged(entry(index));
    if (purged.gone())
      drop(index, purged);
    else if (small)
      evict_small(index, purged, steps > round);
    else
      evict_main(index, purged, steps > round);
  }
}

bool CacheShard::has_slices(const Entry& entry) {
  const Object* const object = entry.at_rest ? nullptr : entry.live->slot.object.get();
  return object && object->body->parts() && object->body->parts()->in_memory();
}

void CacheShard::evict_small(Index index, const Purged& purged, bool spares_heads) {
  Entry& oldest = entry(index);
  if (oldest.uses >= kUsesToStay || (spares_heads && has_slices(oldest))) {
    unlink(index);
    oldest.uses = 0;
    return link(index, kMain);
  }
  ghosts_.add(oldest.key, std::max<std::size_t>(queues_[kMain].count, 16));
  drop(index, purged);
}

void CacheShard::evict_main(Index index, const Purged& purged, bool spares_heads) {
  Entry& oldest = entry(index);
  if (oldest.uses == 0 && !(spares_heads && has_slices(oldest))) return drop(index, purged);
  if (oldest.uses > 0) --oldest.uses;
  unlink(index);
  link(index, kMain);
}

void CacheShard::drop(Index index, const Purged& purged) {
  ++evictions_;
  Entry& gone = entry(index);
  if (purged.at_all()) {
    const PurgeLog& log = gone.at_rest ? gone.packed->purges(shelf_) : *gone.live->slot.object->purges;
    log.count(purged);
  }
  if (gone.at_rest || !gone.live->slot.flight) return erase(index);
  // Somebody asks for it.
  unlink(index);
  if (gone.live->listed) unlist(*gone.live);
  gone.live->charge = 0;
  gone.live->counted = nullptr;
  gone.live->slot.object.reset();
  gone.live->slot.alone_until = {};
}

Purged CacheShard::purged(Entry& entry) {
  if (entry.at_rest) return entry.packed->purged(shelf_);
  return entry.live->slot.object ? entry.live->slot.object->purged() : Purged();
}

// The look is going to settle() it.
void CacheShard::unpack(Index index) {
  Entry& opened = entry(index);
  Queue& queue = queues_[opened.queue];
  queue.bytes -= charge_of(opened);
  PackedObject::Owner packed(opened.packed);
  opened.at_rest = false;
  opened.live = new Live();
  Live& live = *opened.live;
  live.index = index;
  live.slot.object = packed->unpack(shelf_);
  live.unpacked = live.slot.object.get();
  live.packed = std::move(packed);
  live.charge = std::max(charge_of(live), kEmptySlotBytes);
  queue.bytes += live.charge;
}

void CacheShard::list(Live& live) {
  live.listed = true;
  live.older = newest_live_;
  live.newer = nullptr;
  (newest_live_ ? newest_live_->newer : oldest_live_) = &live;
  newest_live_ = &live;
  live_bytes_ += live.charge;
}

void CacheShard::unlist(Live& live) {
  live.listed = false;
  (live.older ? live.older->newer : oldest_live_) = live.newer;
  (live.newer ? live.newer->older : newest_live_) = live.older;
  live_bytes_ -= live.charge;
}

// What was asked for since it was last looked at stays as it is.
void CacheShard::pack_some() {
  for (int i = 0; i < kPackedAtOnce && live_bytes_ > live_max_ && oldest_live_; ++i) {
    Live& live = *oldest_live_;
    if (!std::exchange(live.used, false) && pack(live)) continue;
    unlist(live);
    list(live);
  }
}

bool CacheShard::pack(Live& live) {
  const Cache::Slot& slot = live.slot;
  if (slot.flight || slot.stands_in_until != rules::Time{} || slot.alone_until != rules::Time{}) return false;
  Entry& packed = entry(live.index);
  PackedObject* made = live.packed.release();
  if (made)
    made->saw(slot.object->purges_seen);
  else
    made = PackedObject::pack(*slot.object, shelf_).release();
  Queue& queue = queues_[packed.queue];
  queue.bytes -= live.charge;
  unlist(live);
  delete packed.live;
  packed.at_rest = true;
  packed.packed = made;
  queue.bytes += charge_of(packed);
  return true;
}

}  // namespace meridian::engines::cdn
