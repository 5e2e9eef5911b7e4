// What the embedded store remembers of the past: the event log for watches, the undo log for reads at older
// revisions, and how both are forgotten.
// Rule: whoever reads the past takes a snapshot first and asks that snapshot what is compacted, so that
// forgetting can never go on underneath.
#pragma once

#include <deque>
#include <memory>
#include <mutex>

#include "store/embedded/format.h"
#include "store/embedded/rocks.h"
#include "store/store.h"
#include "store/transaction.h"
#include "store/watch_feed.h"

namespace meridian::store {

Result<format::Head> read_head(Rocks& rocks, const Rocks::Snapshot* snapshot = nullptr);

class History {
 public:
  static constexpr std::size_t kRecentBatchesMax = 4096;  // kept in memory for live watches
  static constexpr std::size_t kRecentBytesMax = 16 * 1024 * 1024;
  static constexpr std::size_t kReadBatchesMax = 256;  // a watcher takes at a time
  static constexpr std::size_t kReadBytesMax = 4 * 1024 * 1024;

  struct Limits {
    std::uint64_t revisions = 0;
    std::uint64_t bytes = 0;
  };
  static Result<std::unique_ptr<History>> open(Rocks& rocks, Limits limits);

  void append(std::vector<std::shared_ptr<const EventBatch>> batches);  // durable ones, in order
  Result<WatchFeed::Batches> read_log(Revision after);

  // What the keys of the span were at `at`, for those that changed since. `at` must have passed check().
  Result<format::Undo> undone(const Rocks::Snapshot& snapshot, const KeySpan& span, Revision at,
                              Revision newest);
  Result<void> check(const Rocks::Snapshot& snapshot, Revision at, Revision newest);

  format::Compacted compacted() const;
  Result<void> compact(Revision revision);
  bool overgrown(const format::Head& head) const;
  Result<void> trim(const format::Head& head);  // back to the limits

 private:
  History(Rocks& rocks, Limits limits, format::Compacted compacted)
      : rocks_(rocks), limits_(limits), compacted_(compacted) {}
  Result<WatchFeed::Batches> read_recent(Revision after) const;
  Result<WatchFeed::Batches> read_stored(Revision after);
  Result<std::uint64_t> log_bytes_at(Revision revision) const;
  bool within(const format::Head& head, Revision oldest, std::uint64_t log_bytes, std::uint64_t slack) const;

  Rocks& rocks_;
  const Limits limits_;
  std::mutex compacting_;
  mutable std::mutex mutex_;
  format::Compacted compacted_;
  std::deque<std::shared_ptr<const EventBatch>> recent_;
  std::size_t recent_bytes_ = 0;
};

}  // namespace meridian::store
