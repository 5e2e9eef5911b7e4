// Records that every call reads, decoded once and shared: the bucket of a GET, its object.
// Rule: what is here counts only while the store's stamp says that nothing has changed, or for the very
// revision that the store then gives; so there is nothing to invalidate, and a store that must not wait
// refuses as ever.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/stored.h"
#include "store/stamps.h"

namespace meridian::aws {

template <typename T>
class Decoded {
 public:
  static constexpr std::size_t kRecordsMax = 4096;

  using Record = std::shared_ptr<const Stored<T>>;

  Decoded(store::Store& store, Result<T> (*decode)(std::string_view))
      : store_(store), stamps_(dynamic_cast<const store::Stamps*>(&store)), decode_(decode) {}

  // Null: nothing is at the key. Thread-safe.
  Outcome<Record> read(std::string_view key) {
    const std::size_t hash = store::Stamps::hash_of(key);
    Shard& shard = shards_[hash % kShards];
    const std::size_t place = hash / kShards % kShardSets;
    const auto stamp = stamps_ != nullptr ? stamps_->stamp(hash) : std::nullopt;
    if (stamp) {
      std::lock_guard lock(shard.mutex);
      if (const Slot* slot = shard.sets.empty() ? nullptr : shard.sets[place].find(hash, key))
        if (slot->stamp == stamp) return slot->record;
    }
    const auto found = TRY(or_failure(store_.get(key)));
    std::lock_guard lock(shard.mutex);
    shard.sets.resize(kShardSets);
    Set& set = shard.sets[place];
    Slot* slot = set.find(hash, key);
    if (slot == nullptr) slot = &set.give_to(hash, key);
    slot->stamp = std::nullopt;  // should it not be readable
    if (!found)
      slot->record = nullptr;
    else if (!slot->record || slot->record->modified != found->modified)
      slot->record = TRY(decoded(*found));
    slot->stamp = stamp;
    return slot->record;
  }

 private:
  static constexpr std::size_t kShards = 64, kSetSlots = 4, kShardSets = kRecordsMax / kShards / kSetSlots;
  struct Slot {
    std::optional<std::uint64_t> stamp{};  // taken before the record was read
    std::string key{};
    Record record{};
  };
  // The hashes stand together: a key that is not here need not be looked for in the slots.
  struct Set {
    std::array<std::size_t, kSetSlots> hashes{};
    std::array<Slot, kSetSlots> slots{};
    std::size_t next = 0;  // to be given to another key

    Slot* find(std::size_t hash, std::string_view key) {
      for (std::size_t i = 0; i < kSetSlots; ++i)
        if (hashes[i] == hash && slots[i].key == key) return &slots[i];
      return nullptr;
    }
    Slot& give_to(std::size_t hash, std::string_view key) {
      const std::size_t place = next++ % kSetSlots;
      hashes[place] = hash;
      return slots[place] = {{}, std::string(key), nullptr};
    }
  };
  // Its sets are made when the first is needed: a service that is made for one dry run needs few.
  struct Shard {
    std::mutex mutex;
    std::vector<Set> sets;
  };

  Outcome<Record> decoded(const store::KeyValue& found) const {
    return std::make_shared<const Stored<T>>(
        Stored<T>{TRY(or_failure(decode_(found.value))), found.created, found.modified});
  }

  store::Store& store_;
  const store::Stamps* const stamps_;  // of the same store; null: it has none
  Result<T> (*const decode_)(std::string_view);
  std::array<Shard, kShards> shards_;
};

}  // namespace meridian::aws
