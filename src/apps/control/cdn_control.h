// From CloudFront's resources to the CDN engine of this process: compiles, publishes, invalidates, and tells
// the service what is deployed; keeps the names of distributions in DNS.
#pragma once

#include <atomic>
#include <memory>

#include "apps/control/service_zones.h"
#include "base/metrics.h"
#include "compilers/cdn/watcher.h"
#include "engines/cdn/cdn_engine.h"
#include "services/cloudfront/service.h"

namespace meridian::apps {

class CdnControl final : public services::cloudfront::Deployments, private compilers::cdn::CdnSink {
 public:
  CdnControl(store::Store& store, engines::cdn::CdnEngine& engine, Logger& logger, Metrics& metrics)
      : store_(store), engine_(engine), logger_(logger), metrics_(metrics) {}

  // Returns when everything there is now is published, and its names are in the store. Once.
  Result<void> start(compilers::cdn::StandIns stand_ins, ServiceAddresses addresses);

  // False before the start. Thread-safe.
  bool serves(std::string_view distribution_id, store::Revision revision) const override;

 private:
  void publish(const snapshots::cdn::Delta& delta) override;
  std::uint64_t served_revision() const override { return engine_.served_revision(); }

  store::Store& store_;
  engines::cdn::CdnEngine& engine_;
  Logger& logger_;
  Metrics& metrics_;
  // Up to where invalidations count as done: a cache that began empty has nothing older.
  std::uint64_t purged_ = 0;
  bool begun_ = false;
  std::unique_ptr<ServiceZones> names_;
  std::unique_ptr<compilers::cdn::CdnWatcher> watcher_;
  std::atomic<bool> started_{false};
};

}  // namespace meridian::apps
