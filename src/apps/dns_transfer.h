// Zone transfer beside a DNS engine: what it streams, and the thread that notifies secondaries. Rule: made
// before the engine, stopped before it goes, and gone after it.
#pragma once

#include <memory>
#include <vector>

#include "apps/loop_thread.h"
#include "apps/transfer_settings.h"
#include "engines/dns/dns_engine.h"
#include "engines/dns/transfer/notifier.h"

namespace meridian::apps {

class DnsTransfer {
 public:
  DnsTransfer(const TransferSettings& settings, const snapshots::dns::DnsSnapshot& first, const Clock& clock,
              Random& random, Logger& logger, Metrics& metrics);
  ~DnsTransfer();

  engines::dns::transfer::Transfers& transfers() { return transfers_; }
  // Every zone is told of once: secondaries may have missed something while nobody was here.
  Result<void> start(engines::dns::DnsEngine& engine);
  void stop();

  // Before and after the engine publishes.
  void publish(const snapshots::dns::Delta& delta, const snapshots::dns::DnsSnapshot& next);
  void published(std::uint64_t revision);

 private:
  const TransferSettings settings_;
  const Clock& clock_;
  Random& random_;
  Logger& logger_;
  Metrics& metrics_;
  engines::dns::transfer::Transfers transfers_;
  std::vector<engines::dns::transfer::ChangedZone> changed_;  // of the delta being published
  std::unique_ptr<LoopThread> loop_;                          // null: nobody is notified
  std::unique_ptr<engines::dns::transfer::Notifier> notifier_;
};

}  // namespace meridian::apps
