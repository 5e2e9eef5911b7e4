#include "snapshots/feed/canary_gate.h"

#include <gtest/gtest.h>

namespace meridian::snapshots::feed {
namespace {

using std::chrono::seconds;

class CanaryGateTest : public testing::Test {
 protected:
  CanaryGateTest() {
    connect("canary");
    publish(5);
    acknowledge(5);
    EXPECT_TRUE(advance().released);
  }
  void connect(const std::string& name) { table.connected(name, "0.1.0", "192.0.2.1:7", clock); }
  void publish(std::uint64_t revision) {
    newest = revision;
    table.published(revision, clock.monotonic());
    gate.given("canary", revision);
    advance();
  }
  void acknowledge(std::uint64_t revision) {
    EXPECT_TRUE(table.acknowledged("canary", revision, clock.monotonic()));
  }
  CanaryGate::Step advance(Duration time = {}) {
    clock.advance(time);
    return gate.advance(newest, table, clock.monotonic());
  }
  std::uint64_t limit() { return gate.limit("other"); }

  ManualClock clock{SystemTime(seconds(784111777))};
  EdgeTable table{seconds(10), 5};
  CanaryGate gate{{{"canary"}, {}}};
  std::uint64_t newest = 0;
};

TEST_F(CanaryGateTest, OthersGetWhatTheCanaryServes) {
  publish(6);
  EXPECT_EQ(limit(), 5u);
  EXPECT_GT(gate.limit("canary"), 6u);
  acknowledge(6);
  EXPECT_TRUE(advance().released);
  EXPECT_EQ(limit(), 6u);
}

TEST_F(CanaryGateTest, ALostCanaryThatTookNothingIsWaitedForAsLongAsAnyEdge) {
  table.disconnected("canary");
  newest = 6;
  EXPECT_FALSE(advance(seconds(9)).released);
  EXPECT_TRUE(advance(seconds(1)).released);
  EXPECT_EQ(limit(), 6u);
}

TEST_F(CanaryGateTest, WhatALostCanaryTookWaitsLongerButNotForEver) {
  publish(6);
  table.disconnected("canary");
  EXPECT_FALSE(advance(kCanaryWaitMax - seconds(1)).released);
  const auto step = advance(seconds(1));
  EXPECT_TRUE(step.released);
  EXPECT_TRUE(step.overdue);
  EXPECT_EQ(limit(), 6u);
}

TEST_F(CanaryGateTest, WhatItDiedOfGoesOnOnlyWithWhatTakesItBack) {
  publish(6);
  table.disconnected("canary");
  gate.crashed(6, 6, 8);
  connect("canary");
  acknowledge(6);
  EXPECT_FALSE(advance(kCanaryWaitMax * 2).released);
  publish(7);
  acknowledge(7);
  EXPECT_FALSE(advance().released);
  newest = 8;
  table.published(8, clock.monotonic());
  EXPECT_EQ(advance().forget_before, 8u);
  EXPECT_EQ(limit(), 5u);
  acknowledge(8);
  EXPECT_TRUE(advance().released);
  EXPECT_EQ(limit(), 8u);
}

TEST_F(CanaryGateTest, TheCureOfWhatAllHaveGoesToAllAtOnce) {
  gate.crashed(5, 5, 6);
  publish(6);
  EXPECT_EQ(limit(), 6u);
  EXPECT_EQ(advance().forget_before, 0u);
}

TEST_F(CanaryGateTest, SoaksFromWhenItIsServedAndAgainWhenTheCanaryWasGone) {
  gate = CanaryGate{{{"canary"}, seconds(5)}};
  publish(6);
  acknowledge(6);
  EXPECT_FALSE(advance().released);
  EXPECT_FALSE(advance(seconds(4)).released);
  table.disconnected("canary");
  EXPECT_FALSE(advance(seconds(4)).released);
  connect("canary");
  acknowledge(6);
  EXPECT_FALSE(advance().released);
  publish(7);  // belongs to the next batch
  EXPECT_TRUE(advance(seconds(5)).released);
  EXPECT_EQ(limit(), 6u);
}

TEST(CanaryGate, WithoutCanariesNobodyWaits) {
  CanaryGate gate{{}};
  EXPECT_FALSE(gate.on());
  EXPECT_GT(gate.limit("any"), 1'000'000u);
}

}  // namespace
}  // namespace meridian::snapshots::feed
