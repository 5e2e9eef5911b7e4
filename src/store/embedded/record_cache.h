// The newest state of keys that were read lately, also of keys that are not there: what a reader would
// otherwise ask RocksDB for. Rule: from before a commit is written until after it, nothing of the keys it
// changes is here, and nothing that was read before its end comes in; so a reader never finds what an
// acknowledged commit has changed.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/stamps.h"
#include "store/store.h"

namespace meridian::store {

class RecordCache final : public Stamps {
 public:
  static constexpr std::size_t kBytesMax = 16 * 1024 * 1024;
  static constexpr std::size_t kRecordBytesMax = 64 * 1024;  // larger ones are not kept

  explicit RecordCache(std::size_t bytes_max = kBytesMax) : shard_bytes_max_(bytes_max / kShards) {}

  using Record = std::optional<KeyValue>;
  // Nothing: not known here. `seen` is for keep().
  std::optional<Record> find(std::string_view key, std::uint64_t& seen);
  // What was read after find() gave `seen`.
  void keep(std::string_view key, const Record& record, std::uint64_t seen);

  std::optional<std::uint64_t> stamp(std::size_t hash) const override;

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
  // A stamp counts the changes that ended above the number of those that did not.
  static constexpr std::size_t kStamps = 4096;
  static constexpr std::uint64_t kEnded = std::uint64_t{1} << 24;

  Shard& shard_of(std::size_t hash) { return shards_[hash % kShards]; }
  static std::size_t size_of(const Entry& entry);
  static void drop(Shard& shard, std::string_view key);

  const std::size_t shard_bytes_max_;
  std::array<Shard, kShards> shards_;
  std::array<std::atomic<std::uint64_t>, kStamps> stamps_{};
};

}  // namespace meridian::store
