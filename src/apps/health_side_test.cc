#include "apps/health_side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "apps/control/health_control.h"
#include "store/memory/memory_store.h"

namespace meridian::apps {
namespace {

using testing::HasSubstr;

class HealthSideTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(directory);
    ASSERT_TRUE(disk.make_directories(directory));
    open();
  }
  void TearDown() override { std::filesystem::remove_all(directory); }
  void open() { side = std::make_unique<HealthSide>(directory, world); }
  bool healthy(const std::string& id) { return side->table()->healthy(side->table()->slot_of(id)); }

  RealDisk disk;
  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  SystemRandom random;
  Metrics metrics;
  Logger logger{clock, STDERR_FILENO, LogFormat::Text, LogLevel::Error};
  World world{clock, random, disk, logger, metrics};
  std::string directory = testing::TempDir() + "meridian-health-" + std::to_string(getpid());
  std::unique_ptr<HealthSide> side;
};

TEST_F(HealthSideTest, WhatWasKnownLastIsKnownAfterARestart) {
  side->set("a", false);
  side->set("b", false);
  side->set("b", true);
  EXPECT_FALSE(healthy("a"));
  side->save();
  open();
  EXPECT_FALSE(healthy("a"));
  EXPECT_TRUE(healthy("b"));
}

TEST_F(HealthSideTest, WhatNobodyKnowsOfAnyMoreIsHealthy) {
  for (const char* id : {"a", "b", "c"}) side->set(id, false);
  side->forget_but({"b"});
  EXPECT_TRUE(healthy("a"));
  EXPECT_FALSE(healthy("b"));
  EXPECT_EQ(side->counts().healthy, 2u);
  EXPECT_EQ(side->counts().unhealthy, 1u);
}

TEST_F(HealthSideTest, ADamagedFileDoesNotKeepDnsFromAnswering) {
  ASSERT_TRUE(disk.replace(directory + "/health", as_bytes("?")));
  open();
  EXPECT_TRUE(healthy("a"));
  side->set("a", false);
  side->save();
  open();
  EXPECT_FALSE(healthy("a"));
}

TEST_F(HealthSideTest, IsShownToOperators) {
  side->set("a", false);
  side->table()->slot_of("b");
  EXPECT_EQ(side->describe(Output::Json),
            "{\"health_checks\":[{\"id\":\"a\",\"healthy\":false},{\"id\":\"b\",\"healthy\":true}]}\n");
  EXPECT_THAT(side->describe(Output::Table), HasSubstr("unhealthy\n"));
  const std::string text = metrics.prometheus_text();
  EXPECT_THAT(text, HasSubstr("meridian_health_checks{state=\"unhealthy\"} 1"));
  EXPECT_THAT(text, HasSubstr("meridian_health_check_status{id=\"a\"} 0"));
}

TEST_F(HealthSideTest, OnlySoManyChecksHaveAMetric) {
  for (std::size_t i = 0; i < kHealthMetricsMax + 5; ++i)
    side->table()->slot_of("check-" + std::to_string(i));
  const std::string text = metrics.prometheus_text();
  EXPECT_THAT(text, HasSubstr("check-999\""));
  EXPECT_THAT(text, testing::Not(HasSubstr("check-1000\"")));
}

class HealthControlTest : public HealthSideTest {
 protected:
  void SetUp() override {
    HealthSideTest::SetUp();
    store::Transaction checks;
    for (const auto& [id, config] : std::map<std::string, services::route53::HealthCheckConfig>{
             {"a", {}},
             {"sum",
              {.type = services::route53::HealthCheckType::Calculated,
              .child_health_checks = {"a"},
              .health_threshold = 1}}})
      checks.puts.push_back({services::route53::health_check_key(id),
                             services::route53::encode(
                                 services::route53::HealthCheckResource{id, "123456789012", id, 1, config}),
                             0});
    ASSERT_TRUE(store.commit(checks));
    start();
  }
  void start() {
    control.reset();
    open();
    control =
        std::make_unique<HealthControl>(store, *side, nullptr, nullptr, directory, HealthProbing{.on = false}, world);
    ASSERT_TRUE(control->start());
  }
  ErrorCode refusal(const std::string& id, const std::string& finding) {
    return control->say(id, finding).error().code;
  }

  store::MemoryStore store{clock, store::Delivery::Pumped};
  std::unique_ptr<HealthControl> control;
};

TEST_F(HealthControlTest, WhatIsSaidCountsAtOnceAndAfterARestart) {
  ASSERT_TRUE(control->say("a", R"({"healthy": false})"));
  for (int restarts = 0; restarts < 2; ++restarts, start()) {
    EXPECT_FALSE(healthy("a"));
    EXPECT_FALSE(healthy("sum"));
  }
  ASSERT_TRUE(control->take_back("a"));
  for (int restarts = 0; restarts < 2; ++restarts, start()) EXPECT_TRUE(healthy("sum"));
  EXPECT_EQ(control->counts().healthy, 2u);
}

TEST_F(HealthControlTest, OtherWordsAreRefused) {
  EXPECT_EQ(refusal("none", R"({"healthy": false})"), ErrorCode::NotFound);
  EXPECT_EQ(refusal("sum", R"({"healthy": false})"), ErrorCode::Conflict);
  for (const char* finding : {"", "false", R"({"healthy": "no"})", R"({"healthy": false, "why": 1})", "{}"})
    EXPECT_EQ(refusal("a", finding), ErrorCode::Invalid) << finding;
}

TEST_F(HealthControlTest, AnUnknownCheckThatWasUnhealthyIsForgotten) {
  side->set("deleted", false);
  side->save();
  start();
  EXPECT_TRUE(healthy("deleted"));
}

TEST_F(HealthControlTest, IsShownToOperators) {
  ASSERT_TRUE(control->say("a", R"({"healthy": false})"));
  EXPECT_EQ(
      control->describe(Output::Json),
      R"({"health_checks":[{"id":"a","type":"HTTP","healthy":false,"found_healthy":null,)"
      R"("override_healthy":false,"inverted":false,"disabled":false,"flaps":false,"held":false,"silent":false},{"id":"sum","type":"CALCULATED","healthy":false,)"
      R"("found_healthy":null,"override_healthy":null,"inverted":false,"disabled":false,"flaps":false,"held":false,"silent":false}]})"
      "\n");
  EXPECT_THAT(control->describe(Output::Table),
              testing::ContainsRegex("\na +HTTP +unhealthy +- +unhealthy\n"));
}

}  // namespace
}  // namespace meridian::apps
