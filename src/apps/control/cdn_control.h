// From CloudFront's resources to the CDN of this process: compiles, publishes, invalidates, and tells the
// service what is deployed; keeps the names of distributions in DNS.
#pragma once

#include <atomic>
#include <memory>

#include "apps/cdn_side.h"
#include "apps/control/service_zones.h"
#include "base/metrics.h"
#include "compilers/cdn/watcher.h"
#include "services/cloudfront/service.h"

namespace meridian::apps {

class CdnControl final : public services::cloudfront::Deployments, private compilers::cdn::CdnSink {
 public:
  CdnControl(store::Store& store, const store::objects::Secrets& secrets, CdnSide& cdn, Logger& logger,
             Metrics& metrics)
      : store_(store), secrets_(secrets), cdn_(cdn), logger_(logger), metrics_(metrics) {}

  // Returns when everything there is now is published, and its names are in the store. Once.
  Result<void> start(compilers::cdn::StandIns stand_ins, ServiceAddresses addresses);

  // False before the start. Thread-safe.
  bool serves(std::string_view distribution_id, store::Revision revision) const override;

 private:
  void publish(const snapshots::cdn::Delta& delta) override { cdn_.publish(delta); }
  std::uint64_t served_revision() const override { return cdn_.served_revision(); }

  store::Store& store_;
  const store::objects::Secrets& secrets_;
  CdnSide& cdn_;
  Logger& logger_;
  Metrics& metrics_;
  std::unique_ptr<ServiceZones> names_;
  std::unique_ptr<compilers::cdn::CdnWatcher> watcher_;
  std::atomic<bool> started_{false};
};

}  // namespace meridian::apps
