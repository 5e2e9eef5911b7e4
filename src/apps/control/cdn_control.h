// From CloudFront's resources to the CDN of this process and of edges: compiles, publishes, invalidates,
// and tells the service what is deployed; keeps the names of distributions in DNS.
#pragma once

#include <atomic>
#include <memory>

#include "apps/control/cdn_publisher.h"
#include "apps/control/service_zones.h"
#include "base/metrics.h"
#include "compilers/cdn/watcher.h"
#include "services/cloudfront/service.h"

namespace meridian::apps {

class CdnControl final : public services::cloudfront::Deployments {
 public:
  // `here` may be null: only edges serve.
  CdnControl(store::Store& store, const store::objects::Secrets& secrets, CdnSide* here, Logger& logger,
             Metrics& metrics)
      : store_(store), secrets_(secrets), publisher_(here), logger_(logger), metrics_(metrics) {}

  // Where edges are told, and their images are made; before start().
  CdnPublisher& publisher() { return publisher_; }

  // Returns when everything there is now is published, and its names are in the store. Once.
  Result<void> start(compilers::cdn::StandIns stand_ins, ServiceAddresses addresses);

  // Names of distributions lead to these from now on. Thread-safe; after start().
  void set_locations(std::vector<ServedLocation> locations) { names_->set_locations(std::move(locations)); }
  // Edges ask one another by this map from now on. Thread-safe; after start().
  void set_tiers(const snapshots::cdn::TierMap& map);
  // False before the start. Thread-safe.
  bool serves(std::string_view distribution_id, store::Revision revision) const override;

 private:
  store::Store& store_;
  const store::objects::Secrets& secrets_;
  CdnPublisher publisher_;
  Logger& logger_;
  Metrics& metrics_;
  std::unique_ptr<ServiceZones> names_;
  std::unique_ptr<compilers::cdn::CdnWatcher> watcher_;
  std::atomic<bool> started_{false};
};

}  // namespace meridian::apps
