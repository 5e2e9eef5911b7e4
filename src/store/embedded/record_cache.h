// The newest state of keys that were read lately, also of keys that are not there: what a reader would
// otherwise ask RocksDB for. Rule: from before a commit is written until after it, nothing of the keys it
// changes is here, and nothing that was read before its end comes in; so a reader never finds what an
// acknowledged commit has changed.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/store.h"

namespace meridian::store {

class RecordCache {
 public:
  static constexpr std::size_t kBytesMax = 16 * 1024 * 1024;
  static constexpr std::size_t kRecordBytesMax = 64 * 1024;  // larger ones are not kept

  explicit RecordCache(std::size_t bytes_max = kBytesMax) : shard_bytes_max_(bytes_max / kShards) {}

  using Record = std::optional<KeyValue>;
  // Nothing: not known here. `seen` is for keep().
  std::optional<Record> find(std::string_view key, std::uint64_t& seen);
  // What was read after find() gave `seen`.
  void keep(std::string_view key, const Record& record, std::uint64_t seen);

  // Around the write of a commit.
  void begin_change(const std::vector<std::string>& keys);
  void end_change(const std::vector<std::string>& keys);

  std::size_t bytes() const;

 private:
  static constexpr std::size_t kShards = 16;
  struct Entry {
    std::string key;
    Record record;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::list<Entry> recent;  // the latest used first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> places;
    std::size_t bytes = 0;
    std::uint64_t changes = 0;  // ended
    unsigned changing = 0;      // begun and not ended
  };
  Shard& shard_of(std::string_view key) { return shards_[std::hash<std::string_view>{}(key) % kShards]; }
  static std::size_t size_of(const Entry& entry);
  static void drop(Shard& shard, std::string_view key);

  const std::size_t shard_bytes_max_;
  std::array<Shard, kShards> shards_;
};

}  // namespace meridian::store
