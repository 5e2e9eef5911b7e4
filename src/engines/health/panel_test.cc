#include "engines/health/panel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/health/endpoint_loop.h"

namespace meridian::engines::health {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr int kRegions = 8;

std::string address_of(int checker) {
  return "127.0.53." + std::to_string(checker);
}

std::vector<Vantage> eight_regions() {
  std::vector<Vantage> all;
  for (int i = 1; i <= kRegions; ++i)
    all.push_back({"region-" + std::to_string(i), net::IpAddress::parse(address_of(i)).value()});
  return all;
}

class PanelTest : public testing::Test, protected PanelSink {
 protected:
  static CheckSettings tcp(const std::string& endpoint = "127.0.0.1:80", unsigned threshold = 1) {
    return {{net::Address::parse(endpoint).value(), std::nullopt}, seconds(10), threshold};
  }
  void found(const std::string& id, bool healthy) override { told.emplace_back(id, healthy); }
  void refuse(int from, int to) {
    for (int i = from; i <= to; ++i) loop.refused.insert(address_of(i));
  }
  // What was told since the last time, once every checker probed again.
  std::vector<std::pair<std::string, bool>> next() {
    told.clear();
    loop.advance(seconds(11));
    return told;
  }

  EndpointLoop loop;
  SeededRandom random{5};
  Panel panel{loop, random, *this, eight_regions()};
  std::vector<std::pair<std::string, bool>> told;
};

TEST_F(PanelTest, MoreThanEighteenPercentOfTheCheckersMakeItHealthy) {
  panel.set("a", tcp(), {});
  EXPECT_THAT(next(), ElementsAre(Pair("a", true)));
  refuse(1, 6);
  EXPECT_THAT(next(), IsEmpty());
  refuse(7, 7);
  EXPECT_THAT(next(), ElementsAre(Pair("a", false)));
  loop.refused.erase(address_of(3));
  EXPECT_THAT(next(), ElementsAre(Pair("a", true)));
}

TEST_F(PanelTest, OneCheckerAloneSaysNothing) {
  refuse(1, 8);
  panel.set("a", tcp(), {});
  while (panel.observations("a").size() < 6) loop.advance(std::chrono::milliseconds(1));
  EXPECT_THAT(told, IsEmpty());
  EXPECT_THAT(next(), ElementsAre(Pair("a", false)));
}

TEST_F(PanelTest, OnlyTheRegionsOfTheCheckProbe) {
  refuse(1, 3);
  panel.set("a", tcp(), {"region-1", "region-2", "region-3"});
  EXPECT_THAT(next(), ElementsAre(Pair("a", false)));
  EXPECT_THAT(panel.observations("a"), SizeIs(3));
  panel.set("a", tcp(), {"region-1", "region-2", "region-8"});
  EXPECT_THAT(next(), ElementsAre(Pair("a", true)));
  const auto seen = panel.observations("a");
  ASSERT_THAT(seen, SizeIs(3));
  EXPECT_EQ(seen[2].region, "region-8");
  EXPECT_THAT(panel.last_failures("a"), SizeIs(2));
}

TEST_F(PanelTest, EachCheckerSaysWhatItFoundAndWhatItFoundWrongLast) {
  panel.set("a", tcp(), {});
  next();
  EXPECT_THAT(panel.last_failures("a"), IsEmpty());
  refuse(2, 2);
  next();
  const SystemTime failed = panel.last_failures("a").at(0).checked;
  loop.refused.clear();
  next();
  const auto seen = panel.observations("a");
  ASSERT_THAT(seen, SizeIs(8));
  for (const Observation& one : seen) {
    EXPECT_TRUE(one.verdict.healthy);
    EXPECT_GT(one.checked, failed);
    EXPECT_EQ(one.endpoint.to_string(), "127.0.0.1");
  }
  EXPECT_EQ(seen[1].from->to_string(), address_of(2));
  const auto failures = panel.last_failures("a");
  ASSERT_THAT(failures, SizeIs(1));
  EXPECT_EQ(failures[0].region, "region-2");
  EXPECT_THAT(failures[0].verdict.reason, HasSubstr("Connection refused"));
  EXPECT_EQ(failures[0].checked, failed);
}

TEST_F(PanelTest, OtherTargetsAreProbedFromWhereTheKernelChooses) {
  refuse(1, 8);
  panel.set("a", tcp("192.0.2.1:80"), {});
  panel.set("b", tcp("[::1]:80"), {});
  EXPECT_THAT(next(), testing::UnorderedElementsAre(Pair("a", true), Pair("b", true)));
}

TEST_F(PanelTest, ARemovedCheckIsProbedNoMore) {
  panel.set("a", tcp(), {});
  next();
  panel.remove("a");
  loop.asked.clear();
  EXPECT_THAT(next(), IsEmpty());
  EXPECT_THAT(loop.asked, IsEmpty());
  EXPECT_THAT(panel.observations("a"), IsEmpty());
  EXPECT_EQ(loop.timers(), 0u);
}

TEST(Vantages, AreThoseOfAws) {
  EXPECT_THAT(vantages(), SizeIs(8));
  const auto two = vantages_of({"sa-east-1", "us-west-1", "us-west-1"}).value();
  ASSERT_THAT(two, SizeIs(2));
  EXPECT_EQ(two[0].region, "us-west-1");
  EXPECT_EQ(two[0].loopback->to_string(), "127.0.53.2");
  EXPECT_THAT(vantages_of({"us-west-1", "mars-1"}).error().message, HasSubstr("'mars-1'"));
  EXPECT_THAT(vantages_of({}).value(), IsEmpty());
}

}  // namespace
}  // namespace meridian::engines::health
