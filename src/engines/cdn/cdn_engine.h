// The CDN engine as the rest of the program sees it: start it with a snapshot, publish new ones, purge.
// Rule: it knows nothing of where snapshots come from; with nobody publishing it goes on answering.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/metrics.h"
#include "base/published.h"
#include "base/random.h"
#include "engines/cdn/explain.h"
#include "engines/cdn/purge_clock.h"
#include "engines/cdn/purge_log.h"
#include "engines/cdn/request_log.h"
#include "engines/cdn/viewers.h"
#include "net/loop.h"
#include "net/tls.h"
#include "snapshots/cdn/snapshot.h"
#include "snapshots/cdn/tier_map.h"
#include "snapshots/location/location.h"

namespace meridian::engines::cdn {

class OriginSigner;
namespace disk {
class DiskTier;
}

struct CdnLocation {
  std::string code = "MER50-C1";  // "FRA50-C1"
  std::vector<net::Address> http, https;
  std::string region;  // whose regional edge cache is behind it; "": none's
};

// What an edge needs to share caches with edges in other processes.
struct TierOptions {
  std::string edge;                    // its name; "": it neither asks nor is asked
  std::optional<net::Address> listen;  // where it is asked
  std::shared_ptr<net::TlsServerContext> server_tls;
  std::shared_ptr<net::TlsClientContext> client_tls;
  bool has_tls = true;  // false: in tests alone
};

struct CdnEngineOptions {
  std::vector<CdnLocation> locations;
  unsigned workers = 1;
  bool pin_workers = false;                              // each to a CPU of its own
  std::size_t location_cache_bytes = 256 * 1024 * 1024;  // of each
  std::size_t regional_cache_bytes = 512 * 1024 * 1024;  // of each
  std::size_t slice_bytes =
      64 * 1024 * 1024;             // of all: for large objects, and what came in part; 0: not kept
  bool has_regional_caches = true;  // false: only other processes have any
  TierOptions tiers = {};
  std::shared_ptr<net::TlsServerContext> tls;  // with https addresses
  std::string origin_ca_pem;                   // whom origins' certificates must be signed by
  std::vector<net::Address> resolvers;         // for names of origins
  ViewerLimits limits;
  bool cache_status = false;       // RFC 9211
  std::uint16_t https_port = 443;  // where redirects to HTTPS lead
  std::string via_host;            // "": made up at the start
  RequestLogs* logs = nullptr;     // outlives the engine
  const OriginSigner* signer = nullptr;
};

class CdnEngine {
 public:
  using MakeLoop = std::function<std::unique_ptr<net::Loop>()>;

  CdnEngine(CdnEngineOptions options, std::unique_ptr<const snapshots::cdn::CdnSnapshot> first,
            Random& random, Metrics& metrics, MakeLoop make_loop);
  ~CdnEngine();

  // Before start(): what locations keep is also kept there, over restarts, in `bytes_max` for all of them.
  Result<void> keep_on_disk(Disk& disk, const std::string& directory, std::uint64_t bytes_max);
  // Opens every socket. All or nothing.
  Result<void> start();
  // Answers, from what is published by now: viewers that came since start() have waited. Once.
  Result<void> begin();
  void stop();  // answers no more, and calls nobody
  // Where other edges ask; nothing: nowhere.
  const std::optional<net::Address>& tier_address() const { return tier_address_; }
  // Real ports, in the order of the options: of each location http, then https.
  const std::vector<net::Address>& addresses() const { return bound_; }
  unsigned workers() const { return static_cast<unsigned>(threads_.size()); }
  net::Loop& loop(unsigned worker);  // to watch

  // One thread at a time.
  void publish(std::unique_ptr<const snapshots::cdn::CdnSnapshot> next);
  const snapshots::cdn::CdnSnapshot& latest() const;
  void publish_locations(std::unique_ptr<const snapshots::location::Locations> next);
  void publish_tiers(const snapshots::cdn::TierMap& map);
  // The certificate that other edges are shown, renewed. Thread-safe.
  void show_to_tiers(std::shared_ptr<net::TlsClientContext> tls);
  // How far invalidations have come, for other edges: purge() is called between the two.
  PurgeClock& purge_clock();
  // The lowest revision that any worker may still answer from. Thread-safe.
  std::uint64_t served_revision() const;

  // Thread-safe; `done` is called on a thread of the engine, and not at all when that is stopped before.
  void explain(ExplainAsk ask, std::function<void(Result<Explanation>)> done);

  // Up to which revision invalidations are known of what is on disk from before; none: nothing is.
  std::optional<std::uint64_t> purged_revision() const;
  // All up to `revision` were given to purge(). What is on disk is held against them after a restart, too.
  void purges_told(std::uint64_t revision);

  // A path as CloudFront's invalidations have it, or "#tag". Counts at once, everywhere here. Thread-safe.
  void purge(std::string_view distribution_id, std::string_view item, StaleSince stale_since = {});

 private:
  struct Thread;
  Result<void> bind();

  CdnEngineOptions options_;
  Random& random_;
  Metrics& metrics_;
  MakeLoop make_loop_;
  std::unique_ptr<struct EngineShared> shared_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<net::Address> bound_;
  std::optional<net::Address> tier_address_;
  std::unique_ptr<disk::DiskTier> disk_;  // null: nothing is kept on disk
};

}  // namespace meridian::engines::cdn
