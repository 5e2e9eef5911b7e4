// The newest report of each check, for who carries them away at a pace of its own.
// Rule: memory grows with the checks, not with probes: what was not taken in time is replaced by what is
// newer.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engines/health/report.h"

namespace meridian::engines::health {

// Thread-safe.
class ReportBook {
 public:
  void put(const std::string& id, Report report);
  void remove(std::string_view id);
  void repeat();  // who carries them has lost what it had: all of them are news again
  // Up to so many that are news, longest waiting first. A failure that was taken before is not taken again.
  std::vector<std::pair<std::string, Report>> take(std::size_t most);
  std::size_t news() const;

 private:
  struct Entry {
    Report report;
    std::uint64_t number = 0;  // of the news that it is; 0: none
    bool failure_taken = false;
  };

  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::uint64_t, std::string> news_;
  std::uint64_t newest_ = 0;
};

}  // namespace meridian::engines::health
