// Checkers in other processes, beside those here: who counts, and from when to when.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/health/endpoint_loop.h"
#include "engines/health/panel.h"

namespace meridian::engines::health {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

using Told = std::vector<std::pair<std::string, bool>>;

class RemoteCheckers : public testing::Test, protected PanelSink {
 protected:
  static CheckSettings tcp() {
    return {{net::Address::parse("192.0.2.1:80").value(), std::nullopt}, seconds(10), 1};
  }
  void found(const std::string& id, bool healthy) override { told.emplace_back(id, healthy); }
  void silent(const std::string& id) override { fell_silent.push_back(id); }
  void says(const std::string& checker, bool healthy, const std::string& id = "a") {
    Report report{healthy, 0, {}, {}};
    report.last = Observation{"", {}, {}, {healthy, healthy ? "good" : "bad"}, loop.clock().now()};
    if (!healthy) report.last_failure = report.last;
    panel.report(checker, id, report);
  }
  void join(std::initializer_list<const char*> names) {
    for (const char* name : names) EXPECT_TRUE(panel.join(name, "eu-west-1"));
  }
  Told heard() { return std::exchange(told, {}); }

  EndpointLoop loop;
  SeededRandom random{5};
  Told told;
  std::vector<std::string> fell_silent;
  Panel panel{loop, random, *this, {}};
};

TEST_F(RemoteCheckers, AloneDecideByTheSameRule) {
  join({"one", "two", "three", "four", "five", "six"});
  panel.set("a", tcp(), {});
  EXPECT_THAT(heard(), IsEmpty());
  for (const char* name : {"one", "two", "three", "four"}) says(name, false);
  EXPECT_THAT(heard(), IsEmpty()) << "two are silent, and more than 18 % of six";
  says("five", false);
  says("six", true);
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false))) << "one of six is 17 %";
  says("one", true);
  EXPECT_THAT(heard(), ElementsAre(Pair("a", true)));
}

TEST_F(RemoteCheckers, CountBesideThoseHere) {
  Panel both(loop, random, *this, {vantages().front()});
  both.set("a", tcp(), {});
  loop.advance(seconds(11));
  EXPECT_THAT(heard(), ElementsAre(Pair("a", true)));
  for (const char* name : {"one", "two", "three", "four", "five"}) {
    both.join(name, "eu-west-1");
    both.report(name, "a", Report{false, 0, {}, {}});
  }
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false))) << "one of six";
  EXPECT_THAT(both.opinions("a"), SizeIs(6));
}

TEST_F(RemoteCheckers, OnlyThoseOfItsRegionsProbeACheck) {
  panel.join("one", "eu-west-1");
  panel.join("two", "us-east-1");
  panel.set("a", tcp(), {"us-east-1"});
  says("one", false);
  EXPECT_THAT(heard(), IsEmpty());
  says("two", true);
  EXPECT_THAT(heard(), ElementsAre(Pair("a", true)));
  ASSERT_THAT(panel.observations("a"), SizeIs(1));
  EXPECT_EQ(panel.observations("a")[0].region, "us-east-1");
  panel.set("a", tcp(), {"eu-west-1"});
  EXPECT_THAT(panel.observations("a"), IsEmpty());
  says("one", false);
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false)));
}

TEST_F(RemoteCheckers, OneThatIsCutOffIsBelievedForAWhileAndThenNot) {
  join({"one", "two"});
  panel.set("a", tcp(), {});
  says("one", true);
  says("two", false);
  heard();
  panel.lose("one", seconds(5));
  loop.advance(kCheckerLiveTime - seconds(5) - std::chrono::milliseconds(1));
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_TRUE(panel.checkers()[0].counted);
  loop.advance(std::chrono::milliseconds(1));
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false))) << "the other one is believed";
  EXPECT_FALSE(panel.checkers()[0].counted);
  EXPECT_THAT(panel.observations("a"), SizeIs(1));
  says("one", true);
  EXPECT_THAT(heard(), IsEmpty()) << "it is not back";
}

TEST_F(RemoteCheckers, OneThatComesBackInTimeWasNeverAway) {
  join({"one", "two"});
  panel.set("a", tcp(), {});
  says("one", true);
  says("two", false);
  heard();
  panel.lose("one", {});
  loop.advance(seconds(10));
  join({"one"});
  loop.advance(seconds(30));
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_THAT(panel.checkers(), SizeIs(2));
}

TEST_F(RemoteCheckers, WhenAllAreGoneTheLastStatusStays) {
  join({"one"});
  panel.set("a", tcp(), {});
  says("one", false);
  heard();
  panel.lose("one", {});
  loop.advance(std::chrono::minutes(10));
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_THAT(panel.observations("a"), IsEmpty());
  EXPECT_THAT(fell_silent, ElementsAre("a"));
  join({"one"});
  says("one", false);
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false))) << "it is said again, as there was nobody to say so";
}

TEST_F(RemoteCheckers, ACheckOfWhichThereIsNoCheckerIsSilentAtOnce) {
  join({"one"});
  panel.set("a", tcp(), {"us-east-1"});
  EXPECT_THAT(fell_silent, ElementsAre("a"));
  panel.set("a", tcp(), {"us-east-1"});
  EXPECT_THAT(fell_silent, ElementsAre("a"));
  panel.expect("two", "us-east-1");
  panel.set("b", tcp(), {"us-east-1"});
  EXPECT_THAT(fell_silent, ElementsAre("a")) << "two may be back";
  loop.advance(kCheckerLiveTime);
  EXPECT_THAT(fell_silent, ElementsAre("a", "b"));
}

// A control that starts again must not go by the first that returns.
TEST_F(RemoteCheckers, ThoseThatWereThereBeforeAreWaitedFor) {
  for (const char* name : {"one", "two", "three"}) panel.expect(name, "eu-west-1");
  panel.set("a", tcp(), {});
  join({"one"});
  says("one", false);
  EXPECT_THAT(heard(), IsEmpty());
  join({"two"});
  says("two", false);
  EXPECT_THAT(heard(), IsEmpty());
  loop.advance(kCheckerLiveTime);
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false))) << "the third did not come";
}

TEST_F(RemoteCheckers, OneThatReportsNothingOfACheckIsNotBelieved) {
  join({"one", "two"});
  panel.set("a", tcp(), {});
  says("one", true);
  says("two", false);
  heard();
  for (int i = 0; i < 10; ++i) {
    loop.advance(seconds(10));
    says("two", false);
  }
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false)));
  says("one", true);
  EXPECT_THAT(heard(), ElementsAre(Pair("a", true)));
}

TEST_F(RemoteCheckers, OneThatCannotProbeACheckIsNoCheckerOfIt) {
  join({"one", "two"});
  panel.set("a", tcp(), {});
  panel.report("one", "a", {});
  says("two", false);
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false)));
}

TEST_F(RemoteCheckers, OneThatIsExpelledIsForgotten) {
  join({"one", "two"});
  panel.set("a", tcp(), {});
  says("one", true);
  says("two", false);
  heard();
  panel.expel("one");
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false)));
  EXPECT_THAT(panel.checkers(), SizeIs(1));
  says("one", true);
  EXPECT_THAT(heard(), IsEmpty());
  // Its place is free, and what it said is not its successor's.
  join({"other"});
  EXPECT_THAT(panel.opinions("a"), SizeIs(2));
  EXPECT_THAT(panel.observations("a"), SizeIs(1));
}

TEST_F(RemoteCheckers, OneThatMovesCountsWhereItIs) {
  join({"one"});
  panel.set("a", tcp(), {"us-east-1"});
  says("one", false);
  EXPECT_THAT(heard(), IsEmpty());
  panel.join("one", "us-east-1");
  says("one", false);
  EXPECT_THAT(heard(), ElementsAre(Pair("a", false)));
}

TEST_F(RemoteCheckers, ThereAreNotMoreThanThereMayBe) {
  for (std::size_t i = 0; i < kCheckersMax; ++i) EXPECT_TRUE(panel.join(std::to_string(i), "eu-west-1"));
  EXPECT_FALSE(panel.join("one more", "eu-west-1"));
  panel.expel("7");
  EXPECT_TRUE(panel.join("one more", "eu-west-1"));
}

TEST_F(RemoteCheckers, TheLastFailureOutlivesWhatIsGoodSince) {
  join({"one"});
  panel.set("a", tcp(), {});
  says("one", false);
  says("one", true);
  ASSERT_THAT(panel.last_failures("a"), SizeIs(1));
  EXPECT_EQ(panel.last_failures("a")[0].verdict.reason, "bad");
  EXPECT_EQ(panel.opinions("a")[0].report.last->verdict.reason, "good");
}

}  // namespace
}  // namespace meridian::engines::health
