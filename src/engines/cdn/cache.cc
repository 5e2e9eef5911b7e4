#include "engines/cdn/cache.h"

#include <mutex>

#include "engines/cdn/cache_shard.h"

namespace meridian::engines::cdn {

struct alignas(64) Cache::Shard {
  explicit Shard(std::size_t bytes_max) : part(bytes_max) {}
  mutable std::mutex mutex;
  CacheShard part;
};

Cache::Cache(std::size_t bytes_max) : object_bytes_max_(bytes_max / kShards / 2) {
  for (auto& shard : shards_) shard = std::make_unique<Shard>(bytes_max / kShards);
}

Cache::~Cache() = default;

Cache::Opened::Opened(Shard& shard, const Key& key) : shard_(shard), key_(key) {
  shard_.mutex.lock();
  found_ = shard_.part.open(key_, index_);
}

Cache::Opened::~Opened() {
  if (found_)
    shard_.part.settle(index_);
  else if (!own_.empty())
    shard_.part.insert(key_, std::move(own_));
  shard_.mutex.unlock();
}

void Cache::fetch_ahead(const Key& key, int place) {
  Shard& shard = shard_of(key);
  std::lock_guard lock(shard.mutex);
  shard.part.fetch_ahead(key, place);
}

template <typename Value>
Value Cache::sum(Value (*value)(const Shard&)) const {
  Value sum = 0;
  for (const auto& shard : shards_) {
    std::lock_guard lock(shard->mutex);
    sum += value(*shard);
  }
  return sum;
}

std::size_t Cache::bytes() const {
  return sum<std::size_t>([](const Shard& shard) { return shard.part.bytes(); });
}

std::size_t Cache::objects() const {
  return sum<std::size_t>([](const Shard& shard) { return shard.part.objects(); });
}

std::uint64_t Cache::evictions() const {
  return sum<std::uint64_t>([](const Shard& shard) { return shard.part.evictions(); });
}

}  // namespace meridian::engines::cdn
