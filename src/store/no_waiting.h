// A thread that must not wait for a disk, such as an event loop, may still use what is in memory. While a
// NoWaiting lives on a thread, stores on that thread answer from memory or fail, and it remembers that one
// did.
// Rule: whoever finds refused() forgets all it was told and asks again where it may wait; so only what
// changes nothing may be tried in this way.
#pragma once

#include <utility>

namespace meridian::store {

class NoWaiting {
 public:
  NoWaiting() : outer_(std::exchange(here_, this)) {}
  ~NoWaiting() { here_ = outer_; }
  NoWaiting(const NoWaiting&) = delete;
  NoWaiting& operator=(const NoWaiting&) = delete;

  bool refused() const { return refused_; }

  // For stores, before they wait: whether they must fail instead.
  static bool refuses() {
    if (here_ == nullptr) return false;
    here_->refused_ = true;
    return true;
  }

 private:
  static inline thread_local NoWaiting* here_ = nullptr;
  NoWaiting* const outer_;
  bool refused_ = false;
};

}  // namespace meridian::store
