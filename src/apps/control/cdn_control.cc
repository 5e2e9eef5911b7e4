#include "apps/control/cdn_control.h"

namespace meridian::apps {

CdnControl::CdnControl(store::Store& store, engines::cdn::CdnEngine& engine,
                       compilers::cdn::StandIns stand_ins, ServiceAddresses addresses, Logger& logger,
                       Metrics& metrics)
    : engine_(engine),
      names_(store, std::move(addresses), logger),
      watcher_(store, *this, std::move(stand_ins), logger, metrics) {}

Result<void> CdnControl::start() {
  TRY(watcher_.start());
  return names_.start();
}

void CdnControl::publish(const snapshots::cdn::Delta& delta) {
  if (!std::exchange(begun_, true)) purged_ = delta.to;
  for (const snapshots::cdn::Invalidation& invalidation : delta.invalidations)
    if (invalidation.revision > purged_)
      for (const std::string& path : invalidation.paths) engine_.purge(invalidation.distribution_id, path);
  purged_ = delta.to;
  const snapshots::cdn::CdnSnapshot nothing;
  const auto& before = delta.whole ? nothing : engine_.latest();
  engine_.publish(before.next(delta.to, delta.puts, delta.removes));
}

}  // namespace meridian::apps
