#include "snapshots/feed/health_log.h"

#include <gtest/gtest.h>

namespace meridian::snapshots::feed {
namespace {

using States = std::vector<health::HealthTable::Entry>;

TEST(HealthLog, TellsEveryCheckOnceInTheOrderOfTheNewestChanges) {
  HealthLog log;
  log.set("a", true);
  log.set("b", false);
  log.set("a", false);
  EXPECT_EQ(log.after(0, 10).states, (States{{"b", false}, {"a", false}}));
  EXPECT_EQ(log.after(0, 10).last, log.newest());
}

TEST(HealthLog, GoesOnWhereAPartEnded) {
  HealthLog log;
  for (const char* id : {"a", "b", "c"}) log.set(id, false);
  const auto first = log.after(0, 2);
  EXPECT_EQ(first.states, (States{{"a", false}, {"b", false}}));
  log.set("a", true);
  const auto rest = log.after(first.last, 10);
  EXPECT_EQ(rest.states, (States{{"c", false}, {"a", true}}));
  EXPECT_TRUE(log.after(rest.last, 10).states.empty());
  EXPECT_EQ(log.after(rest.last, 10).last, rest.last);
}

TEST(HealthLog, IsBounded) {
  HealthLog log(2);
  EXPECT_TRUE(log.set("a", false));
  EXPECT_TRUE(log.set("b", false));
  EXPECT_FALSE(log.set("one more", false));
  EXPECT_TRUE(log.set("a", true));
  EXPECT_EQ(log.after(0, 10).states, (States{{"b", false}, {"a", true}}));
}

}  // namespace
}  // namespace meridian::snapshots::feed
