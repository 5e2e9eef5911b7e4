#include "apps/diff/answer_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "snapshots/dns/test_zone.h"
#include "snapshots/location/location.h"

namespace meridian::apps {
namespace {

using engines::dns::AskedOf;
using snapshots::dns::address;
using snapshots::dns::DnsSnapshot;
using snapshots::dns::Latency;
using snapshots::dns::RecordSet;
using snapshots::dns::under;
using snapshots::dns::Weighted;
using snapshots::dns::ZoneChange;
using snapshots::location::Locations;
using snapshots::location::Place;
using testing::DoubleNear;
using testing::ElementsAre;

constexpr const char* kWww = "www.one.test.";

class AnswerDifferenceTest : public testing::Test {
 protected:
  AnswerDifferenceTest() {
    Place berlin, tokyo;
    berlin.set_point(52.5, 13.4);
    tokyo.set_point(35.7, 139.7);
    locations = Locations({.networks = {{*net::Cidr::parse("10.1.0.0/16"), berlin},
                                        {*net::Cidr::parse("10.2.0.0/16"), tokyo}}});
  }
  std::unique_ptr<const DnsSnapshot> snapshot(std::vector<RecordSet> sets) {
    ZoneChange change{ZoneChange::Kind::Replace, "Z1", snapshots::dns::wire("one.test."), {}, {}};
    change.puts = std::move(sets);
    change.puts.push_back(snapshots::dns::soa("one.test."));
    return apply(*DnsSnapshot::empty(random), {0, 1, {change}}).value();
  }
  static DiffClient client(std::string_view text, double weight = 1) {
    return {*net::IpAddress::parse(text), {}, weight};
  }
  QuestionDifference compare(std::vector<RecordSet> before, std::vector<RecordSet> after,
                             std::vector<DiffClient> clients, std::string_view name = kWww) {
    const auto old = snapshot(std::move(before)), next = snapshot(std::move(after));
    AnswerDifference difference({*old, locations, identity, {}}, {*next, locations, identity, {}}, 100);
    QuestionDifference out;
    EXPECT_TRUE(difference.ask({dns::Name::parse(name).value(), dns::Type::A}, clients, answers_left, out));
    return out;
  }

  SeededRandom random{1};
  engines::dns::ServerIdentity identity;
  Locations locations;
  std::size_t answers_left = 1'000'000;
};

TEST_F(AnswerDifferenceTest, NothingChangesWhenAnswersAreTheSame) {
  const std::vector<RecordSet> sets{under(address(kWww, 1), "a", Weighted{3}),
                                    under(address(kWww, 2), "b", Weighted{5})};
  const auto same = compare(sets, sets, {client("10.1.0.1"), client("10.2.0.1")});
  EXPECT_EQ(same.changed_share, 0);
  EXPECT_TRUE(same.moves.empty());
  EXPECT_EQ(same.weight, 2);
  EXPECT_EQ(same.answers.size(), 2u);
}

TEST_F(AnswerDifferenceTest, RandomAnswersAreComparedAsShares) {
  const auto moved =
      compare({under(address(kWww, 1), "a", Weighted{80}), under(address(kWww, 2), "b", Weighted{20})},
              {under(address(kWww, 1), "a", Weighted{50}), under(address(kWww, 2), "b", Weighted{30}),
               under(address(kWww, 3), "c", Weighted{20})},
              {client("10.1.0.1", 7)});
  EXPECT_THAT(moved.changed_share, DoubleNear(0.3, 1e-9));
  ASSERT_EQ(moved.moves.size(), 2u);
  EXPECT_EQ(moved.moves[0].from, "A 10.0.0.1, TTL 300");
  EXPECT_EQ(moved.moves[0].to, "A 10.0.0.3, TTL 300");
  EXPECT_THAT(moved.moves[0].share, DoubleNear(0.2, 1e-9));
  EXPECT_EQ(moved.moves[1].to, "A 10.0.0.2, TTL 300");
  EXPECT_THAT(moved.moves[0].clients, ElementsAre("10.1.0.1"));
  EXPECT_THAT(moved.answers.at("A 10.0.0.1, TTL 300").before, DoubleNear(0.8, 1e-9));
  EXPECT_THAT(moved.answers.at("A 10.0.0.1, TTL 300").after, DoubleNear(0.5, 1e-9));
}

TEST_F(AnswerDifferenceTest, ClientsCountByTheirWeight) {
  const auto moved = compare({under(address(kWww, 1), "eu", Latency{"eu-central-1"})},
                             {under(address(kWww, 1), "eu", Latency{"eu-central-1"}),
                              under(address(kWww, 2), "ap", Latency{"ap-northeast-1"})},
                             {client("10.1.0.1", 3), client("10.2.0.1", 1), client("10.2.0.2", 1)});
  EXPECT_EQ(moved.weight, 5);
  EXPECT_THAT(moved.changed_share, DoubleNear(0.4, 1e-9));
  ASSERT_EQ(moved.moves.size(), 1u);
  EXPECT_THAT(moved.moves[0].clients, ElementsAre("10.2.0.1", "10.2.0.2"));
}

TEST_F(AnswerDifferenceTest, ATtlIsPartOfTheAnswerAndSoIsThatThereIsNone) {
  RecordSet longer = address(kWww, 1);
  longer.ttl = 600;
  EXPECT_EQ(compare({address(kWww, 1)}, {longer}, {client("10.1.0.1")}).moves.at(0).to,
            "A 10.0.0.1, TTL 600");
  const auto gone = compare({address(kWww, 1)}, {}, {client("10.1.0.1")});
  EXPECT_EQ(gone.changed_share, 1);
  EXPECT_EQ(gone.moves.at(0).to, "NXDOMAIN");
}

TEST_F(AnswerDifferenceTest, WhatIsTheSameForAllIsAskedOnce) {
  const auto moved = compare({address(kWww, 1)}, {address(kWww, 2)},
                             {client("10.1.0.1", 2), client("10.2.0.1", 3), client("10.3.0.1", 4)});
  EXPECT_EQ(moved.weight, 9);
  EXPECT_EQ(moved.changed_share, 1);
  EXPECT_EQ(answers_left, 1'000'000u - 2);
}

TEST_F(AnswerDifferenceTest, EndsWhenTheAnswersAreUsedUp) {
  const auto old = snapshot({under(address(kWww, 1), "eu", Latency{"eu-central-1"})});
  AnswerDifference difference({*old, locations, identity, {}}, {*old, locations, identity, {}}, 100);
  std::size_t left = 4;
  QuestionDifference out;
  const std::vector<DiffClient> clients{client("10.1.0.1"), client("10.1.0.2"), client("10.1.0.3")};
  const auto whole = difference.ask({dns::Name::parse(kWww).value(), dns::Type::A}, clients, left, out);
  EXPECT_FALSE(whole.value());
  EXPECT_EQ(out.weight, 2) << "who was not asked does not count";
}

}  // namespace
}  // namespace meridian::apps
