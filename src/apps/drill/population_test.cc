#include "apps/drill/population.h"

#include <gtest/gtest.h>

#include "net/virtual_loop.h"

namespace meridian::apps::drill {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const net::IpAddress kOld = net::IpAddress::v4({192, 0, 2, 1}), kNew = net::IpAddress::v4({192, 0, 2, 2});

class PopulationTest : public testing::Test {
 protected:
  void begin(const std::function<void(Clients&)>& change = nullptr) {
    Clients settings;
    settings.count = 100;
    if (change) change(settings);
    population = std::make_unique<Population>(
        settings,
        Population::World{loop, random,
                          [this](auto on_reply) {
                            ++asked;
                            on_reply(silent ? std::nullopt : std::optional(Reply{{answer}, seconds(60)}));
                          },
                          [this](const net::IpAddress& address) {
                            return address == answer ? Outcome::Well : Outcome::Stranded;
                          }});
    population->start();
  }
  std::size_t clients(Outcome outcome) const {
    return population->tally().clients[static_cast<std::size_t>(outcome)];
  }
  // DNS has another answer; how long until the last client has it too.
  Duration until_all_well() {
    answer = kNew;
    Duration waited{};
    do {
      loop.advance(seconds(1));
      waited += seconds(1);
    } while (clients(Outcome::Stranded) > 0 || clients(Outcome::Well) < 100);
    return waited;
  }

  net::VirtualLoop loop;
  SeededRandom random{1};
  net::IpAddress answer = kOld;
  bool silent = false;
  int asked = 0;
  std::unique_ptr<Population> population;
};

TEST_F(PopulationTest, EachClientConnectsAtItsInterval) {
  begin([](Clients& clients) { clients.every = seconds(5); });
  loop.advance(seconds(50) - std::chrono::milliseconds(1));
  const auto& attempts = population->tally().attempts;
  EXPECT_NEAR(static_cast<double>(attempts[static_cast<std::size_t>(Outcome::Well)]), 1000, 2);
  EXPECT_EQ(population->tally().addresses.at(kOld), attempts[static_cast<std::size_t>(Outcome::Well)]);
}

TEST_F(PopulationTest, AResolverAsksOncePerTtl) {
  begin([](Clients& clients) { clients.resolvers = 10; });
  loop.advance(minutes(10));
  EXPECT_GE(asked, 10 * 9);
  EXPECT_LE(asked, 10 * 11);
}

TEST_F(PopulationTest, CachesRunOutAtAnyTimeWithinTheTtl) {
  begin([](Clients& clients) { clients.resolvers = 50; });
  loop.advance(minutes(3));
  answer = kNew;
  loop.advance(seconds(30));
  EXPECT_GT(clients(Outcome::Stranded), 20u);
  EXPECT_GT(clients(Outcome::Well), 20u);
}

TEST_F(PopulationTest, HonestClientsFollowWithinTheTtl) {
  begin();
  loop.advance(minutes(3));
  EXPECT_LE(until_all_well(), seconds(66));
}

TEST_F(PopulationTest, ALongerLeastTtlStrandsClientsThatLong) {
  begin([](Clients& clients) { clients.ttl_min = minutes(5); });
  loop.advance(minutes(3));
  const Duration waited = until_all_well();
  EXPECT_GT(waited, minutes(3));
  EXPECT_LE(waited, minutes(5) + seconds(6));
}

TEST_F(PopulationTest, AShorterGreatestTtlFreesThem) {
  begin([](Clients& clients) { clients.ttl_max = seconds(10); });
  loop.advance(minutes(3));
  EXPECT_LE(until_all_well(), seconds(16));
}

TEST_F(PopulationTest, ClientsThatKeepAddressesIgnoreTheResolver) {
  begin([](Clients& clients) { clients.keeps = minutes(10); });
  loop.advance(minutes(3));
  EXPECT_GT(until_all_well(), minutes(7));
}

TEST_F(PopulationTest, WithoutAnAnswerThereIsNone) {
  begin();
  loop.advance(minutes(3));
  silent = true;
  loop.advance(seconds(66));
  EXPECT_EQ(clients(Outcome::Unanswered), 100u);
  silent = false;
  loop.advance(seconds(6));
  EXPECT_EQ(clients(Outcome::Well), 100u);
}

TEST_F(PopulationTest, StaleAnswersAreUsedAsLongAsTheyMay) {
  begin([](Clients& clients) { clients.stale = minutes(5); });
  loop.advance(minutes(3));
  silent = true;
  loop.advance(minutes(5));
  EXPECT_EQ(clients(Outcome::Unanswered), 0u);
  loop.advance(minutes(1) + seconds(6));
  EXPECT_EQ(clients(Outcome::Unanswered), 100u);
}

TEST_F(PopulationTest, WhoAnswersWithStaleDataFirstIsBehindByOneQuestion) {
  begin([](Clients& clients) {
    clients.resolvers = 100;
    clients.every = minutes(2);
    clients.stale = minutes(60);
    clients.stale_first = true;
  });
  loop.advance(minutes(4));
  answer = kNew;
  loop.advance(minutes(2));
  EXPECT_GT(clients(Outcome::Stranded), 95u);
  loop.advance(minutes(2));
  EXPECT_EQ(clients(Outcome::Stranded), 0u);
}

}  // namespace
}  // namespace meridian::apps::drill
