// The store in memory: for tests and simulations, and the model the durable stores are compared with. Every
// version of a key is kept until compact(), or until kHistoryRevisionsMax commits lie on top of it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/leases.h"
#include "store/store.h"
#include "store/ticker.h"
#include "store/watch_feed.h"

namespace meridian::store {

class MemoryStore final : public Store {
 public:
  static constexpr std::size_t kHistoryRevisionsMax = 100'000;
  static constexpr std::size_t kHistoryBytesMax = 256 * 1024 * 1024;  // keys and values of the event log
  static constexpr Duration kLeaseCheckInterval = std::chrono::milliseconds(20);  // of real time

  explicit MemoryStore(const Clock& clock, Delivery delivery = Delivery::Threads);
  ~MemoryStore() override;

  Result<Revision> commit(Transaction transaction) override;
  Result<std::optional<KeyValue>> get(std::string_view key, Revision at = 0) override;
  Result<Range> range(std::string_view prefix, const RangeOptions& options = {}) override;
  Revision revision() const override;
  Result<std::unique_ptr<Watch>> watch(std::string prefix, Revision from,
                                       std::function<void(const EventBatch&)> on_batch,
                                       std::function<void(Error)> on_lost) override;
  Result<void> compact(Revision revision) override;
  Result<LeaseId> grant_lease(Duration ttl) override;
  Result<void> keep_alive(LeaseId lease) override;
  Result<void> revoke_lease(LeaseId lease) override;

  // Delivery::Pumped only: ends the leases that ran out, then calls the watchers back with everything
  // committed so far, in the order the watches were made. Returns the number of callbacks; what they commit
  // waits for the next.
  std::size_t deliver();

 private:
  struct Version {
    KeyValue item;
    bool deleted = false;
  };
  using Versions = std::vector<Version>;  // ascending `modified`, never empty; the last one is current

  const KeyValue* current(const std::string& key) const;
  static const KeyValue* version_at(const Versions& versions, Revision at);
  Result<void> check_preconditions(const Transaction& transaction) const;
  Revision apply(Transaction transaction);
  void forget_before(Revision revision);
  void end_lease(LeaseId lease);
  void end_leases_run_out();
  Result<WatchFeed::Batches> read_log(Revision after) const;

  const Delivery delivery_;
  mutable std::mutex mutex_;
  std::map<std::string, Versions, std::less<>> keys_;
  std::deque<std::shared_ptr<const EventBatch>> log_;  // revisions compacted_ + 1 … newest_
  std::size_t log_bytes_ = 0;
  Revision newest_ = 0, compacted_ = 0;
  LeaseId last_lease_ = 0;
  Leases leases_;
  WatchFeed feed_;
  std::unique_ptr<Ticker> lease_ticker_;  // started by the first lease
};

}  // namespace meridian::store
