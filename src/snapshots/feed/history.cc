#include "snapshots/feed/history.h"

#include <algorithm>

namespace meridian::snapshots::feed {

void History::add(SharedPackage package) {
  if (package->from == 0 || package->from != newest_) {
    packages_.clear();
    bytes_ = 0;
  }
  newest_ = package->to;
  if (package->from == 0) return;  // images are made when somebody needs one
  bytes_ += cost(*package);
  packages_.push_back(std::move(package));
  while (bytes_ > bytes_max_ || packages_.size() > kHistoryPackagesMax) {
    bytes_ -= cost(*packages_.front());
    packages_.pop_front();
  }
}

void History::forget_before(std::uint64_t revision) {
  while (!packages_.empty() && packages_.front()->from < revision) {
    bytes_ -= cost(*packages_.front());
    packages_.pop_front();
  }
}

SharedPackage History::after(std::uint64_t revision) const {
  const auto at = std::ranges::lower_bound(packages_, revision, {}, &Package::from);
  return at != packages_.end() && (*at)->from == revision ? *at : nullptr;
}

}  // namespace meridian::snapshots::feed
