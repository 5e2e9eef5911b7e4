// The leases of one store: when each runs out and which keys hang on it. Deadlines live in memory only; a
// store that is opened again gives every lease its full time to live anew, as etcd does when its leader
// changes. Rule: a lease past its deadline is dead at once, even before the store has deleted its keys.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"

namespace meridian::store {

inline constexpr std::size_t kLeasesMax = 100'000;

class Leases {
 public:
  explicit Leases(const Clock& clock) : clock_(clock) {}

  Result<void> check_grant(Duration ttl) const;  // Invalid for a time to live of nothing, Limit at kLeasesMax
  void add(LeaseId lease, Duration ttl);
  Result<void> check_alive(LeaseId lease) const;  // NotFound when unknown or run out
  Result<void> keep_alive(LeaseId lease);
  bool known(LeaseId lease) const;
  std::vector<LeaseId> run_out() const;

  void attach(LeaseId lease, const std::string& key);
  void detach(LeaseId lease, const std::string& key);
  std::vector<std::string> keys(LeaseId lease) const;
  void remove(LeaseId lease);

 private:
  struct Lease {
    Duration ttl;
    MonotonicTime deadline;
    std::set<std::string> keys;
  };

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<LeaseId, Lease> leases_;
};

}  // namespace meridian::store
