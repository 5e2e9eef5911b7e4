// Edges that are checkers and the control that counts them, joined by the feed, in virtual time: from an
// endpoint that fails to what the panel says of its check.
#include <filesystem>

#include "apps/control/remote_checkers.h"
#include "apps/edge/edge_checker.h"
#include "engines/health/endpoint_loop.h"
#include "engines/health/report_wire.h"
#include "snapshots/feed/feed_fixture.h"

namespace meridian::apps {
namespace {

using engines::health::EndpointLoop;
using engines::health::kCheckerLiveTime;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class CheckersOverFeed : public snapshots::feed::Feed, public engines::health::PanelSink {
 protected:
  struct Site {
    EndpointLoop* probes;  // the checker's
    std::unique_ptr<EdgeChecker> checker;
    std::unique_ptr<snapshots::feed::Edge> edge;
  };

  CheckersOverFeed() {
    EXPECT_TRUE(disk.make_directories(directory));
    start_control();
    control->server->listen_to_checkers(remote);
    engines::health::CheckSettings settings;
    settings.target.endpoint = net::Address::parse("192.0.2.1:80").value();
    settings.interval = seconds(10);
    settings.failure_threshold = 1;
    panel.set("a", settings, {});
    control->server->set_check("a", {}, engines::health::write_settings(settings));
  }
  ~CheckersOverFeed() override { std::filesystem::remove_all(directory); }

  Site& add(const std::string& name, const std::string& region) {
    auto* const probes = new EndpointLoop;
    const World there{probes->clock(), system_random, disk, logger, metrics};
    Site site{probes,
              EdgeChecker::make(region, {net::Address()}, there, std::unique_ptr<net::Loop>(probes)).value(),
              std::make_unique<snapshots::feed::Edge>(loop, logger, name)};
    site.edge->checker = site.checker.get();
    site.edge->start();
    return *sites.emplace_back(std::make_unique<Site>(std::move(site)));
  }
  void pass(Duration time) {
    for (Duration passed{}; passed < time; passed += milliseconds(100)) {
      loop.advance(milliseconds(100));
      for (const auto& site : sites)
        if (site->checker) site->probes->advance(milliseconds(100));
    }
  }
  std::vector<std::pair<std::string, bool>> heard() { return std::exchange(told, {}); }
  void found(const std::string& id, bool healthy) override { told.emplace_back(id, healthy); }

  RealDisk disk;
  SystemRandom system_random;
  Metrics metrics;
  std::string directory = testing::TempDir() + "meridian-over-feed-" + std::to_string(getpid());
  std::vector<std::pair<std::string, bool>> told;
  engines::health::Panel panel{loop, system_random, *this, {}};
  RemoteCheckers remote{panel, loop, directory, World{loop.clock(), system_random, disk, logger, metrics}};
  std::vector<std::unique_ptr<Site>> sites;
};

TEST_F(CheckersOverFeed, AFailureCountsAMomentAfterTheProbe) {
  Site& one = add("one", "eu-west-1");
  pass(seconds(12));
  EXPECT_THAT(heard(), ElementsAre(Pair("a", true)));
  one.probes->manner = EndpointLoop::Manner::Refuses;
  const std::size_t probes = one.probes->asked.size();
  while (one.probes->asked.size() == probes) pass(milliseconds(100));
  pass(milliseconds(300));
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false)));
}

TEST_F(CheckersOverFeed, OneThatIsCutOffIsNotBelievedAndTellsItsNewsWhenItIsBack) {
  Site& cut = add("cut", "eu-west-1");
  Site& other = add("other", "us-east-1");
  other.probes->manner = EndpointLoop::Manner::Refuses;
  pass(seconds(12));
  EXPECT_THAT(heard(), ElementsAre(Pair("a", true))) << "one of two is enough";

  cut.edge->path->up = false;
  pass(kCheckerLiveTime - seconds(2));
  EXPECT_THAT(heard(), IsEmpty());
  pass(seconds(3));
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false)));
  const std::size_t probes = cut.probes->asked.size();
  pass(seconds(20));
  EXPECT_GT(cut.probes->asked.size(), probes) << "it probes on";

  cut.edge->path->up = true;
  pass(snapshots::feed::kReconnectMax + seconds(1));
  EXPECT_THAT(heard(), ElementsAre(Pair("a", true)));
}

TEST_F(CheckersOverFeed, OneThatDiesIsNotBelieved) {
  Site& killed = add("killed", "eu-west-1");
  add("other", "us-east-1").probes->manner = EndpointLoop::Manner::Refuses;
  pass(seconds(12));
  heard();
  killed.edge.reset();
  killed.checker.reset();
  pass(kCheckerLiveTime - seconds(2));
  EXPECT_THAT(heard(), IsEmpty());
  pass(seconds(3));
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false)));
}

TEST_F(CheckersOverFeed, WhatTheControlDeletesIsProbedNoMore) {
  Site& one = add("one", "eu-west-1");
  pass(seconds(12));
  control->server->remove_check("a");
  pass(seconds(1));
  const std::size_t probes = one.probes->asked.size();
  pass(seconds(30));
  EXPECT_EQ(one.probes->asked.size(), probes);
}

}  // namespace
}  // namespace meridian::apps
