// The DNS engine with its snapshot on disk and its canary: what the compiler publishes to, in this process.
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
#include "compilers/dns/watcher.h"
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
};

class DnsService final : public compilers::dns::DnsSink {
 public:
  // Loads what the disk has and answers with it; without a zone that the process before died of.
  static Result<std::unique_ptr<DnsService>> start(const DnsServiceOptions& options, const Clock& clock,
                                                   Random& random, Disk& disk, Logger& logger,
                                                   Metrics& metrics);

  ~DnsService() override;
  const snapshots::dns::DnsSnapshot& latest() const override { return engine_.latest(); }
  Result<void> publish(const snapshots::dns::Delta& delta,
                       std::unique_ptr<const snapshots::dns::DnsSnapshot> next) override;
  Result<void> examine(const snapshots::dns::Delta& delta) override;
  std::uint64_t served_revision() const override { return engine_.served_revision(); }

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
  engines::dns::DnsEngine engine_;
  std::unique_ptr<engines::dns::Canary> canary_;  // null: none; before engine_ goes, whose snapshot it reads
  std::atomic<std::size_t> zone_count_{0};
};

}  // namespace meridian::apps
