#include "engines/dns/transfer/zone_history.h"

namespace meridian::engines::dns::transfer {
namespace {

using snapshots::dns::ZoneChange;

constexpr std::size_t kDifferenceOverhead = 256;  // of the lists and maps that hold one

std::size_t bytes_of(const Difference& difference) {
  return difference.removed.bytes() + difference.added.bytes() + kDifferenceOverhead;
}

}  // namespace

ChangedZone changed_zone(const DnsZone& zone) {
  const RecordsView soa = *zone.apex_node().find(Type::SOA);
  return {std::string(zone.apex()), soa.ttl(), std::string(soa.first())};
}

ZoneHistory::ZoneHistory(const DnsSnapshot& first, std::size_t bytes_max)
    : bytes_max_(bytes_max), newest_(retain(first)) {
  first.for_each_zone([&](const DnsZone& zone) { aliases_.read(zone); });
}

ZoneHistory::~ZoneHistory() {
  newest_.reset();
}

std::shared_ptr<const DnsSnapshot> ZoneHistory::retain(const DnsSnapshot& snapshot) {
  return {snapshot.retain().release(), [this](const DnsSnapshot* version) {
            std::lock_guard lock(mutex_);
            returned_.emplace_back(version);
          }};
}

std::vector<ChangedZone> ZoneHistory::publish(const snapshots::dns::Delta& delta, const DnsSnapshot& next) {
  std::vector<ChangedZone> changed;
  std::vector<Step> steps;
  std::shared_ptr<const DnsSnapshot> version = newest_;  // only this thread puts another there
  for (const ZoneChange& change : delta.zones) follow(*version, next, change, changed, steps);
  version = retain(next);
  std::vector<std::unique_ptr<const DnsSnapshot>> returned;
  {
    std::lock_guard lock(mutex_);
    if (delta.from == 0) {
      differences_.clear();
      order_.clear();
      bytes_ = 0;
    }
    for (Step& step : steps) take_step(std::move(step));
    newest_.swap(version);
  }
  version.reset();
  std::lock_guard lock(mutex_);
  returned.swap(returned_);
  return changed;
}

void ZoneHistory::follow(const DnsSnapshot& before, const DnsSnapshot& next, const ZoneChange& change,
                         std::vector<ChangedZone>& changed, std::vector<Step>& steps) {
  aliases_.note(change);
  const DnsZone* old = zone_at(before, change.apex);
  const DnsZone* now = zone_at(next, change.apex);
  const bool concerns_apex = (old && old->id() == change.zone_id) || (now && now->id() == change.zone_id);
  if (!concerns_apex) return;  // another zone answers for the apex
  if (!now) return steps.push_back({change.apex, nullptr});
  const bool same = old && old->id() == now->id();
  const bool newer = !old || serial_of(*old) != serial_of(*now);
  if (newer) changed.push_back(changed_zone(*now));
  const AliasLinks::Keys* affected =
      same && change.kind == ZoneChange::Kind::Edit && is_newer(serial_of(*now), serial_of(*old))
          ? aliases_.affected(change)
          : nullptr;
  steps.push_back({change.apex, affected ? std::make_shared<const Difference>(
                                               difference(before, *old, next, *now, *affected))
                                         : nullptr});
}

void ZoneHistory::take_step(Step step) {
  auto& of_zone = differences_[step.apex];
  if (!step.difference) {
    for (const auto& gone : of_zone) bytes_ -= bytes_of(*gone);
    differences_.erase(step.apex);
    return;
  }
  bytes_ += bytes_of(*step.difference);
  of_zone.push_back(std::move(step.difference));
  order_.push_back(std::move(step.apex));
  while (bytes_ > bytes_max_ || order_.size() > kDifferencesMax) forget_oldest();
}

void ZoneHistory::forget_oldest() {
  const auto found = differences_.find(order_.front());
  order_.pop_front();
  if (found == differences_.end()) return;
  bytes_ -= bytes_of(*found->second.front());
  found->second.pop_front();
  if (found->second.empty()) differences_.erase(found);
}

ZoneHistory::View ZoneHistory::view(std::string_view apex, std::optional<std::uint32_t> serial) const {
  std::lock_guard lock(mutex_);
  View view{newest_, {}};
  if (!serial) return view;
  const auto found = differences_.find(std::string(apex));
  if (found == differences_.end()) return view;
  for (const auto& difference : found->second)
    if (!view.differences.empty() || difference->from == *serial) view.differences.push_back(difference);
  return view;
}

}  // namespace meridian::engines::dns::transfer
