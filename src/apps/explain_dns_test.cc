#include "apps/explain_dns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/json/json.h"
#include "snapshots/dns/test_zone.h"

namespace meridian::apps {
namespace {

using snapshots::dns::Latency;
using snapshots::dns::RecordSet;
using snapshots::dns::Weighted;
using snapshots::dns::ZoneChange;
using testing::HasSubstr;

class ExplainDnsTest : public testing::Test {
 protected:
  ExplainDnsTest() {
    ZoneChange change{ZoneChange::Kind::Replace, "Z1", snapshots::dns::wire("one.test."), {}, {}};
    change.puts = {snapshots::dns::soa("one.test."), candidate("blue", Weighted{3}, "www.one.test.", '\1'),
                   candidate("green", Weighted{1}, "www.one.test.", '\2'),
                   candidate("eu", Latency{"eu-central-1"}, "near.one.test.", '\3'),
                   candidate("us", Latency{"us-east-1"}, "near.one.test.", '\4')};
    engine.publish(snapshots::dns::apply(engine.latest(), {0, 1, {change}}).value());
  }
  static RecordSet candidate(std::string identifier, snapshots::dns::Policy policy, const char* owner,
                             char number) {
    return under(snapshots::dns::address(owner, number), std::move(identifier), std::move(policy));
  }
  Result<std::string> explain(const ExplainDnsQuery& query, Output output = Output::Table) {
    return explain_dns(engine, random, query, output);
  }

  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  SeededRandom random{1};
  Metrics metrics;
  engines::dns::DnsEngine engine{
      {}, snapshots::dns::DnsSnapshot::empty(random), clock, random, metrics, net::make_loop};
};

TEST_F(ExplainDnsTest, EndsWithTheAnswer) {
  const std::string text = explain({.name = "near.one.test", .region = "eu-west-1"}).value();
  EXPECT_THAT(text, HasSubstr("candidate  eu  eu-central-1"));
  EXPECT_THAT(text, testing::MatchesRegex("(.|\n)*\n\nnear.one.test.  [0-9]+  A  [0-9.]+\\.3\n"));
  EXPECT_THAT(explain({.name = "none.one.test"}).value(), HasSubstr("\n\nnone.one.test. A: NXDOMAIN\n"));
}

TEST_F(ExplainDnsTest, ShowsShares) {
  const std::string text = explain({.name = "www.one.test", .draws = "100"}).value();
  EXPECT_THAT(text, HasSubstr("\nOver 100 evenly spread draws:\n 75.00 %  A "));
  EXPECT_THAT(text, HasSubstr("\n 25.00 %  A "));
}

TEST_F(ExplainDnsTest, JsonHasTheStepsTheAnswerAndTheScope) {
  const std::string text =
      explain({.name = "near.one.test", .subnet = "192.0.2.0/24", .draws = "5"}, Output::Json).value();
  const auto tree = json::parse(text, {.depth = 10, .elements = 1000, .bytes = 100000}).value();
  EXPECT_EQ(*tree.find("zone_id")->get<std::string>(), "Z1");
  EXPECT_EQ(*tree.find("answer")->find("rcode")->get<std::string>(), "NOERROR");
  EXPECT_EQ(tree.find("answer")->find("records")->get<json::Array>()->size(), 1u);
  EXPECT_TRUE(tree.find("answer")->find("scope"));
  EXPECT_GT(tree.find("steps")->get<json::Array>()->size(), 3u);
  EXPECT_EQ(tree.find("shares")->get<json::Array>()->size(), 1u);
}

TEST_F(ExplainDnsTest, RefusesWhatIsNoQuestion) {
  for (const ExplainDnsQuery& query : {ExplainDnsQuery{.name = "a..b"},
                                       {.name = "a", .type = "X"},
                                       {.name = "a", .from = "here"},
                                       {.name = "a", .subnet = "192.0.2.1"},
                                       {.name = "a", .subnet = "192.0.2.1/24"},
                                       {.name = "a", .region = "eu-nowhere-1"},
                                       {.name = "a", .draws = "-1"},
                                       {.name = "a", .draws = "100001"}})
    EXPECT_FALSE(explain(query)) << query.name << query.from << query.subnet << query.region << query.draws;
}

}  // namespace
}  // namespace meridian::apps
