#include "apps/control/cdn_control.h"

#include <fmt/format.h>

#include "apps/version.h"

namespace meridian::apps {
namespace {

constexpr const char* kCompiledWithKey = "cloudfront/served/compiled-with";

std::string describe(const std::optional<snapshots::cdn::OriginStandIn>& stand_in) {
  return stand_in ? fmt::format("{}:{}{}", stand_in->host, stand_in->port, stand_in->tls ? "/tls" : "") : "-";
}

// What edges hold of a revision may have been compiled otherwise; with a new revision they are told anew.
Result<void> note_how_it_is_compiled(store::Store& store, const compilers::cdn::StandIns& stand_ins) {
  const std::string now =
      fmt::format("{} {} {}", MERIDIAN_VERSION, describe(stand_ins.s3), describe(stand_ins.s3_website));
  const auto row = TRY(store.get(kCompiledWithKey));
  if (row && row->value == now) return {};
  TRY(store.commit({{}, {{kCompiledWithKey, now}}, {}}));
  return {};
}

}  // namespace

Result<void> CdnControl::start(compilers::cdn::StandIns stand_ins, ServiceAddresses addresses) {
  TRY(note_how_it_is_compiled(store_, stand_ins));
  names_ = std::make_unique<ServiceZones>(store_, std::move(addresses), logger_);
  watcher_ = std::make_unique<compilers::cdn::CdnWatcher>(store_, publisher_, std::move(stand_ins), &secrets_,
                                                          logger_, metrics_);
  TRY(watcher_->start());
  TRY(names_->start());
  started_ = true;
  return {};
}

void CdnControl::set_tiers(const snapshots::cdn::TierMap& map) {
  const std::string key(compilers::cdn::kTierMapKey), now = compilers::cdn::encode(map);
  const auto row = store_.get(key);
  if (row && *row && (*row)->value == now) return;
  if (const auto done = store_.commit({{}, {{key, now}}, {}}); !done)
    logger_.error("cdn", "edges do not learn of one another", {{"why", done.error().message}});
}

bool CdnControl::serves(std::string_view distribution_id, store::Revision revision) const {
  return started_ && watcher_->serves(distribution_id, revision);
}

}  // namespace meridian::apps
