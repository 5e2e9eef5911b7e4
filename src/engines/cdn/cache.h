// What a location remembers, bounded by bytes: a table in shards, each with a lock of its own that is held
// for one look and never across I/O. What goes first is chosen by SIEVE (Zhang et al., NSDI 2024): a scan
// does not drive out what is asked for again, and a hit moves nothing.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/siphash.h"
#include "engines/cdn/object.h"

namespace meridian::engines::cdn {

class Flight;

using Key = Hash128;

class Cache {
 public:
  static constexpr std::size_t kShards = 16;

  explicit Cache(std::size_t bytes_max) : shard_bytes_max_(bytes_max / kShards) {}
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  struct Slot {
    std::shared_ptr<const Object> object;
    std::shared_ptr<Flight> flight;  // asks for it
    rules::Time stands_in_until{};   // an expired copy, because the origin failed
    rules::Time alone_until{};       // what the origin says is not to be shared: nobody waits for another
    bool visited = false;            // since the hand of SIEVE was here

    bool empty() const { return !object && !flight && alone_until == rules::Time{}; }
  };

  // Calls `look` with the key's slot, under its lock. What it leaves is what is remembered.
  template <typename Look>
  auto with(const Key& key, Look look) {
    Shard& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    const auto at = shard.entries.try_emplace(key).first;
    Settle settle{*this, shard, at};
    return look(at->second.slot);
  }

  // No larger object is kept.
  std::size_t object_bytes_max() const { return shard_bytes_max_ / 2; }
  std::size_t bytes() const;
  std::size_t objects() const;
  std::uint64_t evictions() const;

 private:
  struct Entry {
    Slot slot;
    const Key* key = nullptr;
    Entry* newer = nullptr;  // in the order of insertion, of those with a charge
    Entry* older = nullptr;
    std::size_t charge = 0;
    const Object* counted = nullptr;  // whose charge that is, when it grows no more
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return static_cast<std::size_t>(key.low); }
  };
  using Entries = std::unordered_map<Key, Entry, KeyHash>;
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    Entries entries;
    Entry* newest = nullptr;
    Entry* oldest = nullptr;
    Entry* hand = nullptr;
    std::size_t bytes = 0, charged = 0;
    std::uint64_t evictions = 0;
  };
  // After a look: the books are put in order.
  struct Settle {
    Cache& cache;
    Shard& shard;
    Entries::iterator at;
    ~Settle() { cache.settle(shard, at); }
  };

  Shard& shard_of(const Key& key) { return shards_[key.high % kShards]; }
  static std::size_t charge_of(const Slot& slot);
  void settle(Shard& shard, Entries::iterator at);
  void evict(Shard& shard, const Entry& spare);
  static void link(Shard& shard, Entry& entry);
  static void unlink(Shard& shard, Entry& entry);

  const std::size_t shard_bytes_max_;
  std::array<Shard, kShards> shards_;
};

}  // namespace meridian::engines::cdn
