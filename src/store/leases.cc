#include "store/leases.h"

#include <fmt/format.h>

#include "base/check.h"

namespace meridian::store {
namespace {

std::unexpected<Error> no_such_lease(LeaseId lease) {
  return fail(ErrorCode::NotFound, fmt::format("no lease {}", lease), ErrorSource::Caller);
}

}  // namespace

Result<void> Leases::check_grant(Duration ttl) const {
  if (ttl <= Duration::zero()) return invalid("a lease needs a time to live above zero");
  std::lock_guard lock(mutex_);
  if (leases_.size() >= kLeasesMax)
    return fail(ErrorCode::Limit, fmt::format("{} leases are the most a store keeps", kLeasesMax),
                ErrorSource::Caller);
  return {};
}

void Leases::add(LeaseId lease, Duration ttl) {
  std::lock_guard lock(mutex_);
  leases_[lease] = {ttl, clock_.monotonic() + ttl, {}};
}

Result<void> Leases::check_alive(LeaseId lease) const {
  std::lock_guard lock(mutex_);
  auto found = leases_.find(lease);
  if (found == leases_.end() || found->second.deadline <= clock_.monotonic()) return no_such_lease(lease);
  return {};
}

Result<void> Leases::keep_alive(LeaseId lease) {
  std::lock_guard lock(mutex_);
  auto found = leases_.find(lease);
  MonotonicTime now = clock_.monotonic();
  if (found == leases_.end() || found->second.deadline <= now) return no_such_lease(lease);
  found->second.deadline = now + found->second.ttl;
  return {};
}

bool Leases::known(LeaseId lease) const {
  std::lock_guard lock(mutex_);
  return leases_.contains(lease);
}

std::vector<LeaseId> Leases::run_out() const {
  std::lock_guard lock(mutex_);
  MonotonicTime now = clock_.monotonic();
  std::vector<LeaseId> out;
  for (const auto& [id, lease] : leases_)
    if (lease.deadline <= now) out.push_back(id);
  return out;
}

void Leases::attach(LeaseId lease, const std::string& key) {
  if (lease == 0) return;
  std::lock_guard lock(mutex_);
  auto found = leases_.find(lease);
  CHECK(found != leases_.end());
  found->second.keys.insert(key);
}

void Leases::detach(LeaseId lease, const std::string& key) {
  if (lease == 0) return;
  std::lock_guard lock(mutex_);
  auto found = leases_.find(lease);
  if (found != leases_.end()) found->second.keys.erase(key);
}

std::vector<std::string> Leases::keys(LeaseId lease) const {
  std::lock_guard lock(mutex_);
  auto found = leases_.find(lease);
  if (found == leases_.end()) return {};
  return {found->second.keys.begin(), found->second.keys.end()};
}

void Leases::remove(LeaseId lease) {
  std::lock_guard lock(mutex_);
  leases_.erase(lease);
}

}  // namespace meridian::store
