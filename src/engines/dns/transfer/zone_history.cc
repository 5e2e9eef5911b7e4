#include "engines/dns/transfer/zone_history.h"

namespace meridian::engines::dns::transfer {

ZoneHistory::ZoneHistory(const DnsSnapshot& first) : newest_(retain(first)) {}

ZoneHistory::~ZoneHistory() {
  newest_.reset();
}

std::shared_ptr<const DnsSnapshot> ZoneHistory::retain(const DnsSnapshot& snapshot) {
  return {snapshot.retain().release(), [this](const DnsSnapshot* version) {
            std::lock_guard lock(mutex_);
            returned_.emplace_back(version);
          }};
}

void ZoneHistory::free_returned() {
  std::vector<std::unique_ptr<const DnsSnapshot>> returned;
  std::lock_guard lock(mutex_);
  returned.swap(returned_);
}

void ZoneHistory::publish(const snapshots::dns::Delta&, const DnsSnapshot& next) {
  std::shared_ptr<const DnsSnapshot> version = retain(next);
  {
    std::lock_guard lock(mutex_);
    newest_.swap(version);
  }
  version.reset();
  free_returned();
}

std::shared_ptr<const DnsSnapshot> ZoneHistory::newest() const {
  std::lock_guard lock(mutex_);
  return newest_;
}

}  // namespace meridian::engines::dns::transfer
