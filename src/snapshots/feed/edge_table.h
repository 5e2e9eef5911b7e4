// What the control knows of its edges, and the revision that all of them serve.
//
// The rule of acknowledgement: an edge is waited for while it is connected, and for `live_time` after it was
// last heard. After that it counts no more, until it connects again; then changes made from there on wait for
// it too. What was once acknowledged stays so: an edge that comes back far behind takes nothing back. Without
// any edge, everything counts as served.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "snapshots/feed/frame.h"

namespace meridian::snapshots::feed {

struct EdgeState {
  std::string name, software, peer;
  bool connected = false;
  bool waited_for = false;             // by the rule above, at the moment of asking
  std::uint64_t revision = 0;          // what it last said that it serves
  MonotonicTime heard{};               // last, or expected from
  std::optional<SystemTime> heard_at;  // nothing: never since the control started
  std::optional<MonotonicTime> behind_since;
  Load load;
  std::string checker_region;  // where it probes health checks for; empty: it does not
  std::string refusal;         // why it did not take the last package; empty when it did
};

class EdgeTable {
 public:
  EdgeTable(Duration live_time, std::uint64_t newest) : live_time_(live_time), newest_(newest) {}

  // An edge that is enrolled and was perhaps just connected to the process before this one.
  void expect(const std::string& name, MonotonicTime now);
  void published(std::uint64_t newest, MonotonicTime now);

  // It serves nothing of ours as long as it has not said so on this connection.
  void connected(const std::string& name, std::string software, std::string peer, const Clock& clock);
  void heard(const std::string& name, const Clock& clock);
  void loaded(const std::string& name, const Load& load);
  void checks_from(const std::string& name, const std::string& region);
  // False when nobody could serve that: it was never published.
  bool acknowledged(const std::string& name, std::uint64_t revision, MonotonicTime now);
  void refused(const std::string& name, std::string why);
  void disconnected(const std::string& name);
  void removed(const std::string& name) { edges_.erase(name); }

  // Never falls.
  std::uint64_t served(MonotonicTime now);
  std::vector<EdgeState> all(MonotonicTime now) const;  // by name
  std::optional<EdgeState> find(const std::string& name, MonotonicTime now) const;

 private:
  bool waits_for(const EdgeState& edge, MonotonicTime now) const {
    return edge.connected || now - edge.heard < live_time_;
  }
  EdgeState* find(const std::string& name);

  Duration live_time_;
  std::uint64_t newest_;
  std::uint64_t served_ = 0;
  std::map<std::string, EdgeState> edges_;
};

}  // namespace meridian::snapshots::feed
