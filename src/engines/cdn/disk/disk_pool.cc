#include "engines/cdn/disk/disk_pool.h"

#include <pthread.h>

namespace meridian::engines::cdn::disk {

DiskPool::DiskPool(unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { work(); });
    pthread_setname_np(threads_.back().native_handle(), "cdn-disk");
  }
}

DiskPool::~DiskPool() {
  stop();
}

bool DiskPool::run(std::function<void()> errand) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || errands_.size() >= kErrandsMax) return false;
    errands_.push_back(std::move(errand));
  }
  wake_.notify_one();
  return true;
}

void DiskPool::stop() {
  std::deque<std::function<void()>> dropped;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(errands_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

void DiskPool::work() {
  for (;;) {
    std::function<void()> errand;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !errands_.empty(); });
      if (stopping_) return;
      errand = std::move(errands_.front());
      errands_.pop_front();
    }
    errand();
  }
}

}  // namespace meridian::engines::cdn::disk
