#include "snapshots/feed/canary_gate.h"

#include <algorithm>

namespace meridian::snapshots::feed {

void CanaryGate::crashed(std::uint64_t since, std::uint64_t newest, std::uint64_t taken_back) {
  if (!on()) return;
  if (since <= released_) {
    cure_ = std::max(cure_, taken_back);
    return;
  }
  held_until_ = std::max({held_until_, newest, taken_back});
  batch_.reset();
}

CanaryGate::Step CanaryGate::advance(std::uint64_t newest, const EdgeTable& edges, MonotonicTime now) {
  Step step;
  if (!on()) return step;
  if (cure_ != 0 && newest >= cure_) {
    step.released = cure_ > released_;
    released_ = std::max(released_, std::exchange(cure_, 0));
  }
  if (newest < held_until_) return step;
  step.forget_before = std::exchange(held_until_, 0);
  while (released_ < newest) {
    if (!batch_ || batch_->to <= released_) batch_ = Batch{newest, now, std::nullopt};
    if (!served(batch_->to, edges, now))
      batch_->served_since.reset();
    else if (!batch_->served_since)
      batch_->served_since = now;
    const bool soaked = batch_->served_since && now - *batch_->served_since >= options_.soak;
    const bool overdue = now - batch_->began >= options_.soak + kCanaryWaitMax;
    if (!soaked && !overdue) break;
    step.released = true;
    step.overdue = step.overdue || !soaked;
    released_ = batch_->to;
    batch_.reset();
  }
  return step;
}

// A canary edge that is gone is waited for like any other edge, and longer when it took what nobody else has.
bool CanaryGate::served(std::uint64_t revision, const EdgeTable& edges, MonotonicTime now) const {
  return std::ranges::all_of(options_.edges, [&](const std::string& name) {
    const auto edge = edges.find(name, now);
    if (!edge) return true;
    if (edge->connected) return edge->revision >= revision;
    const auto given = given_.find(name);
    return !edge->waited_for && (given == given_.end() || given->second <= released_);
  });
}

}  // namespace meridian::snapshots::feed
