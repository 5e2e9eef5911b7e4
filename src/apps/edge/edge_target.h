// Where an edge's feed ends: deltas are decoded, applied, tried by the canary and published, or refused whole
// and kept for inspection.
#pragma once

#include <string>

#include "apps/dns_side.h"
#include "apps/edge/refused_packages.h"
#include "snapshots/feed/client.h"

namespace meridian::apps {

class EdgeTarget final : public snapshots::feed::FeedTarget {
 public:
  EdgeTarget(DnsSide& dns, const std::string& data_dir, const World& world);

  snapshots::feed::Position holds() const override;
  Result<void> apply(const snapshots::StoreId& store, std::uint64_t from, std::uint64_t to,
                     std::string_view plain) override;
  std::uint64_t served_revision() const override { return dns_.service().served_revision(); }
  void keep_refused(std::uint64_t from, std::uint64_t to, std::string_view bytes,
                    std::string_view why) override {
    refused_.keep(from, to, bytes, why);
  }
  void set_health(const std::string& id, bool healthy) override { dns_.health().set(id, healthy); }
  void forget_health_but(const std::set<std::string>& ids) override { dns_.health().forget_but(ids); }
  snapshots::feed::Load load() override;
  snapshots::feed::Crash crash() const override { return crash_; }
  void crash_was_heard() override;

 private:
  DnsSide& dns_;
  World world_;
  RefusedPackages refused_;
  std::string crash_path_;
  snapshots::feed::Crash crash_;
  MonotonicTime loaded_{};  // when load() was last asked
  std::uint64_t queries_ = 0;
  Duration processor_time_{};
};

}  // namespace meridian::apps
