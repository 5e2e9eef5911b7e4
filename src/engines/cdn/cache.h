// What a location remembers, bounded by bytes: shards (cache_shard.h), each with a lock of its own that is
// held for one look and never across I/O.
#pragma once

#include <array>
#include <memory>

#include "base/siphash.h"
#include "engines/cdn/object.h"

namespace meridian::engines::cdn {

class Flight;
using Key = Hash128;

class Cache {
 public:
  static constexpr std::size_t kShards = 16;

  explicit Cache(std::size_t bytes_max);
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // What is remembered of a key.
  struct Slot {
    std::shared_ptr<const Object> object;
    std::shared_ptr<Flight> flight;  // asks for it
    rules::Time stands_in_until{};   // an expired copy, because the origin failed
    rules::Time alone_until{};       // what the origin says is not to be shared: nobody waits for another
    bool visited = false;            // it was asked for

    bool empty() const { return !object && !flight && alone_until == rules::Time{}; }
  };

  // Calls `look` with the key's slot, under its lock. What it leaves is what is remembered.
  template <typename Look>
  auto with(const Key& key, Look look) {
    Opened opened(shard_of(key), key);
    return look(opened.slot());
  }

  // What a look at the key will touch, asked for before it: 0 to kPlaces - 1, in this order, each of use when
  // the one before has come.
  static constexpr int kPlaces = 4;
  void fetch_ahead(const Key& key, int place);

  // No larger object is kept.
  std::size_t object_bytes_max() const { return object_bytes_max_; }
  std::size_t bytes() const;
  std::size_t objects() const;
  std::uint64_t evictions() const;

 private:
  struct Shard;
  // The slot of a key, or an empty one, under the lock; after the look, back into the shard.
  class Opened {
   public:
    Opened(Shard& shard, const Key& key);
    ~Opened();
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;
    Slot& slot() { return found_ ? *found_ : own_; }

   private:
    Shard& shard_;
    const Key& key_;
    std::uint32_t index_ = 0;
    Slot* found_ = nullptr;
    Slot own_;
  };
  Shard& shard_of(const Key& key) { return *shards_[key.high % kShards]; }
  template <typename Value>
  Value sum(Value (*value)(const Shard&)) const;

  const std::size_t object_bytes_max_;
  std::array<std::unique_ptr<Shard>, kShards> shards_;
};

}  // namespace meridian::engines::cdn
