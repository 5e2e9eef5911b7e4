// From CloudFront's resources to the CDN engine of this process: compiles, publishes, invalidates, and tells
// the service what is deployed; keeps the names of distributions in DNS.
#pragma once

#include <memory>

#include "apps/control/service_zones.h"
#include "base/metrics.h"
#include "compilers/cdn/watcher.h"
#include "engines/cdn/cdn_engine.h"
#include "services/cloudfront/service.h"

namespace meridian::apps {

class CdnControl final : public services::cloudfront::Deployments, private compilers::cdn::CdnSink {
 public:
  CdnControl(store::Store& store, engines::cdn::CdnEngine& engine, compilers::cdn::StandIns stand_ins,
             ServiceAddresses addresses, Logger& logger, Metrics& metrics);

  // Returns when everything there is now is published, and its names are in the store.
  Result<void> start();

  bool serves(std::string_view distribution_id, store::Revision revision) const override {
    return watcher_.serves(distribution_id, revision);
  }

 private:
  void publish(const snapshots::cdn::Delta& delta) override;
  std::uint64_t served_revision() const override { return engine_.served_revision(); }

  engines::cdn::CdnEngine& engine_;
  // Up to where invalidations count as done: a cache that began empty has nothing older.
  std::uint64_t purged_ = 0;
  bool begun_ = false;
  ServiceZones names_;
  compilers::cdn::CdnWatcher watcher_;  // the last: it publishes until it is gone
};

}  // namespace meridian::apps
