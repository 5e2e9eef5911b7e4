#include "apps/control/cdn_control.h"

namespace meridian::apps {

Result<void> CdnControl::start(compilers::cdn::StandIns stand_ins, ServiceAddresses addresses) {
  names_ = std::make_unique<ServiceZones>(store_, std::move(addresses), logger_);
  compilers::cdn::CdnSink& sink = *this;
  watcher_ = std::make_unique<compilers::cdn::CdnWatcher>(store_, sink, std::move(stand_ins), &secrets_,
                                                          logger_, metrics_);
  TRY(watcher_->start());
  TRY(names_->start());
  started_ = true;
  return {};
}

bool CdnControl::serves(std::string_view distribution_id, store::Revision revision) const {
  return started_ && watcher_->serves(distribution_id, revision);
}

}  // namespace meridian::apps
