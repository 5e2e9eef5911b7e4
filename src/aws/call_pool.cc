// The threads that run service code.
#include "aws/call_pool.h"

namespace meridian::aws {

CallPool::CallPool(std::size_t threads, std::size_t queue_max) : queue_max_(queue_max) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

CallPool::~CallPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool CallPool::submit(std::function<void()>& task) {
  {
    std::lock_guard lock(mutex_);
    if (queue_.size() >= queue_max_) return false;
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void CallPool::resume(std::function<void()> part) {
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(part));
  }
  wake_.notify_one();
}

std::size_t CallPool::queued() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

void CallPool::work() {
  for (;;) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace meridian::aws
