// Follower: everything under a prefix of a store, and then everything that happens there, for as long as it
// lives; a watch that is lost is begun again from what there is. Rule: the reader is called on one thread at
// a time, and what it was told last is the newest.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/result.h"
#include "store/store.h"

namespace meridian::store {

class FollowerReader {
 public:
  virtual ~FollowerReader() = default;
  virtual void all(Range range) = 0;  // at the start, and again after a lost watch
  virtual void changed(const EventBatch& batch) = 0;
};

class Follower {
 public:
  static constexpr Duration kRetryPause = std::chrono::milliseconds(250);  // of real time

  // `name` is the component that logs.
  Follower(Store& store, std::string prefix, FollowerReader& reader, Logger& logger, std::string name)
      : store_(store), prefix_(std::move(prefix)), reader_(reader), logger_(logger), name_(std::move(name)) {}
  ~Follower();

  // The reader has all there is before this returns.
  Result<void> start();

 private:
  Result<void> load();
  void recover_when_lost();

  Store& store_;
  const std::string prefix_;
  FollowerReader& reader_;
  Logger& logger_;
  const std::string name_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool lost_ = false, stopping_ = false;
  std::unique_ptr<Watch> watch_;
  std::thread recovery_;
};

}  // namespace meridian::store
