#include "engines/health/steady.h"

namespace meridian::engines::health {

void Steadier::found(const std::string& id, bool healthy) {
  Checks::iterator at;
  bool changed;
  {
    std::lock_guard lock(mutex_);
    at = checks_.try_emplace(id).first;
    Check& check = at->second;
    changed = check.found && *check.found != healthy;
    check.found = healthy;
    check.silent = false;
  }
  if (changed && options_.flaps_max != 0) flapped(*at);
  settle(*at);
}

void Steadier::silent(const std::string& id) {
  Checks::iterator at;
  {
    std::lock_guard lock(mutex_);
    at = checks_.try_emplace(id).first;
    at->second.silent = true;
  }
  settle(*at);
}

void Steadier::remove(std::string_view id) {
  std::lock_guard lock(mutex_);
  if (const auto at = checks_.find(id); at != checks_.end()) checks_.erase(at);
}

void Steadier::flapped(Checks::value_type& entry) {
  Check& check = entry.second;
  const MonotonicTime now = loop_.clock().monotonic();
  check.flaps.push_back(now);
  while (check.flaps.size() > options_.flaps_max + 1 || now - check.flaps.front() >= options_.flap_time)
    check.flaps.pop_front();
  if (!check.damped && check.flaps.size() <= options_.flaps_max) return;
  {
    std::lock_guard lock(mutex_);
    check.damped = true;
  }
  check.quiet = loop_.after(options_.flap_time, [this, &entry] {
    {
      std::lock_guard lock(mutex_);
      entry.second.damped = false;
    }
    entry.second.flaps.clear();
    settle(entry);
  });
}

// Nothing: what was told last.
std::optional<bool> Steadier::wanted(const Check& check) const {
  if (check.silent && options_.when_silent != WhenSilent::Keep)
    return options_.when_silent == WhenSilent::Healthy;
  if (check.silent) return std::nullopt;
  if (check.damped) return false;
  return check.found;
}

void Steadier::settle(Checks::value_type& entry) {
  Check& check = entry.second;
  const std::optional<bool> wants = wanted(check);
  const MonotonicTime now = loop_.clock().monotonic();
  std::unique_lock lock(mutex_);
  check.held.reset();
  check.held_until.reset();
  if (!wants || wants == check.told) return;
  const Duration left = check.changed ? options_.hold_time - (now - *check.changed) : Duration::zero();
  if (left > Duration::zero()) {
    check.held_until = loop_.clock().now() + left;
    check.held = loop_.after(left, [this, &entry] { settle(entry); });
    return;
  }
  check.told = wants;
  check.changed = now;
  lock.unlock();
  tell_(entry.first, *wants);
}

SteadyState Steadier::state(std::string_view id) const {
  std::lock_guard lock(mutex_);
  const auto at = checks_.find(id);
  if (at == checks_.end()) return {};
  return {at->second.found, at->second.held_until, at->second.damped, at->second.silent};
}

}  // namespace meridian::engines::health
