// What transfers read: the newest version of the snapshot, kept alive for as long as anybody streams it.
// Rule: snapshots are made and freed by the publisher's thread only (snapshots/dns/snapshot.h), so a version
// that its last reader lets go waits here for the publisher's next visit.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engines/dns/transfer/difference.h"
#include "snapshots/dns/delta.h"

namespace meridian::engines::dns::transfer {

class ZoneHistory {
 public:
  explicit ZoneHistory(const DnsSnapshot& first);  // on the publisher's thread
  ~ZoneHistory();                                  // when nobody reads or publishes any more
  ZoneHistory(const ZoneHistory&) = delete;
  ZoneHistory& operator=(const ZoneHistory&) = delete;

  // The publisher's thread, before the engine gets `next`: what a secondary learns of over UDP must already
  // be here.
  void publish(const snapshots::dns::Delta& delta, const DnsSnapshot& next);

  std::shared_ptr<const DnsSnapshot> newest() const;  // thread-safe

 private:
  std::shared_ptr<const DnsSnapshot> retain(const DnsSnapshot& snapshot);
  void free_returned();

  mutable std::mutex mutex_;
  std::shared_ptr<const DnsSnapshot> newest_;
  std::vector<std::unique_ptr<const DnsSnapshot>> returned_;
};

}  // namespace meridian::engines::dns::transfer
