#include "engines/cdn/purge_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meridian::engines::cdn {
namespace {

using testing::ElementsAre;

TEST(PurgeLog, LinesAreAboutWhatWasThereBeforeThem) {
  PurgeLog log;
  std::atomic<std::uint64_t> old{log.newest()};
  log.purge("/a");
  std::atomic<std::uint64_t> newer{log.newest()};
  EXPECT_TRUE(log.purged("/a", {}, old).gone());
  EXPECT_FALSE(log.purged("/a", {}, newer).at_all());
  EXPECT_FALSE(log.purged("/b", {}, old).at_all());
  EXPECT_EQ(old, log.newest()) << "looked at once";
}

TEST(PurgeLog, AStarStandsForAnythingAndTagsForWhatHasThem) {
  PurgeLog log;
  const auto hits = [&log](const char* item, const char* uri, std::vector<std::string> tags = {}) {
    std::atomic<std::uint64_t> seen{log.newest()};
    log.purge(item);
    return log.purged(uri, tags, seen).gone();
  };
  EXPECT_TRUE(hits("/*", "/"));
  EXPECT_TRUE(hits("/img/a*", "/img/abc?x=1"));
  EXPECT_FALSE(hits("/img/a*", "/img/b"));
  EXPECT_FALSE(hits("/IMG", "/img"));
  EXPECT_FALSE(hits("/a", "/a?x=1"));
  EXPECT_TRUE(hits("#Red", "/", {"blue", "red"}));
  EXPECT_FALSE(hits("#re", "/", {"red"}));
}

TEST(PurgeLog, LinesThatWereForgottenHitNothingNewer) {
  PurgeLog log;
  log.purge("/old*");
  log.purge("/old*");
  std::atomic<std::uint64_t> after_both{log.newest()};
  for (std::size_t i = 0; i < kPurgeLinesMax - 1; ++i) log.purge("/other" + std::to_string(i));
  EXPECT_FALSE(log.purged("/old", {}, after_both).gone());
  std::atomic<std::uint64_t> between{1};
  EXPECT_TRUE(log.purged("/old", {}, between).gone()) << "the newer of the two is still there";
  log.purge("/other");
  std::atomic<std::uint64_t> newer{2};
  EXPECT_FALSE(log.purged("/old", {}, newer).gone());
}

TEST(PurgeLog, ANumberFromTheFutureCountsAsPurged) {
  PurgeLog log;
  log.purge("/x");
  std::atomic<std::uint64_t> ahead{7};
  EXPECT_TRUE(log.purged("/a", {}, ahead).gone());
}

TEST(PurgeLog, WhatIsOlderThanTheLogCountsAsPurged) {
  PurgeLog log;
  std::atomic<std::uint64_t> old{0};
  for (std::size_t i = 0; i < kPurgeLinesMax; ++i) log.purge("/other");
  EXPECT_FALSE(log.purged("/a", {}, old).gone());
  old = 0;
  log.purge("/other");
  EXPECT_TRUE(log.purged("/a", {}, old).gone());
}

TEST(PurgeLog, ALineCountsTheCopiesThatItTook) {
  Counter taken;
  PurgeLog log("E1", &taken);
  log.purge("/img/*");
  log.purge("/a");
  log.purge("#red");
  EXPECT_TRUE(log.counts(9).empty());
  const auto take = [&log](const char* uri, std::vector<std::string> tags, std::uint64_t as_old_as) {
    std::atomic<std::uint64_t> seen{as_old_as};
    log.count(log.purged(uri, tags, seen));
  };
  take("/img/1", {}, 0);
  take("/img/2", {"red"}, 0);  // the first line took it
  take("/img/3", {"red"}, 1);  // it came after that one
  take("/other", {}, 0);       // gone for another reason
  EXPECT_THAT(log.counts(9), ElementsAre(PurgeCount{3, "#red", 1}, PurgeCount{1, "/img/*", 2}));
  EXPECT_THAT(log.counts(1), ElementsAre(PurgeCount{3, "#red", 1}));
  EXPECT_EQ(taken.value(), 3u);
}

TEST(PurgeLog, LinesThatWereForgottenAreNotCounted) {
  PurgeLog log;
  log.purge("/old");
  std::atomic<std::uint64_t> seen{0};
  const Purged purged = log.purged("/old", {}, seen);
  log.count(purged);
  for (std::size_t i = 0; i < kPurgeLinesMax; ++i) log.purge("/other");
  EXPECT_TRUE(log.counts(9).empty());
  log.count(purged);
  EXPECT_TRUE(log.counts(9).empty());
}

TEST(PurgeLog, ASoftLineMakesStaleUntilWhatItHitIsRenewed) {
  constexpr std::chrono::sys_seconds kFirst(std::chrono::seconds(100)), kSecond(std::chrono::seconds(200));
  PurgeLog log;
  std::atomic<std::uint64_t> old{log.newest()};
  log.purge("/a", kFirst);
  log.purge("/a*", kSecond);
  log.purge("/b");
  for (int i = 0; i < 2; ++i) {
    const Purged purged = log.purged("/a", {}, old);
    EXPECT_EQ(purged.how, Purged::How::Stale);
    EXPECT_EQ(purged.since, kFirst) << "the first of the two";
    EXPECT_EQ(purged.line, 1u);
  }
  EXPECT_EQ(log.item(1), "/a");
  std::atomic<std::uint64_t> renewed{log.newest()};
  EXPECT_FALSE(log.purged("/a", {}, renewed).at_all());
  std::atomic<std::uint64_t> other{0};
  EXPECT_TRUE(log.purged("/b", {}, other).gone());
}

TEST(PurgeLog, AHardLineWinsOverSoftOnesWhicheverCameFirst) {
  constexpr std::chrono::sys_seconds kThen(std::chrono::seconds(100));
  PurgeLog log;
  std::atomic<std::uint64_t> old{log.newest()};
  log.purge("#red", kThen);
  log.purge("/a");
  log.purge("/a", kThen);
  const Purged purged = log.purged("/a", {"red"}, old);
  EXPECT_TRUE(purged.gone());
  EXPECT_EQ(purged.line, 2u);
  std::atomic<std::uint64_t> between{2};
  EXPECT_EQ(log.purged("/a", {"red"}, between).how, Purged::How::Stale);
}

TEST(PurgeLog, WhatASoftLineHitIsGoneWithTheLine) {
  PurgeLog log;
  std::atomic<std::uint64_t> old{log.newest()};
  log.purge("/a", std::chrono::sys_seconds());
  for (std::size_t i = 0; i < kPurgeLinesMax; ++i) log.purge("/other", std::chrono::sys_seconds());
  EXPECT_TRUE(log.purged("/a", {}, old).gone()) << "nobody knows any more since when it was stale";
}

TEST(PurgeLogs, EachDistributionHasOne) {
  PurgeLogs logs;
  logs.of("E1")->purge("/*");
  EXPECT_EQ(logs.of("E1")->newest(), 1u);
  EXPECT_EQ(logs.of("E2")->newest(), 0u);
}

TEST(Tags, AreSeparatedByCommasAndBounded) {
  EXPECT_THAT(read_tags(" Red, blue ,,green"), ElementsAre("red", "blue", "green"));
  EXPECT_THAT(read_tags(std::string(kTagBytesMax + 1, 'x') + ",a"), ElementsAre("a"));
  std::string many;
  for (int i = 0; i < 100; ++i) many += "t" + std::to_string(i) + ",";
  EXPECT_EQ(read_tags(many).size(), kTagsMax);
}

}  // namespace
}  // namespace meridian::engines::cdn
