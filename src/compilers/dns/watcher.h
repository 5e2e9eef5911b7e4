// Watches the store, compiles each commit, applies it to the snapshot and publishes it. The only impure file
// of the compiler. Rules: what is published is the compilation of a store revision that existed, but for
// zones in quarantine, which stay as they were before they broke engines; the acknowledged revision never
// runs ahead of what the engine serves.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "compilers/dns/compile.h"
#include "compilers/dns/quarantine.h"
#include "compilers/dns/secondaries.h"
#include "snapshots/dns/snapshot.h"
#include "store/store.h"

namespace meridian::compilers::dns {

// Where snapshots go; the engine's own type stays out of the control plane. Called on one thread at a time.
class DnsSink {
 public:
  virtual ~DnsSink() = default;
  virtual const snapshots::dns::DnsSnapshot& latest() const = 0;  // what was published last
  // What publish() would say, without publishing. An error with `retry` set is not the delta's fault.
  virtual Result<void> examine(const snapshots::dns::Delta& delta) = 0;
  // `delta` is what made it of the one before; it is kept on disk, so that a restart need not compile. An
  // error says why it was refused whole: latest() is still the one before.
  virtual Result<void> publish(const snapshots::dns::Delta& delta,
                               std::unique_ptr<const snapshots::dns::DnsSnapshot> next) = 0;
  virtual std::uint64_t served_revision() const = 0;  // every worker serves it or a later one; thread-safe
};

class DnsWatcher {
 public:
  DnsWatcher(store::Store& store, DnsSink& sink, const Clock& clock, Logger& logger, Metrics& metrics,
             SecondaryOptions secondaries = {});
  ~DnsWatcher();

  // Brings the sink from its latest snapshot to the newest state of the store, then follows the store.
  // Returns when the newest revision of this moment is published.
  // `afresh`: what the sink has is of another store, and counts for nothing.
  Result<void> start(bool afresh = false);

  // The newest store revision whose effect on DNS every worker of the engine serves. Thread-safe.
  store::Revision acknowledged() const;
  // Whether they serve this change of the zone, or a later one. Thread-safe.
  bool serves(std::string_view zone_id, store::Revision revision) const;

  // Takes the zone back, everywhere, to what it was before `since`, because engines that served it at
  // revisions from there to `seen` died of it. Thread-safe; returns when that is decided, not when it is
  // done: the revision that will do it, or 0 when the zone is gone already.
  Result<store::Revision> take_back(const std::string& zone_id, store::Revision since, store::Revision seen,
                                    std::string why);
  std::vector<QuarantinedZone> quarantined() const;  // thread-safe

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace meridian::compilers::dns
