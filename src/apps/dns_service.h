// The DNS engine with its snapshot on disk and its canary: what a compiler or a feed publishes to, in this
// process. Without workers it only keeps the snapshot: what a control does that answers nothing itself.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/dns_transfer.h"
#include "base/disk.h"
#include "base/log.h"
#include "base/metrics.h"
#include "engines/dns/canary/canary.h"
#include "engines/dns/crash_record.h"
#include "engines/dns/dns_engine.h"
#include "snapshots/dns/disk_log.h"

namespace meridian::apps {

struct DnsServiceOptions {
  std::string directory;
  std::vector<net::Address> addresses;
  unsigned workers = 1;
  std::string nsid;
  int receive_buffer_bytes = engines::dns::kReceiveBufferBytes;
  bool pin_workers = false;
  std::string canary_program;  // see engines/dns/canary/canary.h; empty: deltas are published untried
  engines::dns::RateLimitOptions limits;
  engines::dns::TcpLimits tcp;
  std::vector<net::Address> tls_addresses;                 // DNS over TLS
  std::shared_ptr<net::TlsServerContext> tls;              // needed with such addresses
  engines::dns::query_log::QueryLog* query_log = nullptr;  // outlives the service
  std::optional<TransferSettings> transfer;                // none: off
  std::shared_ptr<snapshots::health::HealthTable> health_table;
  std::unique_ptr<const snapshots::location::Locations> locations;  // null: nothing is known of any client
};

class DnsService {
 public:
  // Loads what the disk has and answers with it; without a zone that the process before died of.
  static Result<std::unique_ptr<DnsService>> start(DnsServiceOptions options, const Clock& clock,
                                                   Random& random, Disk& disk, Logger& logger,
                                                   Metrics& metrics);

  ~DnsService();
  // Of the publisher's thread, all but served_revision() and store().
  const snapshots::dns::DnsSnapshot& latest() const { return engine_.latest(); }
  // Whether the canary survives the delta.
  Result<void> examine(const snapshots::dns::Delta& delta);
  // `delta` made `next` of the latest, and was examined.
  void publish(const snapshots::dns::Delta& delta, std::unique_ptr<const snapshots::dns::DnsSnapshot> next);
  // Whose revisions these are, as the disk has it; what is published from now on is of another one.
  const snapshots::StoreId& store() const { return store_; }
  void set_store(const snapshots::StoreId& store);
  std::uint64_t served_revision() const {
    return engine_.workers() > 0 ? engine_.served_revision() : revision_.load(std::memory_order_acquire);
  }

  // The zone that the process before died of, which is served as it was before.
  const std::optional<engines::dns::Suspect>& suspect() const { return suspect_; }

  engines::dns::DnsEngine& engine() { return engine_; }
  std::size_t zone_count() const { return zone_count_.load(std::memory_order_relaxed); }  // thread-safe

 private:
  DnsService(engines::dns::DnsEngineOptions options, snapshots::dns::DnsDiskLog::Opened opened,
             std::unique_ptr<DnsTransfer> transfer, const Clock& clock, Random& random, Logger& logger,
             Metrics& metrics);

  Logger& logger_;
  Counter& disk_failures_;
  const Clock& clock_;
  std::unique_ptr<engines::dns::CrashRecord> crash_record_;  // null: the disk had no room for it
  std::optional<engines::dns::Suspect> suspect_;
  std::unique_ptr<snapshots::dns::DnsDiskLog> disk_log_;
  std::unique_ptr<DnsTransfer> transfer_;  // null: off
  snapshots::StoreId store_;
  engines::dns::DnsEngine engine_;
  std::unique_ptr<engines::dns::Canary> canary_;  // null: none; before engine_ goes, whose snapshot it reads
  std::atomic<std::size_t> zone_count_{0};
  std::atomic<std::uint64_t> revision_{0};
};

}  // namespace meridian::apps
