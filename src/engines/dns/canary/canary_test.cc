#include "engines/dns/canary/canary.h"

#include <gtest/gtest.h>


#include "engines/dns/canary/examine.h"
#include "snapshots/dns/test_zone.h"

namespace meridian::engines::dns {
namespace {

using snapshots::dns::address;
using snapshots::dns::Delta;
using snapshots::dns::DnsSnapshot;
using snapshots::dns::RecordSet;
using snapshots::dns::soa;
using snapshots::dns::wire;
using snapshots::dns::ZoneChange;

Delta zone(std::uint64_t from, std::uint64_t to, std::string_view apex) {
  return {from, to, {{ZoneChange::Kind::Replace, "Z" + std::string(apex), wire(apex), {soa(apex)}, {}}}};
}
Delta put(std::uint64_t from, std::uint64_t to, std::string_view apex, const RecordSet& set) {
  return {from, to, {{ZoneChange::Kind::Edit, "Z" + std::string(apex), wire(apex), {set}, {}}}};
}

// A publisher with a real canary, whose core dies of certain names (tests/guard/crash_hook.cc).
class CanaryTest : public testing::Test {
 protected:
  Result<void> publish(const Delta& delta) {
    auto next = apply(*served, delta);
    if (!next) return std::unexpected(next.error());
    if (auto examined = canary.examine(delta); !examined) return examined;
    served = *std::move(next);
    canary.keep();
    return {};
  }
  double started() {
    return static_cast<double>(metrics.counter("meridian_dns_canary_starts_total", "").value());
  }

  RealClock clock;
  SeededRandom random{1};
  Logger logger{clock, 2, LogFormat::Text, LogLevel::Error};
  Metrics metrics;
  std::unique_ptr<const DnsSnapshot> served = DnsSnapshot::empty(random);
  Canary canary{MERIDIAN_CANARY_PROGRAM, [this] { return encode_image(*served); }, clock, logger, metrics};
};

TEST_F(CanaryTest, LetsGoodDeltasThroughOneAfterTheOther) {
  canary.start();
  ASSERT_TRUE(publish(zone(0, 1, "a.test.")));
  ASSERT_TRUE(publish(put(1, 2, "a.test.", address("www.a.test."))));
  ASSERT_TRUE(publish(put(2, 3, "a.test.", address("ftp.a.test."))));
  EXPECT_EQ(started(), 1);
}

TEST_F(CanaryTest, RefusesWhatKillsItAndSaysWhatItWasAsked) {
  ASSERT_TRUE(publish(zone(0, 1, "a.test.")));
  auto refused = publish(put(1, 2, "a.test.", address("crash-test-hook.a.test.")));
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().retry);
  EXPECT_NE(refused.error().message.find("signal 6"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find("crash-test-hook.a.test. A"), std::string::npos)
      << refused.error().message;
}

TEST_F(CanaryTest, AFreshOneGoesOnFromWhatIsServed) {
  ASSERT_TRUE(publish(zone(0, 1, "a.test.")));
  for (std::uint64_t revision = 2; revision < 6; ++revision) {
    EXPECT_FALSE(publish(put(revision - 1, revision, "a.test.", address("crash-test-hook.a.test."))));
    EXPECT_TRUE(publish(put(revision - 1, revision, "a.test.", address("www.a.test."))));
  }
  EXPECT_EQ(started(), 1) << "the keeper forks, it is not started again";
}

TEST_F(CanaryTest, WhatWasExaminedAndNotPublishedLeavesNothing) {
  ASSERT_TRUE(publish(zone(0, 1, "a.test.")));
  EXPECT_TRUE(canary.examine(put(1, 2, "a.test.", address("one.a.test."))));
  EXPECT_TRUE(canary.examine(put(1, 2, "a.test.", address("two.a.test."))));
  EXPECT_TRUE(publish(put(1, 3, "a.test.", address("three.a.test."))));
}

TEST_F(CanaryTest, ACanaryThatLostTrackStartsAgainFromWhatIsServed) {
  ASSERT_TRUE(publish(zone(0, 1, "a.test.")));
  served = apply(*served, put(1, 2, "a.test.", address("www.a.test."))).value();
  EXPECT_TRUE(publish(put(2, 3, "a.test.", address("ftp.a.test."))));
  EXPECT_EQ(started(), 2);
}

TEST_F(CanaryTest, WithoutAProgramNothingIsLetThroughAndNobodyIsBlamed) {
  Canary none(
      "/does/not/exist", [] { return std::string(); }, clock, logger, metrics);
  auto refused = none.examine(zone(0, 1, "a.test."));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().retry);
}

class ExamineTest : public testing::Test {
 protected:
  std::size_t questions(const Delta& delta) {
    served = apply(*served, delta).value();
    return examine(*served, delta, random, note).value();
  }
  SeededRandom random{1};
  ExaminerNote note;
  std::unique_ptr<const DnsSnapshot> served = DnsSnapshot::empty(random);
};

TEST_F(ExamineTest, AsksEveryTouchedSetInSeveralWaysAndNothingOfOthers) {
  questions(zone(0, 1, "a.test."));
  const std::size_t one = questions(put(1, 2, "a.test.", address("www.a.test.")));
  EXPECT_GE(one, 6u);
  EXPECT_LE(one, 12u);
  Delta removal{2, 3, {{ZoneChange::Kind::Edit, "Za.test.", wire("a.test."), {}, {}}}};
  removal.zones[0].removes.push_back({wire("www.a.test."), snapshots::dns::Type::A, ""});
  EXPECT_EQ(questions(removal), one);
}

TEST_F(ExamineTest, ALargeDeltaGetsOneQuestionASet) {
  Delta large = zone(0, 1, "a.test.");
  for (std::size_t i = 0; i < kFullPanelSetsMax; ++i)
    large.zones[0].puts.push_back(address("h" + std::to_string(i) + ".a.test."));
  EXPECT_LT(questions(large), kFullPanelSetsMax + 20);
  EXPECT_GT(questions(large), kFullPanelSetsMax);
}

TEST_F(ExamineTest, TheRootAndTheLongestNamesAreAsked) {
  EXPECT_GT(questions(zone(0, 1, ".")), 0u);
  std::string longest;
  for (int i = 0; i < 4; ++i) longest += std::string(i == 3 ? 61 : 63, 'x') + ".";
  EXPECT_GT(questions(put(1, 2, ".", address(longest))), 0u);
}

TEST_F(ExamineTest, TheNoteOfADeadProcessIsReadWhateverItHolds) {
  for (int i = 0; i < 1000; ++i) {
    ExaminerNote wild;
    random.fill({reinterpret_cast<std::uint8_t*>(&wild), sizeof wild});
    EXPECT_FALSE(describe(wild).empty());
  }
}

}  // namespace
}  // namespace meridian::engines::dns
