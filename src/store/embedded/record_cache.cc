#include "store/embedded/record_cache.h"

namespace meridian::store {

std::size_t RecordCache::size_of(const Entry& entry) {
  constexpr std::size_t kOverhead = 256;  // of the list, the map and the strings
  return kOverhead + 2 * entry.key.size() + (entry.record ? entry.record->value.size() : 0);
}

std::optional<RecordCache::Record> RecordCache::find(std::string_view key, std::uint64_t& seen) {
  Shard& shard = shard_of(hash_of(key));
  std::lock_guard lock(shard.mutex);
  seen = shard.changes;
  const auto found = shard.places.find(key);
  if (found == shard.places.end()) return std::nullopt;
  shard.recent.splice(shard.recent.begin(), shard.recent, found->second);
  return found->second->record;
}

void RecordCache::keep(std::string_view key, const Record& record, std::uint64_t seen) {
  if (record && record->value.size() > kRecordBytesMax) return;
  Shard& shard = shard_of(hash_of(key));
  std::lock_guard lock(shard.mutex);
  if (shard.changes != seen || shard.changing > 0 || shard.places.contains(key)) return;
  shard.recent.push_front({std::string(key), record});
  shard.places.emplace(shard.recent.front().key, shard.recent.begin());
  shard.bytes += size_of(shard.recent.front());
  while (shard.bytes > shard_bytes_max_) drop(shard, shard.recent.back().key);
}

void RecordCache::drop(Shard& shard, std::string_view key) {
  const auto found = shard.places.find(key);
  if (found == shard.places.end()) return;
  const auto entry = found->second;
  shard.places.erase(found);
  shard.bytes -= size_of(*entry);
  shard.recent.erase(entry);
}

void RecordCache::begin_change(const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    const std::size_t hash = hash_of(key);
    stamps_[hash % kStamps].fetch_add(1);
    Shard& shard = shard_of(hash);
    std::lock_guard lock(shard.mutex);
    ++shard.changing;
    drop(shard, key);
  }
}

void RecordCache::end_change(const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    const std::size_t hash = hash_of(key);
    Shard& shard = shard_of(hash);
    std::lock_guard lock(shard.mutex);
    --shard.changing;
    ++shard.changes;
    stamps_[hash % kStamps].fetch_add(kEnded - 1);
  }
}

std::optional<std::uint64_t> RecordCache::stamp(std::size_t hash) const {
  const std::uint64_t stamp = stamps_[hash % kStamps].load(std::memory_order_acquire);
  if (stamp % kEnded != 0) return std::nullopt;
  return stamp;
}

std::size_t RecordCache::bytes() const {
  std::size_t sum = 0;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    sum += shard.bytes;
  }
  return sum;
}

}  // namespace meridian::store
