// All that an engine has on disk: a secret for keys that stays the same, the journal of invalidations, and a
// cache for each location. Rule: one process at a time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/directory_lock.h"
#include "base/random.h"
#include "engines/cdn/disk/disk_cache.h"
#include "engines/cdn/disk/purge_journal.h"

namespace meridian::engines::cdn::disk {

struct DiskTierParts {
  Disk& disk;
  PurgeLogs& purges;
  Random& random;
  Metrics& metrics;
};

class DiskTier {
 public:
  static constexpr unsigned kThreads = 2;

  // `bytes_max` for all locations together. Refused when the file system has no room for them.
  static Result<std::unique_ptr<DiskTier>> open(const DiskTierParts& parts, const std::string& directory,
                                                std::uint64_t bytes_max,
                                                const std::vector<std::string>& locations);
  ~DiskTier();

  const SipKey& key_secret() const { return key_secret_; }
  PurgeJournal& journal() { return *journal_; }
  DiskCache& cache(const std::string& location) { return *caches_.at(location); }
  // Nobody is called any more.
  void stop() { pool_.stop(); }

 private:
  explicit DiskTier(DirectoryLock lock) : lock_(std::move(lock)), pool_(kThreads) {}

  DirectoryLock lock_;
  SipKey key_secret_;
  std::unique_ptr<PurgeJournal> journal_;
  std::map<std::string, std::unique_ptr<DiskCache>> caches_;
  DiskPool pool_;  // last: its threads end before what they use
};

}  // namespace meridian::engines::cdn::disk
