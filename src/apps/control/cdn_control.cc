#include "apps/control/cdn_control.h"

namespace meridian::apps {

Result<void> CdnControl::start(compilers::cdn::StandIns stand_ins, ServiceAddresses addresses) {
  names_ = std::make_unique<ServiceZones>(store_, std::move(addresses), logger_);
  compilers::cdn::CdnSink& sink = *this;
  watcher_ =
      std::make_unique<compilers::cdn::CdnWatcher>(store_, sink, std::move(stand_ins), logger_, metrics_);
  TRY(watcher_->start());
  TRY(names_->start());
  started_ = true;
  return {};
}

bool CdnControl::serves(std::string_view distribution_id, store::Revision revision) const {
  return started_ && watcher_->serves(distribution_id, revision);
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
