#include "engines/health/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engines/health/endpoint_loop.h"

namespace meridian::engines::health {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class CheckerTest : public testing::Test, protected CheckObserver {
 protected:
  static CheckSettings tcp(Duration interval = seconds(10), unsigned threshold = 3) {
    return {{net::Address::parse("192.0.2.1:80").value(), std::nullopt, ""}, interval, threshold};
  }
  void probed(const std::string& id, const ProbeResult&, const Streak& streak) override {
    ++probes[id];
    if (std::exchange(minds[id], streak.healthy()) != streak.healthy())
      changes.emplace_back(id, *streak.healthy());
  }

  EndpointLoop loop;
  SeededRandom random{5};
  Checker checker{loop, random, *this, 50};
  std::map<std::string, int> probes;
  std::map<std::string, std::optional<bool>> minds;
  std::vector<std::pair<std::string, bool>> changes;
};

TEST_F(CheckerTest, AFailureCountsAfterItsThresholdAndSoDoesRecovery) {
  checker.set("a", tcp());
  loop.advance(seconds(11));
  EXPECT_THAT(changes, ElementsAre(Pair("a", true)));
  changes.clear();
  loop.manner = EndpointLoop::Manner::Refuses;
  loop.advance(milliseconds(20'000));
  EXPECT_THAT(changes, IsEmpty());
  loop.advance(milliseconds(10'100));
  EXPECT_THAT(changes, ElementsAre(Pair("a", false)));
  loop.manner = EndpointLoop::Manner::Accepts;
  loop.advance(seconds(31));
  EXPECT_THAT(changes, ElementsAre(Pair("a", false), Pair("a", true)));
}

TEST_F(CheckerTest, ProbesAreSpreadInTimeFromTheFirstOn) {
  for (int i = 0; i < 1000; ++i) checker.set(std::to_string(i), tcp());
  loop.advance(seconds(100));
  std::map<std::int64_t, int> begun;  // by second
  for (const auto& [when, address] : loop.asked)
    ++begun[std::chrono::duration_cast<seconds>(when.time_since_epoch()).count()];
  ASSERT_GE(begun.size(), 100u);
  for (const auto& [second, count] : begun) EXPECT_LT(count, 150) << "100 a second on average";
  for (const auto& [id, count] : probes)
    EXPECT_THAT(count, testing::AllOf(testing::Ge(9), testing::Le(11))) << id;
}

TEST_F(CheckerTest, AnIntervalBeginsWithAResult) {
  loop.connects_in = seconds(3);
  checker.set("a", tcp());
  loop.advance(seconds(60));
  ASSERT_GE(loop.asked.size(), 4u);
  for (std::size_t i = 1; i < loop.asked.size(); ++i)
    EXPECT_EQ(loop.asked[i].first - loop.asked[i - 1].first, seconds(13));
}

TEST_F(CheckerTest, HangingEndpointsDoNotTakeMoreSocketsThanThereAre) {
  loop.manner = EndpointLoop::Manner::Hangs;
  for (int i = 0; i < 200; ++i) checker.set(std::to_string(i), tcp());
  loop.advance(seconds(100));
  EXPECT_EQ(loop.sockets_most, 50);
  EXPECT_EQ(probes.size(), 200u) << "each in its turn";
  loop.manner = EndpointLoop::Manner::Accepts;
  loop.advance(seconds(20));
  EXPECT_EQ(checker.waiting(), 0u);
}

TEST_F(CheckerTest, ARemovedCheckIsHeardNoMoreAndFreesItsSocket) {
  loop.manner = EndpointLoop::Manner::Hangs;
  for (int i = 0; i < 60; ++i) checker.set(std::to_string(i), tcp());
  loop.advance(seconds(10));
  EXPECT_EQ(checker.probing(), 50u);
  EXPECT_EQ(checker.waiting(), 10u);
  for (int i = 0; i < 60; ++i) checker.remove(std::to_string(i));
  checker.remove("unknown");
  EXPECT_EQ(loop.sockets, 0);
  EXPECT_EQ(loop.timers(), 0u);
  EXPECT_EQ(checker.probing() + checker.waiting() + checker.checks(), 0u);
}

TEST_F(CheckerTest, NewSettingsCountFromTheNextProbeAndKeepWhatWasFound) {
  checker.set("a", tcp());
  loop.advance(seconds(11));
  CheckSettings moved = tcp(seconds(10), 1);
  moved.target.endpoint = net::Address::parse("192.0.2.2:81").value();
  checker.set("a", moved);
  changes.clear();
  loop.advance(seconds(10));
  EXPECT_EQ(loop.asked.back().second, moved.target.endpoint);
  EXPECT_THAT(changes, IsEmpty());
  loop.manner = EndpointLoop::Manner::Refuses;
  loop.advance(seconds(11));
  EXPECT_THAT(changes, ElementsAre(Pair("a", false))) << "the new threshold";
}

}  // namespace
}  // namespace meridian::engines::health
