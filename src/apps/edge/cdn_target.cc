#include "apps/edge/cdn_target.h"

#include "base/log.h"

namespace meridian::apps {

Result<std::unique_ptr<CdnTarget>> CdnTarget::open(CdnSide& cdn, const std::string& data_dir,
                                                   const World& world) {
  std::unique_ptr<CdnTarget> target(new CdnTarget(cdn, data_dir, world));
  auto opened = TRY(snapshots::cdn::CdnDiskLog::open(world.disk, data_dir + "/cdn"));
  for (const std::string& warning : opened.warnings) world.logger.warn("cdn", warning);
  target->log_ = std::move(opened.log);
  target->store_ = opened.store;
  target->parts_ = std::move(opened.parts);
  cdn.belongs_to(opened.store);
  if (opened.snapshot->revision() != 0)
    cdn.publish(image_of(*opened.snapshot, opened.origin_keys, opened.tier_map));
  return target;
}

Result<void> CdnTarget::apply(const snapshots::StoreId& store, std::uint64_t from, std::uint64_t to,
                              std::string_view plain) {
  const auto delta = TRY(snapshots::cdn::decode(plain, parts_));
  if (delta.from != from || delta.to != to) return invalid("it is not the delta that its package says");
  const bool is_of_another_store = store != store_;
  store_ = store;
  cdn_.belongs_to(store);
  // Revisions of another store say nothing of what is kept here.
  cdn_.publish(delta, is_of_another_store ? CdnSide::Keep::Nothing : CdnSide::Keep::WhatIsNotInvalid);
  if (const auto kept = log_->append(store, delta, cdn_.engine().latest()); !kept)
    world_.logger.error("cdn", "distributions are not on disk; a restart would begin with older ones",
                        {{"why", kept.error().message}});
  return {};
}

}  // namespace meridian::apps
