// An event loop on a thread of its own, ended with the object.
#pragma once

#include <pthread.h>

#include <future>
#include <memory>
#include <thread>

#include "net/loop.h"

namespace meridian::apps {

class LoopThread {
 public:
  // `name` is what `top -H` shows; 15 characters.
  LoopThread(std::unique_ptr<net::Loop> loop, const char* name) : loop_(std::move(loop)), name_(name) {}
  ~LoopThread() { stop(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  net::Loop& loop() { return *loop_; }
  void start() {
    thread_ = std::thread([this] { loop_->run(); });
    pthread_setname_np(thread_.native_handle(), name_);
  }
  void stop() {
    if (!thread_.joinable()) return;
    loop_->stop();
    thread_.join();
  }
  // Runs `task` on the loop's thread and waits for it.
  void run(const std::function<void()>& task) {
    std::promise<void> done;
    loop_->post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  std::unique_ptr<net::Loop> loop_;
  const char* name_;
  std::thread thread_;
};

}  // namespace meridian::apps
