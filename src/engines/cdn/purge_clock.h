// How far invalidations have come in this process, by the revisions of the control's store: so that of two
// edges the one that has forgotten an object never gets it back from the one that has still to.
// Rule: begin() before the first line of a purge is in a log, finish() after the last. Thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>

namespace meridian::engines::cdn {

struct PurgePosition {
  std::string store;  // whose revisions these are, in hexadecimal; "": nobody's
  std::uint64_t revision = 0;
  bool operator==(const PurgePosition&) const = default;
};

class PurgeClock {
 public:
  // A purge of that revision: what is asked of others from now on must know of it.
  void begin(const PurgePosition& purge) {
    std::lock_guard lock(mutex_);
    wanted_ = {purge.store,
               purge.store == wanted_.store ? std::max(wanted_.revision, purge.revision) : purge.revision};
  }
  // All purges up to there are in the logs.
  void finish(const PurgePosition& up_to) {
    std::lock_guard lock(mutex_);
    done_ = up_to;
  }
  PurgePosition wanted() const {
    std::lock_guard lock(mutex_);
    return wanted_;
  }
  bool has(const PurgePosition& wanted) const {
    std::lock_guard lock(mutex_);
    return done_.store == wanted.store && done_.revision >= wanted.revision;
  }

 private:
  mutable std::mutex mutex_;
  PurgePosition wanted_, done_;
};

}  // namespace meridian::engines::cdn
