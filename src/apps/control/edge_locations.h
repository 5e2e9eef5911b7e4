// Where edges are: which edge locations names of distributions lead to, and which edges ask one another: this
// process's own, and those of edges that are connected or were until --edge-live-time ago. On the feed's
// loop.
//
// Rules: what edges said last is on disk, so that a control that starts again knows of edges that have not
// come back yet; when no edge is left, names go on leading to all that there were: an answer that may be dead
// beats none.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/control/service_zones.h"
#include "apps/world.h"
#include "net/loop.h"
#include "snapshots/cdn/tier_map.h"
#include "snapshots/feed/server.h"

namespace meridian::apps {

ServedLocation located(const snapshots::feed::ServedAt& at);

class EdgeLocations final : public snapshots::feed::LocationListener {
 public:
  using Publish = std::function<void(std::vector<ServedLocation>)>;
  using PublishTiers = std::function<void(snapshots::cdn::TierMap)>;

  // What the directory has of `edges`, all of them expected to come back. `own` are those of this process.
  static Result<std::unique_ptr<EdgeLocations>> open(const World& world, net::Loop& loop,
                                                     std::string directory,
                                                     const std::vector<std::string>& edges,
                                                     Duration live_time, std::vector<ServedLocation> own);

  std::vector<ServedLocation> now() const;
  // Those that are there, for one another: who is asked, and who may ask.
  snapshots::cdn::TierMap tiers() const;
  // Tells of what changes from now on. Before the loop runs, or on its thread.
  void start(Publish publish, PublishTiers publish_tiers = nullptr);

  void located(const std::string& edge, const std::vector<snapshots::feed::ServedAt>& locations,
               const std::string& tier_address) override;
  void lost(const std::string& edge) override;
  void removed(const std::string& edge) override;

 private:
  struct Edge {
    std::vector<snapshots::feed::ServedAt> locations;
    std::string tier_address;
    std::optional<MonotonicTime> lost_at;  // nothing: it is connected
  };
  EdgeLocations(const World& world, net::Loop& loop, std::string directory, Duration live_time,
                std::vector<ServedLocation> own)
      : world_(world),
        loop_(loop),
        directory_(std::move(directory)),
        live_time_(live_time),
        own_(std::move(own)) {}
  bool is_live(const Edge& edge) const;
  void tell();
  void look_again();
  void keep(const std::string& name, const Edge& edge);

  World world_;
  net::Loop& loop_;
  const std::string directory_;
  const Duration live_time_;
  const std::vector<ServedLocation> own_;
  std::map<std::string, Edge> edges_;
  Publish publish_;
  PublishTiers publish_tiers_;
  std::unique_ptr<net::Timer> timer_;
};

}  // namespace meridian::apps
