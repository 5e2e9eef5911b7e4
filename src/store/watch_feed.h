// Hands a store's event log to its watchers. Every watcher has a cursor of its own and reads the log from
// there, so a slow one delays nobody and a fast one gets a batch as soon as it is announced. Rules: a batch
// is announced only when it is durable; the log is read outside the feed's lock; no callback runs after its
// Watch is gone, or after the feed is.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "store/store.h"

namespace meridian::store {

enum class Delivery : std::uint8_t {
  Threads,  // each watch has a thread
  Pumped,   // deliver() calls back, on the thread that calls it: for simulations that must repeat exactly
};

class WatchFeed {
 public:
  static constexpr std::size_t kWatchesMax = 1024;

  using Batches = std::vector<std::shared_ptr<const EventBatch>>;
  // Whole batches after `after`, without gaps; at least one when one was announced; Compacted when not kept.
  using ReadLog = std::function<Result<Batches>(Revision after)>;

  // `lag` (may be null) observes the seconds from announcement to delivery.
  WatchFeed(ReadLog read_log, Delivery delivery, Revision newest, const Clock& clock, Histogram* lag);
  ~WatchFeed();
  WatchFeed(const WatchFeed&) = delete;
  WatchFeed& operator=(const WatchFeed&) = delete;

  Result<std::unique_ptr<Watch>> add(std::string prefix, Revision from,
                                     std::function<void(const EventBatch&)> on_batch,
                                     std::function<void(Error)> on_lost);
  void announce(Revision newest);

  // Pumped only: brings every watcher to what is announced now. Returns the number of callbacks made.
  std::size_t deliver();

 private:
  struct Shared;
  struct Watcher;
  class Handle;
  static void run(std::shared_ptr<Shared> shared, std::shared_ptr<Watcher> watcher);
  static std::size_t step(std::unique_lock<std::mutex>& lock, Shared& shared, Watcher& watcher,
                          Revision up_to);

  std::shared_ptr<Shared> shared_;
};

}  // namespace meridian::store
