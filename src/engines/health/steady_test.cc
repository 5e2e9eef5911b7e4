#include "engines/health/steady.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/virtual_loop.h"

namespace meridian::engines::health {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

using Told = std::vector<std::pair<std::string, bool>>;

class Steady : public testing::Test {
 protected:
  void make(const SteadyOptions& options) {
    steadier = std::make_unique<Steadier>(
        loop, options, [this](const std::string& id, bool healthy) { told.emplace_back(id, healthy); });
  }
  Told heard() { return std::exchange(told, {}); }

  net::VirtualLoop loop;
  Told told;
  std::unique_ptr<Steadier> steadier;
};

TEST_F(Steady, UnlessAskedForEverythingCountsAtOnce) {
  make({});
  Told all;
  for (int i = 0; i < 100; ++i) {
    steadier->found("a", i % 2 == 0);
    all.emplace_back("a", i % 2 == 0);
  }
  steadier->silent("a");
  EXPECT_EQ(heard(), all);
  EXPECT_EQ(loop.timers(), 0u);
}

TEST_F(Steady, AChangeIsHeldForItsTimeAndThenTheNewestCounts) {
  make({.hold_time = seconds(60)});
  steadier->found("a", true);
  EXPECT_THAT(heard(), ElementsAre(Pair("a", true))) << "the first that is known";
  loop.advance(seconds(100));
  steadier->found("a", false);
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false)));
  loop.advance(seconds(20));
  steadier->found("a", true);
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_EQ(steadier->state("a").held_until, loop.clock().now() + seconds(40));
  loop.advance(seconds(39));
  EXPECT_THAT(heard(), IsEmpty());
  loop.advance(seconds(1));
  EXPECT_THAT(heard(), ElementsAre(Pair("a", true)));
  // What came and went meanwhile is no change.
  steadier->found("a", false);
  steadier->found("a", true);
  loop.advance(seconds(200));
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_FALSE(steadier->state("a").held_until);
}

TEST_F(Steady, ACheckThatFlapsIsUnhealthyUntilItIsQuiet) {
  make({.flaps_max = 3, .flap_time = minutes(5)});
  steadier->found("a", true);
  for (const bool healthy : {false, true, false}) {
    loop.advance(seconds(30));
    steadier->found("a", healthy);
  }
  EXPECT_EQ(heard().size(), 4u);
  loop.advance(seconds(30));
  steadier->found("a", true);
  EXPECT_THAT(heard(), IsEmpty()) << "the fourth change in five minutes";
  EXPECT_TRUE(steadier->state("a").damped);
  EXPECT_EQ(steadier->state("a").found, true);
  loop.advance(minutes(4));
  steadier->found("a", false);
  steadier->found("a", true);
  loop.advance(minutes(5) - seconds(1));
  EXPECT_THAT(heard(), IsEmpty());
  loop.advance(seconds(1));
  EXPECT_THAT(heard(), ElementsAre(Pair("a", true)));
  EXPECT_FALSE(steadier->state("a").damped);
  steadier->found("a", false);
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false))) << "and is counted anew";
}

TEST_F(Steady, ChangesFarApartAreNoFlapping) {
  make({.flaps_max = 1, .flap_time = minutes(5)});
  for (int i = 0; i < 20; ++i) {
    steadier->found("a", i % 2 == 0);
    loop.advance(minutes(5));
  }
  EXPECT_EQ(heard().size(), 20u);
}

TEST_F(Steady, ACheckWithoutCheckersIsWhatWasChosen) {
  make({.when_silent = WhenSilent::Healthy});
  steadier->found("a", false);
  steadier->silent("a");
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false), Pair("a", true)));
  EXPECT_TRUE(steadier->state("a").silent);
  steadier->found("a", false);
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false)));

  make({.when_silent = WhenSilent::Unhealthy});
  steadier->silent("new");
  EXPECT_THAT(heard(), ElementsAre(Pair("new", false)));
}

TEST_F(Steady, WhatIsRemovedIsForgotten) {
  make({.hold_time = seconds(60), .flaps_max = 1});
  for (const bool healthy : {true, false, true, false}) steadier->found("a", healthy);
  heard();
  steadier->remove("a");
  steadier->remove("unknown");
  EXPECT_EQ(loop.timers(), 0u);
  loop.advance(minutes(10));
  EXPECT_THAT(heard(), IsEmpty());
  steadier->found("a", false);
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false)));
}

}  // namespace
}  // namespace meridian::engines::health
