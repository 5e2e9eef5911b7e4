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
  EXPECT_TRUE(log.purged("/a", {}, old));
  EXPECT_FALSE(log.purged("/a", {}, newer));
  EXPECT_FALSE(log.purged("/b", {}, old));
  EXPECT_EQ(old, log.newest()) << "looked at once";
}

TEST(PurgeLog, AStarStandsForAnythingAndTagsForWhatHasThem) {
  PurgeLog log;
  const auto hits = [&log](const char* item, const char* uri, std::vector<std::string> tags = {}) {
    std::atomic<std::uint64_t> seen{log.newest()};
    log.purge(item);
    return log.purged(uri, tags, seen);
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
  EXPECT_FALSE(log.purged("/old", {}, after_both));
  std::atomic<std::uint64_t> between{1};
  EXPECT_TRUE(log.purged("/old", {}, between)) << "the newer of the two is still there";
  log.purge("/other");
  std::atomic<std::uint64_t> newer{2};
  EXPECT_FALSE(log.purged("/old", {}, newer));
}

TEST(PurgeLog, ANumberFromTheFutureCountsAsPurged) {
  PurgeLog log;
  log.purge("/x");
  std::atomic<std::uint64_t> ahead{7};
  EXPECT_TRUE(log.purged("/a", {}, ahead));
}

TEST(PurgeLog, WhatIsOlderThanTheLogCountsAsPurged) {
  PurgeLog log;
  std::atomic<std::uint64_t> old{0};
  for (std::size_t i = 0; i < kPurgeLinesMax; ++i) log.purge("/other");
  EXPECT_FALSE(log.purged("/a", {}, old));
  old = 0;
  log.purge("/other");
  EXPECT_TRUE(log.purged("/a", {}, old));
}

TEST(PurgeLog, ALineCountsTheCopiesThatItTook) {
  Counter taken;
  PurgeLog log("E1", &taken);
  log.purge("/img/*");
  log.purge("/a");
  log.purge("#red");
  EXPECT_TRUE(log.counts(9).empty());
  log.count_taken("/img/1", {}, 0);
  log.count_taken("/img/2", {"red"}, 0);  // the first line took it
  log.count_taken("/img/3", {"red"}, 1);  // it came after that one
  log.count_taken("/other", {}, 0);       // gone for another reason
  EXPECT_THAT(log.counts(9), ElementsAre(PurgeCount{3, "#red", 1}, PurgeCount{1, "/img/*", 2}));
  EXPECT_THAT(log.counts(1), ElementsAre(PurgeCount{3, "#red", 1}));
  EXPECT_EQ(taken.value(), 3u);
}

TEST(PurgeLog, LinesThatWereForgottenAreNotCounted) {
  PurgeLog log;
  log.purge("/old");
  log.count_taken("/old", {}, 0);
  for (std::size_t i = 0; i < kPurgeLinesMax; ++i) log.purge("/other");
  EXPECT_TRUE(log.counts(9).empty());
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
