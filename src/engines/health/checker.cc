#include "engines/health/checker.h"

#include <algorithm>

namespace meridian::engines::health {

void Checker::set(const std::string& id, CheckSettings settings) {
  const auto [at, is_new] = checks_.try_emplace(id, settings);
  if (is_new) {
    const auto interval = static_cast<std::uint64_t>(std::max<Duration::rep>(settings.interval.count(), 1));
    return wait(*at, Duration(static_cast<Duration::rep>(random_.below(interval))));
  }
  Check& check = at->second;
  if (settings.failure_threshold != check.settings.failure_threshold)
    check.streak = Streak(settings.failure_threshold, check.streak.healthy());
  check.settings = std::move(settings);
}

void Checker::remove(std::string_view id) {
  const auto at = checks_.find(id);
  if (at == checks_.end()) return;
  probing_ -= at->second.probe != nullptr;
  std::erase(waiting_, id);
  checks_.erase(at);
  begin_waiting();
}

void Checker::wait(Checks::value_type& check, Duration time) {
  check.second.due = loop_.after(time, [this, &check] {
    if (probing_ < probes_max_) return begin(check);
    waiting_.push_back(check.first);
  });
}

void Checker::begin(Checks::value_type& check) {
  ++probing_;
  check.second.probe = std::make_unique<Probe>(
      loop_, check.second.settings.target,
      [this, &check](const ProbeResult& result) { finish(check, result); }, means_);
}

void Checker::finish(Checks::value_type& check, const ProbeResult& result) {
  check.second.probe.reset();
  --probing_;
  check.second.streak.add(result.verdict.healthy);
  wait(check, check.second.settings.interval);
  begin_waiting();
  observer_.probed(check.first, result, check.second.streak);
}

void Checker::begin_waiting() {
  while (!waiting_.empty() && probing_ < probes_max_) {
    const auto at = checks_.find(waiting_.front());
    waiting_.pop_front();
    begin(*at);
  }
}

}  // namespace meridian::engines::health
