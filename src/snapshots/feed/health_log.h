// Changes of health checks for edges that take them at their own pace: the newest change of each check, by
// its number. An edge keeps the number of the last that it was sent; one that is slow misses states that have
// passed, never the newest.
// Rule: memory grows with the checks, not with changes and not with edges.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "snapshots/health/health_table.h"

namespace meridian::snapshots::feed {

class HealthLog {
 public:
  static constexpr std::size_t kChecksMax = health::HealthTable::kChecksMax;

  struct Part {
    std::vector<health::HealthTable::Entry> states;
    std::uint64_t last = 0;  // the number of the last of them
  };

  explicit HealthLog(std::size_t checks_max = kChecksMax) : checks_max_(checks_max) {}

  // False: it is not kept, as there are too many checks.
  bool set(std::string_view id, bool healthy);
  std::uint64_t newest() const { return newest_; }
  // Up to `most` of the newest changes after that number, oldest first; after 0, of all checks.
  Part after(std::uint64_t number, std::size_t most) const;

 private:
  std::size_t checks_max_;
  std::map<std::uint64_t, health::HealthTable::Entry> changes_;  // by number
  std::map<std::string, std::uint64_t, std::less<>> numbers_;    // by check
  std::uint64_t newest_ = 0;
};

}  // namespace meridian::snapshots::feed
