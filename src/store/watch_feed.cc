#include "store/watch_feed.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/check.h"

namespace meridian::store {

struct WatchFeed::Watcher {
  std::string prefix;
  std::function<void(const EventBatch&)> on_batch;
  std::function<void(Error)> on_lost;
  std::atomic<bool> stopping{false};

  // Below: under Shared::mutex.
  Revision cursor = 0;
  bool lost = false;
  std::thread::id calling_back;  // the thread that is inside a callback now
  std::thread thread;
};

// Outlives the feed in the hands of its watches, so that a Watch destroyed after its store finds a closed
// feed.
struct WatchFeed::Shared {
  Shared(ReadLog read, Delivery how, const Clock& time, Histogram* lag_seconds, Revision announced)
      : read_log(std::move(read)), delivery(how), clock(time), lag(lag_seconds), newest(announced) {}

  const ReadLog read_log;
  const Delivery delivery;
  const Clock& clock;
  Histogram* const lag;
  std::mutex mutex;
  std::condition_variable changed;
  Revision newest;
  MonotonicTime announced_at{};
  std::size_t calling_back = 0;  // watchers inside step()
  std::vector<std::shared_ptr<Watcher>> watchers;
};

namespace {

bool has_prefix(const Event& event, const std::string& prefix) {
  return event.item.key.starts_with(prefix);
}

// The part of the batch under the prefix: the batch itself when that is all of it, null when it is nothing.
std::shared_ptr<const EventBatch> under_prefix(const std::shared_ptr<const EventBatch>& batch,
                                               const std::string& prefix) {
  auto matches = [&](const Event& event) { return has_prefix(event, prefix); };
  auto count = std::count_if(batch->events.begin(), batch->events.end(), matches);
  if (count == 0) return nullptr;
  if (static_cast<std::size_t>(count) == batch->events.size()) return batch;
  auto part = std::make_shared<EventBatch>();
  part->revision = batch->revision;
  std::copy_if(batch->events.begin(), batch->events.end(), std::back_inserter(part->events), matches);
  return part;
}

}  // namespace

class WatchFeed::Handle final : public Watch {
 public:
  Handle(std::shared_ptr<Shared> shared, std::shared_ptr<Watcher> watcher)
      : shared_(std::move(shared)), watcher_(std::move(watcher)) {}

  ~Handle() override {
    std::unique_lock lock(shared_->mutex);
    watcher_->stopping = true;
    std::erase(shared_->watchers, watcher_);
    shared_->changed.notify_all();
    if (watcher_->calling_back == std::this_thread::get_id()) {
      // Destroyed by its own callback: the thread ends by itself when that returns.
      if (watcher_->thread.joinable()) watcher_->thread.detach();
      return;
    }
    shared_->changed.wait(lock, [this] { return watcher_->calling_back == std::thread::id(); });
    std::thread thread = std::move(watcher_->thread);
    lock.unlock();
    if (thread.joinable()) thread.join();
  }

 private:
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<Watcher> watcher_;
};

WatchFeed::WatchFeed(ReadLog read_log, Delivery delivery, Revision newest, const Clock& clock, Histogram* lag)
    : shared_(std::make_shared<Shared>(std::move(read_log), delivery, clock, lag, newest)) {}

WatchFeed::~WatchFeed() {
  std::vector<std::thread> threads;
  {
    std::unique_lock lock(shared_->mutex);
    for (auto& watcher : shared_->watchers) {
      watcher->stopping = true;
      if (watcher->thread.joinable()) threads.push_back(std::move(watcher->thread));
    }
    shared_->watchers.clear();
    shared_->changed.notify_all();
  }
  for (std::thread& thread : threads) thread.join();
  // A watch that ended itself left its thread to finish its last callback.
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait(lock, [this] { return shared_->calling_back == 0; });
}

Result<std::unique_ptr<Watch>> WatchFeed::add(std::string prefix, Revision from,
                                              std::function<void(const EventBatch&)> on_batch,
                                              std::function<void(Error)> on_lost) {
  auto watcher = std::make_shared<Watcher>();
  watcher->prefix = std::move(prefix);
  watcher->on_batch = std::move(on_batch);
  watcher->on_lost = std::move(on_lost);
  watcher->cursor = from;
  std::lock_guard lock(shared_->mutex);
  if (shared_->watchers.size() >= kWatchesMax)
    return fail(ErrorCode::Limit, "too many watches", ErrorSource::Caller);
  shared_->watchers.push_back(watcher);
  if (shared_->delivery == Delivery::Threads) watcher->thread = std::thread(run, shared_, watcher);
  return std::make_unique<Handle>(shared_, watcher);
}

void WatchFeed::announce(Revision newest) {
  {
    std::lock_guard lock(shared_->mutex);
    shared_->newest = newest;
    shared_->announced_at = shared_->clock.monotonic();
  }
  shared_->changed.notify_all();
}

std::size_t WatchFeed::deliver() {
  CHECK(shared_->delivery == Delivery::Pumped);
  std::unique_lock lock(shared_->mutex);
  Revision up_to = shared_->newest;
  auto watchers = shared_->watchers;  // callbacks may add and remove watches
  std::size_t calls = 0;
  for (auto& watcher : watchers) {
    if (watcher->calling_back != std::thread::id()) continue;  // deliver() inside a callback: not again
    while (!watcher->stopping && !watcher->lost && watcher->cursor < up_to)
      calls += step(lock, *shared_, *watcher, up_to);
  }
  return calls;
}

void WatchFeed::run(std::shared_ptr<Shared> shared, std::shared_ptr<Watcher> watcher) {
  std::unique_lock lock(shared->mutex);
  for (;;) {
    shared->changed.wait(lock, [&] { return watcher->stopping || shared->newest > watcher->cursor; });
    if (watcher->stopping) return;
    step(lock, *shared, *watcher, shared->newest);
    if (watcher->lost) return;
  }
}

std::size_t WatchFeed::step(std::unique_lock<std::mutex>& lock, Shared& shared, Watcher& watcher,
                            Revision up_to) {
  watcher.calling_back = std::this_thread::get_id();
  ++shared.calling_back;
  Revision cursor = watcher.cursor;
  lock.unlock();

  std::size_t calls = 0;
  auto batches = shared.read_log(cursor);
  if (batches) {
    CHECK(!batches->empty());
    for (const auto& batch : *batches) {
      if (watcher.stopping || batch->revision > up_to) break;
      if (auto part = under_prefix(batch, watcher.prefix)) {
        watcher.on_batch(*part);
        ++calls;
      }
      cursor = batch->revision;
    }
  } else if (!watcher.stopping) {
    watcher.on_lost(std::move(batches).error());
    ++calls;
  }

  lock.lock();
  if (shared.lag != nullptr && calls > 0 && cursor == shared.newest)
    shared.lag->observe(
        std::chrono::duration<double>(shared.clock.monotonic() - shared.announced_at).count());
  watcher.cursor = cursor;
  watcher.lost = !batches.has_value();
  watcher.calling_back = {};
  --shared.calling_back;
  if (watcher.stopping) shared.changed.notify_all();
  return calls;
}

}  // namespace meridian::store
