// The CDN in a server's process: the engine with its sockets and certificate, and how what the compiler makes
// reaches it. No control-plane code, so that an edge may link it when the feed carries distributions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/server_certificate.h"
#include "apps/watchdog.h"
#include "apps/world.h"
#include "engines/cdn/cdn_engine.h"

namespace meridian::apps {

class CdnSide {
 public:
  // Listens and answers; what nobody has published yet is refused as CloudFront refuses strangers.
  // `resolvers` look up the names of origins; `signer` may be null, and outlives this.
  static Result<std::unique_ptr<CdnSide>> start(const CdnOptions& options, const std::string& data_dir,
                                                std::vector<net::Address> resolvers,
                                                const engines::cdn::OriginSigner* signer, const World& world);

  engines::cdn::CdnEngine& engine() { return *engine_; }
  const std::vector<net::Address>& addresses() const { return addresses_; }
  const std::vector<net::Address>& tls_addresses() const { return tls_addresses_; }
  void add_loops(std::vector<Watchdog::Watched>& loops);

 private:
  CdnSide() = default;

  std::unique_ptr<ServerCertificate> certificate_;  // null: no HTTPS
  std::unique_ptr<engines::cdn::CdnEngine> engine_;
  std::vector<net::Address> addresses_, tls_addresses_;
};

}  // namespace meridian::apps
