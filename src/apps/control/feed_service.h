// The feed to edges in a control's process: its loop, its authority, its server, and how it is shown.
#pragma once

#include <memory>
#include <string>

#include "apps/command_line.h"
#include "apps/control/edge_locations.h"
#include "apps/control/edge_registry.h"
#include "apps/dns_side.h"
#include "apps/loop_thread.h"
#include "engines/health/panel.h"

namespace meridian::apps {

class FeedService {
 public:
  // `newest` is what there is; edges that are enrolled are expected from now on.
  static Result<std::unique_ptr<FeedService>> open(const FeedOptions& options, const std::string& data_dir,
                                                   const snapshots::feed::Position& newest,
                                                   snapshots::feed::ImageSource& images, const World& world);
  ~FeedService() { stop(); }

  snapshots::feed::FeedServer& server() { return *server_; }
  net::Loop& loop() { return thread_.loop(); }
  // Once everything is compiled: before, an edge could be ahead of its control.
  Result<net::Address> listen(const std::string& address);
  // The feed of distributions, with images from there; before listen().
  snapshots::feed::FeedServer& serve_distributions(const snapshots::StoreId& store,
                                                   snapshots::feed::ImageSource& images);
  // Where edges serve, as they say; after serve_distributions(), before listen().
  Result<std::unique_ptr<EdgeLocations>> locate_edges(std::vector<ServedLocation> own);
  // That of distributions; after serve_distributions().
  snapshots::feed::FeedServer& distributions() { return *cdn_server_; }
  void stop() { thread_.stop(); }
  std::string describe(Output output, const std::vector<engines::health::CheckerState>& checkers) const;

 private:
  FeedService(const World& world, std::string directory, std::unique_ptr<EdgeRegistry> registry)
      : world_(world),
        directory_(std::move(directory)),
        registry_(std::move(registry)),
        thread_(net::make_loop(), "feed") {}

  World world_;
  const std::string directory_;
  std::unique_ptr<EdgeRegistry> registry_;
  LoopThread thread_;
  Duration edge_live_time_{};
  std::unique_ptr<snapshots::feed::FeedServer> server_, cdn_server_;
};

// What `meridian edges` shows.
std::string describe_edges(const std::vector<snapshots::feed::EdgeState>& edges,
                           const std::vector<engines::health::CheckerState>& checkers, std::uint64_t newest,
                           const Clock& clock, Output output);

}  // namespace meridian::apps
