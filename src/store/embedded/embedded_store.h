// The durable store of one process: one directory (mode 0700), commits in groups of one disk sync each.
// Rules: what commit() acknowledged survives a kill and a power cut at any byte; after a failed write nothing
// more is accepted until the directory is opened again, because what reached the disk is then unknown.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/directory_lock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/embedded/commit_group.h"
#include "store/embedded/history.h"
#include "store/embedded/record_cache.h"
#include "store/embedded/rocks.h"
#include "store/leases.h"
#include "store/store.h"
#include "store/ticker.h"
#include "store/watch_feed.h"

namespace meridian::store {

struct EmbeddedOptions {
  static constexpr std::size_t kHistoryRevisions = 100'000;
  static constexpr std::size_t kHistoryBytes = 256 * 1024 * 1024;

  std::string directory;  // made when absent; its parent must exist
  const Clock& clock;
  Logger* logger = nullptr;
  Metrics* metrics = nullptr;
  // History is forgotten by itself, oldest first, down to these when it is a quarter longer or larger.
  std::size_t history_revisions = kHistoryRevisions;
  std::size_t history_bytes = kHistoryBytes;
  rocksdb::Env* env = nullptr;  // another disk, for tests; null: the real one
};

class EmbeddedStore final : public Store, public Stamps {
 public:
  static constexpr Duration kTick = std::chrono::milliseconds(50);  // real time between looks at leases

  // Unavailable when the directory is open elsewhere, or when a newer program wrote it.
  static Result<std::unique_ptr<EmbeddedStore>> open(const EmbeddedOptions& options);
  ~EmbeddedStore() override;

  Result<Revision> commit(Transaction transaction) override;
  Result<std::optional<KeyValue>> get(std::string_view key, Revision at = 0) override;
  Result<Range> range(std::string_view prefix, const RangeOptions& options = {}) override;
  Revision revision() const override;
  std::optional<std::uint64_t> stamp(std::size_t hash) const override { return records_.stamp(hash); }
  Result<std::unique_ptr<Watch>> watch(std::string prefix, Revision from,
                                       std::function<void(const EventBatch&)> on_batch,
                                       std::function<void(Error)> on_lost) override;
  Result<void> compact(Revision revision) override;
  Result<LeaseId> grant_lease(Duration ttl) override;
  Result<void> keep_alive(LeaseId lease) override;
  Result<void> revoke_lease(LeaseId lease) override;

 private:
  struct Measures {
    explicit Measures(Metrics& metrics);
    Counter &commits, &conflicts;
    Histogram &group_size, &sync_seconds, &watch_lag;
    Gauge &revision, &history_revisions, &history_bytes, &disk_bytes, &record_cache_bytes;
  };

  EmbeddedStore(const EmbeddedOptions& options, DirectoryLock lock, std::unique_ptr<Rocks> rocks,
                std::unique_ptr<History> history, const format::Head& head);
  Result<void> load_leases();
  Result<std::uint64_t> submit(Request& request);
  void lead(std::unique_lock<std::mutex>& lock);
  Result<void> write(CommitGroup& group);
  void tick();

  const Clock& clock_;
  Logger* const logger_;
  const std::unique_ptr<Metrics> own_metrics_;  // when the caller gave none
  Measures measures_;
  const DirectoryLock lock_;
  const std::unique_ptr<Rocks> rocks_;
  const std::unique_ptr<History> history_;
  RecordCache records_;
  Leases leases_;

  std::mutex queue_mutex_;
  std::deque<Request*> queue_;    // the front one leads
  std::optional<Error> broken_;   // of the write that failed
  format::Head head_;             // the leader's
  std::atomic<Revision> newest_;  // durable

  WatchFeed feed_;
  std::atomic<bool> trim_wanted_{false};
  std::unique_ptr<Ticker> ticker_;
};

}  // namespace meridian::store
