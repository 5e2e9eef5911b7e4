// All that one thread of the engine has: its loop's connections, its doors to what is published, and a site
// for each location it answers for.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "engines/cdn/cdn_engine.h"
#include "engines/cdn/explain.h"
#include "engines/cdn/site.h"
#include "engines/cdn/slices/sliced_body.h"
#include "engines/cdn/tier_server.h"
#include "engines/cdn/viewers.h"

namespace meridian::engines::cdn {

// What the threads share.
struct EngineShared {
  EngineShared(const CdnEngineOptions& options, std::unique_ptr<const snapshots::cdn::CdnSnapshot> first,
               Random& random, Metrics& metrics);

  Published<snapshots::cdn::CdnSnapshot> snapshot;
  Published<snapshots::location::Locations> locations;
  PurgeLogs purges;
  Published<TierRings> rings;
  PurgeClock purge_clock;
  EngineCounters counters;
  slices::Slices slices;
  RegionalTiers regions;
  std::vector<std::unique_ptr<Tier>> tiers;  // of each location
  SipKey key_secret;
  std::vector<std::string> via_hosts;  // of each location
};

class EngineWorker {
 public:
  EngineWorker(net::Loop& loop, const CdnEngineOptions& options, EngineShared& shared,
               upstream::TlsTrust trust, upstream::Names* names, Random& random, Metrics& metrics);
  ~EngineWorker();

  // Of location `index`. The address really listened on.
  Result<net::Address> listen(std::size_t index, const net::Address& address,
                              const net::ListenOptions& options, std::shared_ptr<net::TlsServerContext> tls);
  // Where edges in other processes ask; null: without TLS, and anybody.
  Result<net::Address> listen_to_tiers(const net::Address& address, const net::ListenOptions& options,
                                       std::shared_ptr<net::TlsServerContext> tls);
  // Who we are when we ask others, from the next connection on.
  void show_to_tiers(std::shared_ptr<net::TlsClientContext> tls);
  Site& site(std::size_t index) { return *sites_[index]; }
  Worker& worker() { return worker_; }
  // On the loop's thread, where `done` is called, once.
  void explain(ExplainAsk ask, Explained::OnDone done);

 private:
  SeededRandom random_;
  std::unique_ptr<upstream::Names> own_names_;
  upstream::OriginClient origins_;
  std::unique_ptr<upstream::OriginClient> peers_;  // null: no other process is asked
  TierRoutes routes_;
  Worker worker_;
  ServedTable served_;
  Published<snapshots::location::Locations>::Reader locations_;
  std::vector<std::unique_ptr<Site>> sites_;
  std::vector<std::unique_ptr<Viewers>> viewers_;  // of each site
  TierServer tier_server_;
  Viewers tier_peers_;
  std::map<std::uint64_t, std::unique_ptr<Explained>> explained_;
  std::uint64_t last_explained_ = 0;
};

}  // namespace meridian::engines::cdn
