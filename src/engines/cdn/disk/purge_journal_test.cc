#include "engines/cdn/disk/purge_journal.h"

#include <gtest/gtest.h>

#include "base/fake_disk.h"

namespace meridian::engines::cdn::disk {
namespace {

class PurgeJournalTest : public testing::Test {
 protected:
  struct Life {
    PurgeLogs logs;
    std::unique_ptr<PurgeJournal> journal;
  };
  std::unique_ptr<Life> start() {
    auto life = std::make_unique<Life>();
    life->journal = PurgeJournal::open(disk, "d/purges", life->logs);
    begun = life->journal->has_begun();
    EXPECT_TRUE(life->journal->begin());
    return life;
  }
  static bool hits(PurgeLogs& logs, const char* uri, std::uint64_t seen) {
    std::atomic<std::uint64_t> saw{seen};
    return logs.of("E1")->purged(uri, {"red"}, saw).gone();
  }
  FakeDisk disk;
  bool begun = false;
};

TEST_F(PurgeJournalTest, LinesCountAfterARestartUnderTheirNumbers) {
  {
    const auto life = start();
    EXPECT_FALSE(begun);
    EXPECT_TRUE(life->journal->purge("E1", "/a"));
    EXPECT_TRUE(life->journal->purge("E1", "/b*"));
    EXPECT_TRUE(life->journal->purge("E2", "#red"));
    EXPECT_TRUE(life->journal->told(77));
    EXPECT_TRUE(hits(life->logs, "/a", 0));
  }
  for (int restart = 0; restart < 3; ++restart) {
    const auto life = start();
    EXPECT_TRUE(begun);
    EXPECT_EQ(life->journal->revision(), 77u);
    EXPECT_EQ(life->logs.of("E1")->newest(), 2u);
    EXPECT_TRUE(hits(life->logs, "/a", 0));
    EXPECT_FALSE(hits(life->logs, "/a", 1));
    EXPECT_TRUE(hits(life->logs, "/bc", 1));
    EXPECT_EQ(life->logs.of("E2")->newest(), 1u);
  }
}

TEST_F(PurgeJournalTest, SoftLinesAreSoftAfterARestart) {
  constexpr std::chrono::sys_seconds kThen(std::chrono::seconds(1'800'000'000));
  {
    const auto life = start();
    EXPECT_TRUE(life->journal->purge("E1", "/a*", kThen));
    EXPECT_TRUE(life->journal->purge("E1", "/abc"));
    EXPECT_TRUE(life->journal->told(7));
  }
  for (int restart = 0; restart < 3; ++restart) {
    const auto life = start();
    EXPECT_TRUE(begun);
    std::atomic<std::uint64_t> saw{0};
    const Purged purged = life->logs.of("E1")->purged("/ab", {}, saw);
    EXPECT_EQ(purged.how, Purged::How::Stale);
    EXPECT_EQ(purged.since, kThen);
    EXPECT_TRUE(hits(life->logs, "/abc", 0));
  }
}

TEST_F(PurgeJournalTest, WhatWasForgottenStaysForgotten) {
  {
    const auto life = start();
    for (std::size_t i = 0; i < kPurgeLinesMax + 5; ++i) EXPECT_TRUE(life->journal->purge("E1", "/x"));
  }
  const auto life = start();
  EXPECT_TRUE(hits(life->logs, "/other", 4));
  EXPECT_FALSE(hits(life->logs, "/other", 5));
}

TEST_F(PurgeJournalTest, AnyDamageIsNoBeginning) {
  {
    const auto life = start();
    EXPECT_TRUE(life->journal->purge("E1", "/a"));
    EXPECT_TRUE(life->journal->told(1));
  }
  const std::string whole = disk.file("d/purges");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    disk.file("d/purges") = whole.substr(0, size);
    const auto life = start();
    // Whole entries alone are a journal that was cut between two: the revision that follows tells.
    if (begun) {
      EXPECT_FALSE(life->journal->revision().has_value()) << size;
    } else {
      EXPECT_EQ(life->logs.of("E1")->newest(), 0u);
    }
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    disk.file("d/purges") = whole;
    disk.file("d/purges")[at] ^= 1;
    (void)start();
    EXPECT_FALSE(begun) << at;
  }
}

TEST_F(PurgeJournalTest, AFailedWriteLeavesNoJournal) {
  {
    const auto life = start();
    disk.full = true;
    EXPECT_FALSE(life->journal->purge("E1", "/a"));
    EXPECT_TRUE(hits(life->logs, "/a", 0)) << "it counts while we run";
    disk.full = false;
    EXPECT_FALSE(life->journal->purge("E1", "/b"));
  }
  (void)start();
  EXPECT_FALSE(begun);
}

}  // namespace
}  // namespace meridian::engines::cdn::disk
