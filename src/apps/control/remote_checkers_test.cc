#include "apps/control/remote_checkers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "apps/control/health_probes.h"
#include "engines/health/report_wire.h"
#include "net/virtual_loop.h"

namespace meridian::apps {
namespace {

using engines::health::Panel;
using engines::health::Report;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class RemoteCheckersTest : public testing::Test, public engines::health::PanelSink {
 protected:
  RemoteCheckersTest() {
    std::filesystem::remove_all(directory);
    EXPECT_TRUE(disk.make_directories(directory));
    start();
  }
  ~RemoteCheckersTest() override { std::filesystem::remove_all(directory); }
  // As a control does; what was before is gone but for its files.
  void start() {
    panel = std::make_unique<Panel>(loop, random, *this, std::vector<engines::health::Vantage>{});
    checkers = std::make_unique<RemoteCheckers>(*panel, loop, directory, world);
    checkers->expect();
    engines::health::CheckSettings settings;
    settings.target.endpoint = net::Address::parse("192.0.2.1:80").value();
    settings.interval = seconds(10);
    panel->set("a", settings, {});
    told.clear();
  }
  void says(const std::string& edge, bool healthy) {
    checkers->reported(edge, {{"a", write_report(Report{healthy, 0, {}, {}}, loop.clock().now())}});
    loop.run_posted();
  }
  void join(const std::string& edge) {
    ASSERT_TRUE(checkers->joined(edge, "eu-west-1"));
    loop.run_posted();
  }
  void found(const std::string& id, bool healthy) override { told.emplace_back(id, healthy); }

  net::VirtualLoop loop;
  RealDisk disk;
  SystemRandom random;
  Metrics metrics;
  Logger logger{loop.clock(), 2, LogFormat::Text, LogLevel::Error};
  World world{loop.clock(), random, disk, logger, metrics};
  std::string directory = testing::TempDir() + "meridian-checkers-" + std::to_string(getpid());
  std::vector<std::pair<std::string, bool>> told;
  std::unique_ptr<Panel> panel;
  std::unique_ptr<RemoteCheckers> checkers;
};

TEST_F(RemoteCheckersTest, WhatTheyReportCounts) {
  join("fra1");
  says("fra1", false);
  EXPECT_THAT(told, ElementsAre(Pair("a", false)));
  says("unknown", true);
  checkers->reported("fra1", {{"a", "?"}, {"unknown", "?"}});
  loop.run_posted();
  EXPECT_EQ(told.size(), 1u);
  EXPECT_THAT(metrics.prometheus_text(), testing::HasSubstr("meridian_health_reports_malformed_total 2"));
  EXPECT_THAT(metrics.prometheus_text(),
              testing::HasSubstr(R"(meridian_health_checker_counted{edge="fra1",region="eu-west-1"} 1)"));
}

TEST_F(RemoteCheckersTest, OneOfNoRegionOfAwsDoesNotCount) {
  EXPECT_FALSE(checkers->joined("fra1", "mars-1"));
  loop.run_posted();
  EXPECT_THAT(panel->checkers(), IsEmpty());
}

TEST_F(RemoteCheckersTest, AfterARestartTheOthersAreWaitedFor) {
  for (const char* edge : {"fra1", "sin1", "gone"}) join(edge);
  checkers->removed("gone");
  loop.run_posted();
  start();
  join("fra1");
  says("fra1", false);
  EXPECT_THAT(told, IsEmpty()) << "sin1 may say otherwise";
  loop.advance(engines::health::kCheckerLiveTime);
  EXPECT_THAT(told, ElementsAre(Pair("a", false)));
}

TEST_F(RemoteCheckersTest, ADamagedListKeepsNobodyFromCounting) {
  ASSERT_TRUE(disk.replace(directory + "/health-checkers", as_bytes("?")));
  start();
  join("fra1");
  says("fra1", true);
  EXPECT_THAT(told, ElementsAre(Pair("a", true)));
}

TEST_F(RemoteCheckersTest, ReportsThatCannotBeCountedInTimeAreDropped) {
  join("fra1");
  const std::vector<snapshots::feed::CheckBytes> many(1024, {"a", "?"});
  for (std::size_t i = 0; i <= kReportsWaitingMax / many.size(); ++i) checkers->reported("fra1", many);
  EXPECT_THAT(metrics.prometheus_text(), testing::HasSubstr("meridian_health_reports_dropped_total 1024"));
  loop.run_posted();
  says("fra1", false);
  EXPECT_THAT(told, ElementsAre(Pair("a", false)));
}

// The words of a command line, as values.
class ProbingWords : public testing::Test {
 protected:
  static Result<HealthProbing> of(std::vector<const char*> words) {
    words.insert(words.begin(), {"meridian", "control"});
    RealDisk disk;
    return health_probing(
        std::get<ServeOptions>(parse_command_line(static_cast<int>(words.size()), words.data())), disk);
  }
};

TEST_F(ProbingWords, ByDefaultAllRegionsProbeHereAndNothingIsDamped) {
  const HealthProbing probing = of({}).value();
  EXPECT_TRUE(probing.on);
  EXPECT_EQ(probing.here.size(), 8u);
  EXPECT_EQ(probing.checker_live_time, engines::health::kCheckerLiveTime);
  EXPECT_EQ(probing.steady.hold_time, Duration::zero());
  EXPECT_EQ(probing.steady.flaps_max, 0u);
  EXPECT_EQ(probing.steady.when_silent, engines::health::WhenSilent::Keep);
}

TEST_F(ProbingWords, SayWhichRegionsProbeHere) {
  EXPECT_THAT(of({"--check-from", "none"}).value().here, IsEmpty());
  const auto two = of({"--check-from", "eu-west-1,us-east-1"}).value().here;
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[1].region, "eu-west-1");
  EXPECT_FALSE(of({"--check-from", "mars-1"}));
  EXPECT_FALSE(of({"--no-health-probes"}).value().on);
}

TEST_F(ProbingWords, SayWhereNamesAreLookedUpAndMayLead) {
  const HealthProbing probing = of({"--health-resolver", "127.0.0.1:5353,192.0.2.53"}).value();
  ASSERT_EQ(probing.resolvers.size(), 2u);
  EXPECT_EQ(probing.resolvers[1].to_string(), "192.0.2.53:53");
  EXPECT_TRUE(probing.public_only);
  EXPECT_FALSE(of({"--private-health-checks"}).value().public_only);
  EXPECT_FALSE(of({"--health-resolver", "dns.example.com"}));
}

TEST_F(ProbingWords, SayWhatIsMadeOfWhatIsFound) {
  const auto probing = of({"--health-hold-time", "60", "--health-flaps-max", "3", "--health-flap-time", "120",
                           "--health-when-silent", "unhealthy", "--checker-live-time", "30"})
                           .value();
  EXPECT_EQ(probing.steady.hold_time, seconds(60));
  EXPECT_EQ(probing.steady.flaps_max, 3u);
  EXPECT_EQ(probing.steady.flap_time, seconds(120));
  EXPECT_EQ(probing.steady.when_silent, engines::health::WhenSilent::Unhealthy);
  EXPECT_EQ(probing.checker_live_time, seconds(30));
}

}  // namespace
}  // namespace meridian::apps
