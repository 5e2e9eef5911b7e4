// Records that every call reads, decoded once and shared: the bucket of a GET, its object.
// Rule: the store is asked each time, and what is here counts only for the very revision that it then gives;
// so there is nothing to invalidate, and a store that must not wait refuses as ever.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "aws/stored.h"

namespace meridian::aws {

template <typename T>
class Decoded {
 public:
  static constexpr std::size_t kRecordsMax = 4096;

  using Record = std::shared_ptr<const Stored<T>>;

  explicit Decoded(Result<T> (*decode)(std::string_view)) : decode_(decode) {}

  // Null: nothing is at the key. Thread-safe.
  Outcome<Record> read(store::Store& store, std::string_view key) {
    const auto found = TRY(or_failure(store.get(key)));
    if (!found) return nullptr;
    const std::size_t hash = std::hash<std::string_view>()(key);
    Shard& shard = shards_[hash % kShards];
    const std::size_t place = hash / kShards % kShardSlots;
    {
      std::lock_guard lock(shard.mutex);
      if (!shard.slots.empty()) {
        const Slot& slot = shard.slots[place];
        if (slot.record && slot.record->modified == found->modified && slot.key == key) return slot.record;
      }
    }
    auto record = std::make_shared<const Stored<T>>(
        Stored<T>{TRY(or_failure(decode_(found->value))), found->created, found->modified});
    std::lock_guard lock(shard.mutex);
    shard.slots.resize(kShardSlots);
    shard.slots[place] = {std::string(key), record};
    return record;
  }

 private:
  static constexpr std::size_t kShards = 64, kShardSlots = kRecordsMax / kShards;
  struct Slot {
    std::string key;
    Record record;
  };
  // Its slots are made when the first is needed: a service that is made for one dry run needs few.
  struct Shard {
    std::mutex mutex;
    std::vector<Slot> slots;  // a key has one place, which it takes from another
  };

  Result<T> (*const decode_)(std::string_view);
  std::array<Shard, kShards> shards_;
};

}  // namespace meridian::aws
