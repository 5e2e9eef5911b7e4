// The zones whose queries a destination wants, where they change while workers run. Rule: the workers take no
// lock; while no zone is wanted they pay one load of a flag that nobody writes.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/published.h"

namespace meridian::engines::dns::query_log {

class LoggedZones {
 public:
  using Ids = std::vector<std::string>;  // sorted

  void set(Ids ids) {  // thread-safe
    std::ranges::sort(ids);
    const bool any = !ids.empty();
    ids_.publish(std::make_unique<const Ids>(std::move(ids)));
    any_.store(any, std::memory_order_relaxed);
  }
  bool any() const { return any_.load(std::memory_order_relaxed); }
  Published<Ids>& ids() { return ids_; }

 private:
  Published<Ids> ids_{std::make_unique<const Ids>()};
  std::atomic<bool> any_{false};
};

}  // namespace meridian::engines::dns::query_log
