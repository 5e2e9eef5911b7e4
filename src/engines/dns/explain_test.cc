#include "engines/dns/explain.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "engines/dns/test_server.h"
#include "formats/dns/rdata.h"
#include "snapshots/dns/record_group.h"

namespace meridian::engines::dns {
namespace {

using meridian::dns::Name;
using snapshots::dns::Failover;
using snapshots::dns::Geolocation;
using snapshots::dns::Latency;
using snapshots::dns::Multivalue;
using snapshots::dns::RecordSet;
using snapshots::dns::Weighted;
using snapshots::location::Code;
using snapshots::location::Locations;
using snapshots::location::Place;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Locations known_clients() {
  Place berlin, tokyo;
  berlin.continent = Code::of("EU");
  berlin.country = Code::of("DE");
  berlin.set_point(52.5, 13.4);
  tokyo.continent = Code::of("AS");
  tokyo.country = Code::of("JP");
  tokyo.set_point(35.7, 139.7);
  return Locations(
      {.networks = {{*net::Cidr::parse("10.1.0.0/16"), berlin}, {*net::Cidr::parse("10.2.0.0/16"), tokyo}}});
}

class Explain : public ::testing::Test {
 protected:
  Explain() {
    server.add_zone("example.com.", "@ 172800 NS ns1\nns1 60 A 192.0.2.53");
    server.locations = &locations;
  }
  static Asked asked(std::string_view name, std::string_view client = "10.1.0.1") {
    return {.name = Name::parse(name).value(), .client = {*net::IpAddress::parse(client), 53}};
  }
  AskedOf now() const { return {*server.snapshot, locations, server.identity, server.now}; }
  std::vector<AnswerShare> shares(std::string_view name, unsigned draws,
                                  std::string_view client = "10.1.0.1") {
    return AnswerShares(now(), draws).ask(asked(name, client)).value();
  }

  Locations locations = known_clients();
  TestServer server;
};

// One candidate of a group in a random tree.
RecordSet random_candidate(Random& random, std::string owner, std::string identifier, unsigned kind, int i) {
  snapshots::dns::Policy policy;
  if (kind == 0) policy = Weighted{static_cast<std::uint8_t>(random.below(4))};
  if (kind == 1) policy = Failover{i == 0};
  if (kind == 2) policy = Latency{i == 0 ? "eu-central-1" : i == 1 ? "ap-northeast-1" : "us-east-1"};
  if (kind == 3) policy = Geolocation{i == 0 ? "EU" : "", i == 1 ? "JP" : i == 2 ? "*" : "", ""};
  if (kind == 4) policy = Multivalue{};
  const std::string check = random.below(2) ? "" : fmt::format("check-{}", random.below(6));
  // Multivalue answers are no aliases in Route 53.
  if (kind != 4 && random.below(2) == 0)
    return alias_candidate(owner, std::move(identifier), policy,
                           fmt::format("n{}.example.com.", random.below(12)), random.below(2) == 0, check);
  return candidate(owner, std::move(identifier), policy, fmt::format("10.0.{}.{}", random.below(256), i),
                   check);
}

TEST_F(Explain, AgreesWithTheWire) {
  SeededRandom random(7);
  std::vector<RecordSet> sets;
  for (int name = 0; name < 12; ++name) {
    const auto kind = static_cast<unsigned>(random.below(5));
    for (int i = 0; i < 3; ++i)
      sets.push_back(
          random_candidate(random, fmt::format("n{}.example.com.", name), fmt::format("{}", i), kind, i));
  }
  server.put(std::move(sets));
  std::map<std::string, int> answers;
  for (int round = 0; round < 3000; ++round) {
    server.health->set(fmt::format("check-{}", random.below(6)), random.below(2) == 0);
    const std::uint64_t seed = random.next();
    const bool told = random.below(2) == 0;
    const std::string client = fmt::format("10.{}.0.{}", 1 + random.below(3), random.below(200));
    Ask question{fmt::format("n{}.example.com.", random.below(13))};
    question.transport = Transport::Tcp;
    if (told) {
      question.edns_size = 4096;
      question.options = client_subnet(client + "/32");
    }
    SeededRandom on_the_wire(seed), explained_with(seed);
    server.draws = &on_the_wire;
    server.client.ip = *net::IpAddress::parse(told ? "192.0.2.1" : client);
    const auto reply = server.ask(question);
    ASSERT_TRUE(reply);

    Asked same = asked(question.name, told ? "192.0.2.1" : client);
    if (told) {
      auto& subnet = same.subnet.emplace();
      subnet.source_bits = 32;
      std::ranges::copy(as_bytes(net::IpAddress::parse(client)->bytes()), subnet.address.begin());
    }
    auto explained = explain(same, now(), explained_with);
    ASSERT_TRUE(explained) << explained.error().message;
    explained->reply.header.id = reply->header.id;
    ASSERT_EQ(text_of(explained->reply), text_of(*reply)) << explained->trace.to_text();
    ASSERT_EQ(to_string(explained->reply), to_string(*reply)) << "the order, and the scope";
    if (told) {
      EXPECT_EQ(explained->scope, static_cast<std::uint8_t>(reply->additionals.back().rdata.at(7)));
    }
    ++answers[text_of(*reply)];
  }
  EXPECT_GT(answers.size(), 10u) << "a test that sees one answer sees nothing";
}

TEST_F(Explain, ShowsTheTreeThatLedToTheAnswer) {
  server.put({alias_candidate("www.example.com.", "eu", Latency{"eu-central-1"}, "eu.example.com.", true),
              candidate("www.example.com.", "us", Latency{"us-east-1"}, "10.0.0.9"),
              candidate("eu.example.com.", "blue", Weighted{80}, "10.0.0.1", "check-blue"),
              candidate("eu.example.com.", "green", Weighted{0}, "10.0.0.2")});
  SeededRandom random(1);
  const auto explained = explain(asked("www.example.com."), now(), random).value();
  EXPECT_EQ(text_of(explained.reply), "A 10.0.0.1, TTL 60");
  const std::string text = explained.trace.to_text();
  for (const char* part :
       {"client       10.1.0.1/32 (source address), continent EU, country DE",
        "\npolicy       latency among 2 record sets\ncandidate    eu  eu-central-1",
        "alias of eu.example.com., below which something is healthy  chosen\n             us  us-east-1",
        "\n  policy     weighted among 2 record sets\n"
        "  candidate  blue   weight 80  health check check-blue is healthy  chosen\n"
        "             green  weight 0                                       not chosen\n"
        "  draw       "})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST_F(Explain, AClientCanBePutAnywhere) {
  server.put({candidate("www.example.com.", "de", Geolocation{"", "DE", ""}, "10.0.0.1"),
              candidate("www.example.com.", "as", Geolocation{"AS", "", ""}, "10.0.0.2"),
              candidate("www.example.com.", "*", Geolocation{"", "*", ""}, "10.0.0.3")});
  SeededRandom random(1);
  for (const auto& [region, wanted] :
       {std::pair("eu-central-1", "10.0.0.1"), {"ap-northeast-1", "10.0.0.2"}, {"sa-east-1", "10.0.0.3"}}) {
    const Place place = locations.region_place(regions::find(region));
    Asked there = asked("www.example.com.");
    there.place = &place;
    const auto explained = explain(there, now(), random).value();
    EXPECT_THAT(text_of(explained.reply), HasSubstr(wanted)) << region;
    EXPECT_THAT(explained.trace.to_text(), HasSubstr("any address (place assumed), continent "));
  }
}

TEST_F(Explain, ASimpleAnswerHasTheWholeShare) {
  server.put({candidate("www.example.com.", "", snapshots::dns::Simple{}, "10.0.0.1")});
  AnswerShares all(now(), 100);
  EXPECT_THAT(all.ask(asked("www.example.com.")).value(), ElementsAre(AnswerShare{"A 10.0.0.1, TTL 60", 1}));
  EXPECT_TRUE(all.same_for_all());
  EXPECT_THAT(shares("none.example.com.", 100), ElementsAre(AnswerShare{"NXDOMAIN", 1}));
  EXPECT_THAT(shares("example.com.", 100), ElementsAre(AnswerShare{"no data", 1}));
  EXPECT_THAT(shares("elsewhere.test.", 100), ElementsAre(AnswerShare{"REFUSED", 1}));
}

TEST_F(Explain, SharesAreThoseOfTheWeights) {
  server.put({candidate("www.example.com.", "a", Weighted{80}, "10.0.0.1"),
              candidate("www.example.com.", "b", Weighted{20}, "10.0.0.2"),
              alias_candidate("top.example.com.", "x", Weighted{3}, "www.example.com.", false),
              candidate("top.example.com.", "y", Weighted{1}, "10.0.0.3")});
  EXPECT_THAT(shares("www.example.com.", 100),
              ElementsAre(AnswerShare{"A 10.0.0.1, TTL 60", 0.8}, AnswerShare{"A 10.0.0.2, TTL 60", 0.2}));
  const auto nested = shares("top.example.com.", 1024);
  ASSERT_EQ(nested.size(), 3u);
  EXPECT_THAT(nested[0].share, DoubleNear(0.6, 0.005));
  EXPECT_EQ(nested[1], (AnswerShare{"A 10.0.0.3, TTL 60", 0.25}));
  EXPECT_THAT(nested[2].share, DoubleNear(0.15, 0.005));
}

TEST_F(Explain, SharesKnowWhetherTheyAreForAll) {
  server.put({candidate("www.example.com.", "a", Latency{"eu-central-1"}, "10.0.0.1"),
              candidate("www.example.com.", "b", Latency{"ap-northeast-1"}, "10.0.0.2")});
  AnswerShares all(now(), 10);
  EXPECT_EQ(all.ask(asked("www.example.com.", "10.1.0.1")).value()[0].answer, "A 10.0.0.1, TTL 60");
  EXPECT_FALSE(all.same_for_all());
  EXPECT_EQ(all.ask(asked("www.example.com.", "10.2.0.1")).value()[0].answer, "A 10.0.0.2, TTL 60");
}

}  // namespace
}  // namespace meridian::engines::dns
