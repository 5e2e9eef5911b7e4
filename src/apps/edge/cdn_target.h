// Where an edge's feed of distributions ends: deltas are decoded, checked, kept on disk and served, or
// refused whole and kept for inspection.
#pragma once

#include <memory>
#include <string>

#include "apps/cdn_side.h"
#include "apps/edge/refused_packages.h"
#include "snapshots/cdn/disk_log.h"
#include "snapshots/feed/client.h"

namespace meridian::apps {

class CdnTarget final : public snapshots::feed::FeedTarget {
 public:
  // Serves what the disk has, in DATA_DIR/cdn. `cdn` outlives it.
  static Result<std::unique_ptr<CdnTarget>> open(CdnSide& cdn, const std::string& data_dir,
                                                 const World& world);

  snapshots::feed::Position holds() const override { return {store_, cdn_.engine().latest().revision()}; }
  Result<void> apply(const snapshots::StoreId& store, std::uint64_t from, std::uint64_t to,
                     std::string_view plain) override;
  std::uint64_t served_revision() const override { return cdn_.served_revision(); }
  void keep_refused(std::uint64_t from, std::uint64_t to, std::string_view bytes,
                    std::string_view why) override {
    refused_.keep(from, to, bytes, why);
  }
  // Of health, load and deaths the edge speaks where it follows DNS.
  void set_health(const std::string&, bool) override {}
  void forget_health_but(const std::set<std::string>&) override {}
  snapshots::feed::Load load() override { return {}; }
  snapshots::feed::Crash crash() const override { return {}; }
  void crash_was_heard() override {}

 private:
  CdnTarget(CdnSide& cdn, const std::string& data_dir, const World& world)
      : cdn_(cdn), world_(world), refused_(world, data_dir + "/cdn/refused") {}

  CdnSide& cdn_;
  World world_;
  RefusedPackages refused_;
  std::unique_ptr<snapshots::cdn::CdnDiskLog> log_;
  snapshots::StoreId store_;
  snapshots::cdn::SharedParts parts_;
};

}  // namespace meridian::apps
