#include <gtest/gtest.h>

#include "engines/health/quorum.h"
#include "engines/health/streak.h"

namespace meridian::engines::health {
namespace {

TEST(Streak, ThresholdsCountBothWays) {
  Streak streak(3);
  EXPECT_FALSE(streak.healthy());
  EXPECT_TRUE(streak.add(true));
  EXPECT_FALSE(streak.add(false) || streak.add(false));
  EXPECT_EQ(streak.healthy(), true);
  EXPECT_TRUE(streak.add(false));
  EXPECT_EQ(streak.healthy(), false);
  EXPECT_FALSE(streak.add(true) || streak.add(true));
  EXPECT_FALSE(streak.add(false)) << "the row is broken";
  EXPECT_FALSE(streak.add(true) || streak.add(true));
  EXPECT_TRUE(streak.add(true));
  EXPECT_EQ(streak.healthy(), true);
}

TEST(Streak, AThresholdOfOneFollowsEveryProbe) {
  Streak streak(1);
  EXPECT_TRUE(streak.add(false));
  EXPECT_FALSE(streak.add(false));
  EXPECT_TRUE(streak.add(true));
  EXPECT_TRUE(streak.add(false));
}

TEST(Quorum, IsMoreThanEighteenPercent) {
  EXPECT_EQ(quorum(18, 100), false);
  EXPECT_EQ(quorum(19, 100), true);
  EXPECT_EQ(quorum(1, 8), false);
  EXPECT_EQ(quorum(2, 8), true);
  EXPECT_EQ(quorum(0, 3), false);
  EXPECT_EQ(quorum(1, 3), true);
  EXPECT_EQ(quorum(0, 0), std::nullopt);
}

TEST(Quorum, IsKnownEarlyWhenTheSilentCannotChangeIt) {
  EXPECT_EQ(early_quorum(0, 6, 2), std::nullopt);
  EXPECT_EQ(early_quorum(0, 7, 1), false);
  EXPECT_EQ(early_quorum(1, 0, 7), std::nullopt);
  EXPECT_EQ(early_quorum(2, 0, 6), true);
  EXPECT_EQ(early_quorum(1, 7, 0), false);
  EXPECT_EQ(early_quorum(0, 0, 0), std::nullopt);
}

}  // namespace
}  // namespace meridian::engines::health
