#include "snapshots/feed/check_log.h"

#include <algorithm>

namespace meridian::snapshots::feed {

// The change of that number is not the newest of its check any more.
void CheckLog::forget(std::uint64_t number) {
  removals_.erase(number);
  changes_.erase(number);
}

bool CheckLog::set(const std::string& id, std::vector<std::string> regions, std::string settings) {
  const auto at = numbers_.find(id);
  const bool known = at != numbers_.end() && !removals_.contains(at->second);
  if (!known && numbers_.size() - removals_.size() == checks_max_) return false;
  if (at != numbers_.end()) forget(at->second);
  numbers_[id] = ++newest_;
  changes_.emplace(newest_, Change{id, false, std::move(regions), std::move(settings)});
  return true;
}

bool CheckLog::remove(std::string_view id) {
  const auto at = numbers_.find(id);
  if (at == numbers_.end() || removals_.contains(at->second)) return false;
  forget(at->second);
  at->second = ++newest_;
  changes_.emplace(newest_, Change{at->first, true, {}, ""});
  removals_.insert(newest_);
  if (removals_.size() <= removals_max_) return true;
  forgotten_ = *removals_.begin();
  numbers_.erase(changes_.at(forgotten_).id);
  forget(forgotten_);
  return true;
}

CheckLog::Part CheckLog::after(std::uint64_t number, std::string_view region, std::size_t bytes_max) const {
  Part part;
  part.begins = number == 0 || number < forgotten_;
  part.last = part.begins ? 0 : number;
  std::size_t bytes = 0;
  auto at = changes_.upper_bound(part.last);
  for (; at != changes_.end(); ++at) {
    if (bytes >= bytes_max || part.checks.size() == kCheckEntriesMax) break;
    const Change& change = at->second;
    part.last = at->first;
    const bool probed =
        !change.removed &&
        (change.regions.empty() || std::ranges::find(change.regions, region) != change.regions.end());
    if (!probed && part.begins) continue;
    part.checks.push_back({change.id, probed ? change.settings : ""});
    bytes += change.id.size() + part.checks.back().bytes.size();
  }
  if (at == changes_.end()) part.last = newest_;
  return part;
}

}  // namespace meridian::snapshots::feed
