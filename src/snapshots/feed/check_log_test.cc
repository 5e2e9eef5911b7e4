#include "snapshots/feed/check_log.h"

#include <gtest/gtest.h>

namespace meridian::snapshots::feed {
namespace {

using Told = std::vector<CheckBytes>;
constexpr std::size_t kAll = 1 << 20;

TEST(CheckLog, TellsACheckerWhatItsRegionProbes) {
  CheckLog log;
  log.set("a", {}, "1");
  log.set("b", {"us-east-1"}, "2");
  log.set("c", {"eu-west-1", "us-west-2"}, "3");
  const auto all = log.after(0, "eu-west-1", kAll);
  EXPECT_TRUE(all.begins);
  EXPECT_EQ(all.checks, (Told{{"a", "1"}, {"c", "3"}}));
  EXPECT_EQ(all.last, log.newest());
  EXPECT_TRUE(log.after(all.last, "eu-west-1", kAll).checks.empty());
}

TEST(CheckLog, TellsWhatChangedAndWhatIsGone) {
  CheckLog log;
  for (const char* id : {"a", "b", "c"}) log.set(id, {}, "1");
  const std::uint64_t then = log.newest();
  log.set("b", {"us-east-1"}, "2");
  EXPECT_TRUE(log.remove("a"));
  EXPECT_FALSE(log.remove("a"));
  EXPECT_FALSE(log.remove("unknown"));
  log.set("c", {}, "2");
  const auto news = log.after(then, "eu-west-1", kAll);
  EXPECT_FALSE(news.begins);
  EXPECT_EQ(news.checks, (Told{{"b", ""}, {"a", ""}, {"c", "2"}}));
  EXPECT_EQ(log.after(0, "eu-west-1", kAll).checks, (Told{{"c", "2"}}));
  log.set("a", {}, "3");
  EXPECT_EQ(log.after(news.last, "eu-west-1", kAll).checks, (Told{{"a", "3"}}));
}

TEST(CheckLog, GoesOnWhereAPartEnded) {
  CheckLog log;
  for (const char* id : {"a", "b", "c"}) log.set(id, {}, "12345");
  const auto first = log.after(0, "eu-west-1", 8);
  EXPECT_EQ(first.checks.size(), 2u);
  EXPECT_TRUE(first.begins);
  const auto rest = log.after(first.last, "eu-west-1", 8);
  EXPECT_FALSE(rest.begins);
  EXPECT_EQ(rest.checks, (Told{{"c", "12345"}}));
  EXPECT_EQ(rest.last, log.newest());
}

TEST(CheckLog, WhoMissedRemovalsThatAreNotKeptIsToldAllAnew) {
  CheckLog log(10, 2);
  for (const char* id : {"a", "b", "c", "d"}) log.set(id, {}, "1");
  const std::uint64_t then = log.newest();
  log.remove("a");
  const std::uint64_t later = log.newest();
  log.remove("b");
  EXPECT_FALSE(log.after(then, "", kAll).begins);
  log.remove("c");
  const auto anew = log.after(then, "", kAll);
  EXPECT_TRUE(anew.begins);
  EXPECT_EQ(anew.checks, (Told{{"d", "1"}}));
  EXPECT_FALSE(log.after(later, "", kAll).begins) << "it heard of the one that is forgotten";
}

TEST(CheckLog, IsBounded) {
  CheckLog log(2);
  EXPECT_TRUE(log.set("a", {}, "1"));
  EXPECT_TRUE(log.set("b", {}, "1"));
  EXPECT_FALSE(log.set("one more", {}, "1"));
  EXPECT_TRUE(log.set("a", {}, "2"));
  log.remove("a");
  EXPECT_TRUE(log.set("one more", {}, "1"));
}

}  // namespace
}  // namespace meridian::snapshots::feed
