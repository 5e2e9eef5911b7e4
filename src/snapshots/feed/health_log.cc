#include "snapshots/feed/health_log.h"

namespace meridian::snapshots::feed {

bool HealthLog::set(std::string_view id, bool healthy) {
  const auto at = numbers_.find(id);
  if (at == numbers_.end() && numbers_.size() == checks_max_) return false;
  ++newest_;
  if (at == numbers_.end()) {
    numbers_.emplace(id, newest_);
  } else {
    changes_.erase(at->second);
    at->second = newest_;
  }
  changes_.emplace(newest_, health::HealthTable::Entry{std::string(id), healthy});
  return true;
}

HealthLog::Part HealthLog::after(std::uint64_t number, std::size_t most) const {
  Part part{{}, number};
  for (auto at = changes_.upper_bound(number); at != changes_.end() && part.states.size() < most; ++at) {
    part.states.push_back(at->second);
    part.last = at->first;
  }
  return part;
}

}  // namespace meridian::snapshots::feed
