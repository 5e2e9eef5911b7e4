// What transfers read: the newest version of the snapshot, kept alive for as long as anybody streams it, and
// the latest differences between versions of each zone.
// Rule: snapshots are made and freed by the publisher's thread only (snapshots/dns/snapshot.h), so a version
// that its last reader lets go waits here for the publisher's next visit.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engines/dns/transfer/alias_links.h"
#include "engines/dns/transfer/difference.h"
#include "snapshots/dns/delta.h"

namespace meridian::engines::dns::transfer {

using Differences = std::vector<std::shared_ptr<const Difference>>;

// A zone whose serial a delta changed: what secondaries are told.
struct ChangedZone {
  std::string apex;
  std::uint32_t soa_ttl = 0;
  std::string soa;  // RDATA
};
ChangedZone changed_zone(const DnsZone& zone);

class ZoneHistory {
 public:
  static constexpr std::size_t kDifferencesMax = 100'000;     // of all zones
  static constexpr std::size_t kBytesMax = 64 * 1024 * 1024;  // of all zones; the oldest goes first

  // On the publisher's thread.
  explicit ZoneHistory(const DnsSnapshot& first, std::size_t bytes_max = kBytesMax);
  ~ZoneHistory();  // when nobody reads or publishes any more
  ZoneHistory(const ZoneHistory&) = delete;
  ZoneHistory& operator=(const ZoneHistory&) = delete;

  // The publisher's thread, before the engine gets `next`: what a secondary learns of over UDP must already
  // be here.
  std::vector<ChangedZone> publish(const snapshots::dns::Delta& delta, const DnsSnapshot& next);

  // Thread-safe, and of one moment: the newest version, and what leads there from `serial` of the zone. No
  // differences when they do not reach back so far.
  struct View {
    std::shared_ptr<const DnsSnapshot> version;
    Differences differences;
  };
  View view(std::string_view apex, std::optional<std::uint32_t> serial) const;

 private:
  struct Step {
    std::string apex;
    std::shared_ptr<const Difference> difference;  // null: what was known of the zone leads nowhere
  };
  std::shared_ptr<const DnsSnapshot> retain(const DnsSnapshot& snapshot);
  void follow(const DnsSnapshot& before, const DnsSnapshot& next, const snapshots::dns::ZoneChange& change,
              std::vector<ChangedZone>& changed, std::vector<Step>& steps);
  void take_step(Step step);
  void forget_oldest();

  const std::size_t bytes_max_;
  AliasLinks aliases_;  // of the publisher's thread

  mutable std::mutex mutex_;
  std::shared_ptr<const DnsSnapshot> newest_;
  std::vector<std::unique_ptr<const DnsSnapshot>> returned_;
  std::unordered_map<std::string, std::deque<std::shared_ptr<const Difference>>> differences_;  // by apex
  std::deque<std::string> order_;  // whose difference came when, the oldest first; some are gone already
  std::size_t bytes_ = 0;
};

}  // namespace meridian::engines::dns::transfer
