// The CDN in a server's process: the engine with its sockets and certificates, and how deltas reach it. No
// control-plane code: an edge links it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/admin.h"
#include "apps/cdn_locations.h"
#include "apps/command_line.h"
#include "apps/origin_signer.h"
#include "apps/viewer_certificates.h"
#include "apps/watchdog.h"
#include "apps/world.h"
#include "engines/cdn/cdn_engine.h"
#include "snapshots/store_id.h"

namespace meridian::apps {

// Where one edge location really listens.
struct CdnPlace {
  std::string code;
  std::vector<net::Address> http = {}, https = {};
  std::vector<std::string> published;  // what DNS is to answer; none: what is listened on
};

class CdnSide {
 public:
  // Listens and answers; what nobody has published yet is refused as CloudFront refuses strangers.
  // `resolvers` look up the names of origins; `logs` may be null, and outlives this.
  static Result<std::unique_ptr<CdnSide>> start(const CdnOptions& options,
                                                std::vector<net::Address> resolvers, const World& world,
                                                engines::cdn::RequestLogs* logs = nullptr,
                                                const std::vector<std::string>& published = {},
                                                engines::cdn::TierOptions tiers = {});

  // Whose revisions those of the deltas are; before publish().
  void belongs_to(const snapshots::StoreId& store) { store_ = to_hex(store.bytes); }
  // Forgets what is to be forgotten, then serves what is new. One thread at a time.
  enum class Keep : std::uint8_t { WhatIsNotInvalid, Nothing };
  void publish(const snapshots::cdn::Delta& delta, Keep keep = Keep::WhatIsNotInvalid);
  std::uint64_t served_revision() const { return engine_->served_revision(); }

  engines::cdn::CdnEngine& engine() { return *engine_; }
  const std::vector<CdnPlace>& places() const { return places_; }
  // Of all of them, in their order.
  const std::vector<net::Address>& addresses() const { return addresses_; }
  const std::vector<net::Address>& tls_addresses() const { return tls_addresses_; }
  void show(AdminSources& sources);
  void add_loops(std::vector<Watchdog::Watched>& loops);

 private:
  explicit CdnSide(const World& world)
      : clock_(world.clock), certificates_(world.logger), signer_(world.clock) {}
  void note_places(const std::vector<CdnLocationOptions>& locations);
  void forget(const snapshots::cdn::Delta& delta, const snapshots::cdn::CdnSnapshot& next, Keep keep);

  const Clock& clock_;
  ViewerCertificates certificates_;
  ServiceSigner signer_;
  // Up to where invalidations count as done: a cache that began empty has nothing older.
  std::uint64_t purged_ = 0;
  std::string store_;
  bool begun_ = false;
  std::unique_ptr<engines::cdn::CdnEngine> engine_;
  std::vector<CdnPlace> places_;
  std::vector<net::Address> addresses_, tls_addresses_;
};

}  // namespace meridian::apps
