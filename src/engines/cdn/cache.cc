#include "engines/cdn/cache.h"

namespace meridian::engines::cdn {
namespace {

constexpr std::size_t kEmptySlotBytes = 160;

}  // namespace

std::size_t Cache::charge_of(const Slot& slot) {
  if (slot.object) return kEmptySlotBytes + slot.object->charge();
  return slot.alone_until == rules::Time{} ? 0 : kEmptySlotBytes;
}

void Cache::settle(Shard& shard, Entries::iterator at) {
  Entry& entry = at->second;
  entry.key = &at->first;
  const Object* const object = entry.slot.object.get();
  if (object && object == entry.counted) return;
  const std::size_t charge = charge_of(entry.slot);
  entry.counted = object && object->body->state() != Body::State::Growing ? object : nullptr;
  if (charge != entry.charge) {
    if (entry.charge == 0) link(shard, entry);
    if (charge == 0) unlink(shard, entry);
    shard.bytes += charge - entry.charge;
    entry.charge = charge;
    if (shard.bytes > shard_bytes_max_) evict(shard, entry);
  }
  if (entry.slot.empty()) shard.entries.erase(at);
}

// The hand goes from the oldest to the newest, spares once what was asked for since it came by, and takes the
// first that was not.
void Cache::evict(Shard& shard, const Entry& spare) {
  // Two rounds: after the first nothing counts as visited any more.
  for (std::size_t steps = 2 * shard.charged; shard.bytes > shard_bytes_max_ && steps > 0; --steps) {
    Entry* const entry = shard.hand ? shard.hand : shard.oldest;
    if (!entry) return;
    shard.hand = entry->newer;
    if (entry == &spare) continue;
    if (std::exchange(entry->slot.visited, false)) continue;
    shard.bytes -= entry->charge;
    ++shard.evictions;
    unlink(shard, *entry);
    entry->charge = 0;
    entry->counted = nullptr;
    entry->slot.object.reset();
    entry->slot.alone_until = {};
    if (entry->slot.empty()) shard.entries.erase(Key(*entry->key));
  }
}

void Cache::link(Shard& shard, Entry& entry) {
  entry.older = shard.newest;
  entry.newer = nullptr;
  (shard.newest ? shard.newest->newer : shard.oldest) = &entry;
  shard.newest = &entry;
  ++shard.charged;
}

void Cache::unlink(Shard& shard, Entry& entry) {
  if (shard.hand == &entry) shard.hand = entry.newer;
  (entry.older ? entry.older->newer : shard.oldest) = entry.newer;
  (entry.newer ? entry.newer->older : shard.newest) = entry.older;
  entry.newer = entry.older = nullptr;
  --shard.charged;
}

std::size_t Cache::bytes() const {
  std::size_t sum = 0;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    sum += shard.bytes;
  }
  return sum;
}

std::size_t Cache::objects() const {
  std::size_t sum = 0;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    sum += shard.charged;
  }
  return sum;
}

std::uint64_t Cache::evictions() const {
  std::uint64_t sum = 0;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    sum += shard.evictions;
  }
  return sum;
}

}  // namespace meridian::engines::cdn
