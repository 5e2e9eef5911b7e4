// The object engine of one machine: sealed blobs in files and packs under one directory, their records in the
// store. See README.md for what lies where, object_store.h for what is promised.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include "base/disk.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "store/objects/blob_cache.h"
#include "store/objects/blob_record.h"
#include "store/objects/object_store.h"
#include "store/objects/packs.h"

namespace meridian::store::objects {

// All of it outlives the engine.
struct LocalObjectsParts {
  Disk& disk;
  Store& store;
  Random& random;  // for keys: cryptographically strong
  Logger& logger;
  BlobCacheLimits cache = {};
  // Opens a new file that is written once; none: as `disk` does.
  std::function<Result<std::unique_ptr<AppendFile>>(const std::string& path)> write_once = {};
};

class LocalObjects final : public ObjectStore {
 public:
  static constexpr std::size_t kPackedBytesMax = 128 * 1024;          // longer blobs are files
  static constexpr std::size_t kPieceBytes = BlobCache::kPieceBytes;  // written and read at a time

  // Makes what is missing and sweeps what no record names. Corrupt when there are blobs but no master key.
  static Result<std::unique_ptr<LocalObjects>> open(const LocalObjectsParts& parts, std::string directory);
  ~LocalObjects() override;

  // Frees what becomes garbage from now on, on a thread of its own.
  Result<void> start_collector();

  Result<std::unique_ptr<Staged>> stage() override;
  Result<std::unique_ptr<BlobReader>> open(std::string_view id, std::uint64_t offset,
                                           std::uint64_t length) override;
  void discard(Transaction& transaction, const std::vector<std::string>& ids) override;
  std::shared_ptr<void> pin(std::vector<std::string> ids) override;

  // What the collector does. False: something pinned was left for later.
  Result<bool> collect();
  // Moves what lives in packs that are mostly dead.
  Result<void> compact();

  Packs::Totals packed() const { return packs_.totals(); }
  struct FileTotals {
    std::uint64_t files = 0, bytes = 0;
  };
  FileTotals filed() const { return {files_.load(), file_bytes_.load()}; }
  // What the disk holds for blobs, as metrics; both outlive this.
  void show(Metrics& metrics);

 private:
  class StagedBlob;
  class Reader;
  class Pin;

  LocalObjects(const LocalObjectsParts& parts, std::string directory);
  Result<void> prepare();
  Result<void> sweep_files();
  Result<std::map<std::uint64_t, std::uint64_t>> live_packs();
  std::string file_path(std::string_view id) const;
  Result<std::unique_ptr<AppendFile>> new_file(std::string_view id);
  Result<BlobCache::Text> read_packed(std::string_view id, ReadFile& pack, const BlobRecord& record,
                                      std::string_view key);
  Result<std::optional<BlobRecord>> find(std::string_view id);
  Result<bool> free_garbage(const KeyValue& garbage);
  Result<void> empty_pack(std::uint64_t pack);
  Result<void> move_blob(std::string_view id, std::uint64_t from);
  bool is_pinned(const std::vector<std::string>& ids);
  void count_file(std::uint64_t plain_size);
  void forget_file(std::uint64_t plain_size);
  void run_collector();

  LocalObjectsParts parts_;
  const std::string directory_;
  std::string master_key_;
  Packs packs_;
  BlobCache cache_;

  std::atomic<std::uint64_t> files_{0}, file_bytes_{0};

  std::mutex pins_mutex_;
  std::unordered_map<std::string, std::size_t> pins_;

  std::mutex collector_mutex_;
  std::condition_variable collector_wake_;
  bool collector_asked_ = true, stopping_ = false;
  bool polling_ = false;  // the watch was lost
  std::unique_ptr<Watch> watch_;
  std::thread collector_;
};

}  // namespace meridian::store::objects
