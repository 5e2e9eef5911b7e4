#include "store/follower.h"

namespace meridian::store {

Follower::~Follower() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (recovery_.joinable()) recovery_.join();
  watch_.reset();
}

Result<void> Follower::start() {
  TRY(load());
  recovery_ = std::thread([this] { recover_when_lost(); });
  return {};
}

Result<void> Follower::load() {
  Range range = TRY(store_.range(prefix_));
  const Revision revision = range.revision;
  reader_.all(std::move(range));
  watch_ = TRY(store_.watch(
      prefix_, revision, [this](const EventBatch& batch) { reader_.changed(batch); },
      [this](const Error& error) {
        logger_.warn(name_, "the watch of the store was lost", {{"why", error.message}});
        std::lock_guard lock(mutex_);
        lost_ = true;
        changed_.notify_all();
      }));
  return {};
}

// A lost watch cannot be replaced from inside its own callback.
void Follower::recover_when_lost() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return lost_ || stopping_; });
    if (stopping_) return;
    lost_ = false;
    lock.unlock();
    watch_.reset();
    const auto loaded = load();
    if (!loaded) logger_.error(name_, "cannot follow the store", {{"why", loaded.error().message}});
    lock.lock();
    if (loaded) continue;
    lost_ = true;
    changed_.wait_for(lock, kRetryPause, [this] { return stopping_; });
  }
}

}  // namespace meridian::store
