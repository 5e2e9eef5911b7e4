// What checkers are to probe, for those that take it at their own pace: the newest settings of each check, by
// the number of that change.
// Rule: memory grows with the checks, not with changes and not with checkers: of removals the newest are
// kept, and who is further behind is told everything anew.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "snapshots/feed/frame.h"

namespace meridian::snapshots::feed {

class CheckLog {
 public:
  static constexpr std::size_t kChecksMax = health::HealthTable::kChecksMax;
  static constexpr std::size_t kRemovalsMax = 4096;

  struct Part {
    bool begins = false;  // of everything: what was told before counts no more
    std::vector<CheckBytes> checks;
    std::uint64_t last = 0;  // go on after this number
  };

  explicit CheckLog(std::size_t checks_max = kChecksMax, std::size_t removals_max = kRemovalsMax)
      : checks_max_(checks_max), removals_max_(removals_max) {}

  // For checkers of these Regions; none: of all. False: it is not kept, as there are too many.
  bool set(const std::string& id, std::vector<std::string> regions, std::string settings);
  bool remove(std::string_view id);  // false: it is not there
  std::uint64_t newest() const { return newest_; }
  // What changed after that number for a checker of that Region, up to so many bytes; after 0, all there is.
  // Without bytes: not to be probed from there, any more.
  Part after(std::uint64_t number, std::string_view region, std::size_t bytes_max) const;

 private:
  struct Change {
    std::string id;
    bool removed = false;
    std::vector<std::string> regions;
    std::string settings;
  };
  void forget(std::uint64_t number);

  std::size_t checks_max_, removals_max_;
  std::map<std::uint64_t, Change> changes_;                    // by number
  std::map<std::string, std::uint64_t, std::less<>> numbers_;  // by check
  std::set<std::uint64_t> removals_;
  std::uint64_t newest_ = 0, forgotten_ = 0;  // the newest removal that is not kept
};

}  // namespace meridian::snapshots::feed
