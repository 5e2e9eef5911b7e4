// Which revisions edges may have that are no canaries: those that every canary edge has served, for a time.
//
// Rules: revisions are let through in batches, each tried as a whole; what a canary edge was given and may
// have died of is held back until that is known; a batch waits at most kCanaryWaitMax and its time to soak,
// but one that an edge did die of never goes on without the revision that takes it back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "snapshots/feed/edge_table.h"
#include "snapshots/feed/timing.h"

namespace meridian::snapshots::feed {

struct CanaryOptions {
  std::set<std::string> edges;  // none: every edge gets everything at once
  Duration soak{};              // between "all of them serve it" and giving it to the others
};

class CanaryGate {
 public:
  explicit CanaryGate(CanaryOptions options) : options_(std::move(options)) {}

  bool on() const { return !options_.edges.empty(); }
  bool is_canary(const std::string& edge) const { return options_.edges.contains(edge); }
  // The newest revision that the edge may be given.
  std::uint64_t limit(const std::string& edge) const {
    return on() && !is_canary(edge) ? released_ : ~std::uint64_t{0};
  }

  void given(const std::string& edge, std::uint64_t to) {
    if (is_canary(edge)) given_[edge] = to;
  }
  // An edge died of what came at `since`; `taken_back` is the revision without it, which may not be
  // published yet, or 0 when nothing had to be taken back.
  void crashed(std::uint64_t since, std::uint64_t newest, std::uint64_t taken_back);

  struct Step {
    bool released = false, overdue = false;
    std::uint64_t forget_before = 0;  // no package or image from before this may be given to anybody
  };
  Step advance(std::uint64_t newest, const EdgeTable& edges, MonotonicTime now);

 private:
  struct Batch {
    std::uint64_t to = 0;
    MonotonicTime began{};
    std::optional<MonotonicTime> served_since;
  };
  bool served(std::uint64_t revision, const EdgeTable& edges, MonotonicTime now) const;

  CanaryOptions options_;
  std::uint64_t released_ = 0;
  std::optional<Batch> batch_;
  std::uint64_t held_until_ = 0;  // nothing is let through before this is published; 0: nothing is held
  std::uint64_t cure_ = 0;        // goes to all as soon as it is there; 0: none
  std::map<std::string, std::uint64_t> given_;  // to canary edges, the last
};

}  // namespace meridian::snapshots::feed
