// The contract of store.h as tests, for every store there is:
//   INSTANTIATE_TEST_SUITE_P(Memory, Conformance, testing::Values(StoreFactory(…)));
// Rule: nothing here knows which store it runs on, or assumes a time by which a watcher must have been
// called.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/store.h"

namespace meridian::store {

// A new, empty store; whatever it stands on lives as long as the test program.
using StoreFactory = std::function<std::unique_ptr<Store>(const Clock&)>;

// Keeps what a watch delivers, and lets a test wait for it.
class WatchLog {
 public:
  static constexpr std::chrono::seconds kPatience{20};

  std::function<void(const EventBatch&)> on_batch();
  std::function<void(Error)> on_lost();

  bool wait_for_revision(Revision revision);  // a batch of at least this revision has arrived
  bool wait_for_loss();
  bool wait_for_revision_or_loss(Revision revision);
  std::vector<EventBatch> batches() const;
  std::optional<Error> lost() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<EventBatch> batches_;
  std::optional<Error> lost_;
};

class Conformance : public ::testing::TestWithParam<StoreFactory> {
 protected:
  Conformance();

  Revision put(const std::string& key, const std::string& value = "v", LeaseId lease = 0);
  Revision erase(const std::string& key);
  std::optional<KeyValue> get(const std::string& key, Revision at = 0);
  std::vector<std::string> keys(std::string_view prefix, const RangeOptions& options = {});
  std::unique_ptr<Watch> watch(WatchLog& log, const std::string& prefix, Revision from);

  ManualClock clock_;
  std::unique_ptr<Store> store_;
};

}  // namespace meridian::store
