#include "apps/edge/edge_checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/health/endpoint_loop.h"
#include "engines/health/report_wire.h"

namespace meridian::apps {
namespace {

using engines::health::CheckSettings;
using engines::health::EndpointLoop;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class EdgeCheckerTest : public testing::Test {
 protected:
  EdgeCheckerTest() {
    checker =
        EdgeChecker::make("eu-west-1", {net::Address()}, world, std::unique_ptr<net::Loop>(loop)).value();
  }
  static std::string tcp(const std::string& endpoint) {
    CheckSettings settings;
    settings.target.endpoint = net::Address::parse(endpoint).value();
    settings.interval = seconds(10);
    settings.failure_threshold = 1;
    return engines::health::write_settings(settings);
  }
  // What the control is told, once each check was probed again.
  std::map<std::string, engines::health::Report> next() {
    loop->advance(seconds(11));
    std::map<std::string, engines::health::Report> reports;
    for (const auto& [id, bytes] : checker->take_reports(100))
      reports[id] = engines::health::read_report(as_bytes(bytes), loop->clock().now()).value();
    return reports;
  }

  EndpointLoop* const loop = new EndpointLoop;  // the checker's
  RealDisk disk;
  SystemRandom random;
  Metrics metrics;
  Logger logger{loop->clock(), 2, LogFormat::Text, LogLevel::Error};
  World world{loop->clock(), random, disk, logger, metrics};
  std::unique_ptr<EdgeChecker> checker;
};

TEST_F(EdgeCheckerTest, ProbesWhatItIsToldAndSaysWhatItFinds) {
  checker->set_check("a", tcp("192.0.2.1:80"));
  checker->set_check("b", tcp("127.0.0.1:80"));
  loop->refused.insert("127.0.53.4");  // eu-west-1's, at loopback endpoints
  const auto found = next();
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found.at("a").mind, true);
  EXPECT_EQ(found.at("a").last->endpoint.to_string(), "192.0.2.1");
  EXPECT_EQ(found.at("b").mind, false);
  EXPECT_THAT(found.at("b").last_failure->verdict.reason, HasSubstr("refused"));
  EXPECT_EQ(checker->checks(), 2u);
}

TEST_F(EdgeCheckerTest, NobodyNeedsToTakeItsReports) {
  checker->set_check("a", tcp("192.0.2.1:80"));
  loop->advance(seconds(600));
  EXPECT_GT(loop->asked.size(), 50u) << "it probes on";
  EXPECT_THAT(checker->take_reports(100), SizeIs(1)) << "the newest counts";
  EXPECT_THAT(checker->take_reports(100), IsEmpty());
  checker->repeat_reports();
  EXPECT_THAT(checker->take_reports(100), SizeIs(1));
}

TEST_F(EdgeCheckerTest, ToldTheSameAgainItGoesOnAsItWas) {
  checker->set_check("a", tcp("192.0.2.1:80"));
  next();
  loop->asked.clear();
  for (int i = 0; i < 10; ++i) {
    checker->set_check("a", tcp("192.0.2.1:80"));
    checker->forget_checks_but({"a"});
    loop->advance(seconds(1));
  }
  EXPECT_THAT(loop->asked, SizeIs(1)) << "once an interval";
}

TEST_F(EdgeCheckerTest, WhatIsGoneIsProbedNoMore) {
  for (const char* id : {"a", "b", "c"}) checker->set_check(id, tcp("192.0.2.1:80"));
  next();
  checker->remove_check("a");
  checker->forget_checks_but({"c"});
  const auto found = next();
  EXPECT_THAT(found, SizeIs(1));
  EXPECT_TRUE(found.contains("c"));
  EXPECT_EQ(checker->checks(), 1u);
}

TEST_F(EdgeCheckerTest, WhatItCannotReadItSaysItCannotProbe) {
  checker->set_check("a", tcp("192.0.2.1:80"));
  next();
  checker->set_check("a", "settings of a later version");
  loop->asked.clear();
  const auto found = next();
  EXPECT_EQ(found.at("a"), engines::health::Report{});
  EXPECT_THAT(loop->asked, IsEmpty());
}

TEST(EdgeCheckerRegion, IsOneOfAws) {
  ManualClock clock{SystemTime{}};
  RealDisk disk;
  SystemRandom random;
  Metrics metrics;
  Logger logger{clock, 2, LogFormat::Text, LogLevel::Error};
  const auto made =
      EdgeChecker::make("mars-1", {net::Address()}, World{clock, random, disk, logger, metrics});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("eu-west-1"));
}

}  // namespace
}  // namespace meridian::apps
