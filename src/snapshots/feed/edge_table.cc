#include "snapshots/feed/edge_table.h"

#include <algorithm>

namespace meridian::snapshots::feed {

EdgeState* EdgeTable::find(const std::string& name) {
  const auto at = edges_.find(name);
  return at == edges_.end() ? nullptr : &at->second;
}

void EdgeTable::expect(const std::string& name, MonotonicTime now) {
  EdgeState& edge = edges_[name];
  edge.name = name;
  edge.heard = now;
}

void EdgeTable::published(std::uint64_t newest, MonotonicTime now) {
  served(now);
  newest_ = newest;
  for (auto& [name, edge] : edges_)
    if (edge.revision != newest && !edge.behind_since) edge.behind_since = now;
}

void EdgeTable::connected(const std::string& name, std::string software, std::string peer,
                          const Clock& clock) {
  served(clock.monotonic());
  EdgeState& edge = edges_[name];
  edge.name = name;
  edge.software = std::move(software);
  edge.peer = std::move(peer);
  edge.connected = true;
  edge.revision = 0;
  edge.refusal.clear();
  edge.checker_region.clear();
  if (!edge.behind_since) edge.behind_since = clock.monotonic();
  heard(name, clock);
}

void EdgeTable::heard(const std::string& name, const Clock& clock) {
  EdgeState* edge = find(name);
  if (!edge) return;
  edge->heard = clock.monotonic();
  edge->heard_at = clock.now();
}

void EdgeTable::loaded(const std::string& name, const Load& load) {
  if (EdgeState* edge = find(name)) edge->load = load;
}

void EdgeTable::checks_from(const std::string& name, const std::string& region) {
  if (EdgeState* edge = find(name)) edge->checker_region = region;
}

bool EdgeTable::acknowledged(const std::string& name, std::uint64_t revision, MonotonicTime now) {
  if (revision > newest_) return false;
  EdgeState* edge = find(name);
  if (!edge) return true;
  edge->revision = revision;
  edge->refusal.clear();
  if (revision == newest_) edge->behind_since.reset();
  served(now);
  return true;
}

void EdgeTable::refused(const std::string& name, std::string why) {
  if (EdgeState* edge = find(name)) edge->refusal = std::move(why);
}

void EdgeTable::disconnected(const std::string& name) {
  if (EdgeState* edge = find(name)) edge->connected = false;
}

std::uint64_t EdgeTable::served(MonotonicTime now) {
  std::uint64_t lowest = newest_;
  for (const auto& [name, edge] : edges_)
    if (waits_for(edge, now)) lowest = std::min(lowest, edge.revision);
  served_ = std::max(served_, lowest);
  return served_;
}

std::optional<EdgeState> EdgeTable::find(const std::string& name, MonotonicTime now) const {
  const auto at = edges_.find(name);
  if (at == edges_.end()) return std::nullopt;
  EdgeState edge = at->second;
  edge.waited_for = waits_for(edge, now);
  return edge;
}

std::vector<EdgeState> EdgeTable::all(MonotonicTime now) const {
  std::vector<EdgeState> out;
  for (const auto& [name, edge] : edges_) {
    out.push_back(edge);
    out.back().waited_for = waits_for(edge, now);
  }
  return out;
}

}  // namespace meridian::snapshots::feed
