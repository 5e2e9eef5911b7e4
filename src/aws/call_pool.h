// The threads that run service code, so that the event loop never does. Bounded: a full queue is an answer,
// not a wait; but what has begun goes on.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace meridian::aws {

class CallPool {
 public:
  CallPool(std::size_t threads, std::size_t queue_max);
  ~CallPool();  // runs what is queued, then ends
  CallPool(const CallPool&) = delete;
  CallPool& operator=(const CallPool&) = delete;

  // False when the queue is full: the task was not taken and is still the caller's.
  bool submit(std::function<void()>& task);
  // The next part of a task that was taken, and that had to wait for something: at most one a task.
  void resume(std::function<void()> part);
  std::size_t queued() const;

 private:
  void work();

  const std::size_t queue_max_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace meridian::aws
