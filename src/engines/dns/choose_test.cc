// Answers chosen by each routing policy, as clients see them.
#include "engines/dns/choose.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "engines/dns/test_server.h"

namespace meridian::engines::dns {
namespace {

using meridian::dns::Message;
using meridian::dns::Rcode;
using snapshots::dns::Failover;
using snapshots::dns::Geolocation;
using snapshots::dns::Geoproximity;
using snapshots::dns::IpBased;
using snapshots::dns::Latency;
using snapshots::dns::Multivalue;
using snapshots::dns::RecordSet;
using snapshots::dns::Simple;
using snapshots::dns::Weighted;
using snapshots::location::Code;
using snapshots::location::Locations;
using snapshots::location::Place;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr std::string_view kWww = "www.example.com.";

Place place(std::string_view continent, std::string_view country, std::string_view subdivision,
            double latitude, double longitude) {
  Place place;
  place.continent = Code::of(continent);
  place.country = Code::of(country);
  place.subdivision = Code::of(subdivision);
  place.set_point(latitude, longitude);
  return place;
}

// Clients: 10.1/16 Berlin, 10.2/16 Los Angeles, 10.3/16 Tokyo, 10.4/16 Toronto; others are nowhere.
Locations known_clients() {
  const auto block = [](std::string_view text) { return *net::Cidr::parse(text); };
  return Locations({.networks = {{block("10.1.0.0/16"), place("EU", "DE", "BE", 52.5, 13.4)},
                                 {block("10.2.0.0/16"), place("NA", "US", "CA", 34.1, -118.2)},
                                 {block("10.3.0.0/16"), place("AS", "JP", "", 35.7, 139.7)},
                                 {block("10.4.0.0/16"), place("NA", "CA", "ON", 43.7, -79.4)},
                                 {block("2001:db8:1::/48"), place("EU", "DE", "BE", 52.5, 13.4)}}});
}

class Choices : public ::testing::Test {
 protected:
  Choices() {
    server.add_zone("example.com.", "@ 172800 NS ns1\nns1 60 A 192.0.2.53");
    server.locations = &locations;
  }

  Message ask(const Ask& question) {
    const auto reply = server.ask(question);
    EXPECT_TRUE(reply) << question.name;
    return reply.value_or(Message());
  }
  // The last number of each address in the answer, sorted.
  std::vector<int> numbers(std::string_view name = kWww) {
    std::vector<int> out;
    for (const auto& record : ask({std::string(name)}).answers)
      out.push_back(static_cast<std::uint8_t>(record.rdata.back()));
    std::ranges::sort(out);
    return out;
  }
  std::vector<int> numbers_for(std::string_view client, std::string_view name = kWww) {
    server.client.ip = *net::IpAddress::parse(client);
    return numbers(name);
  }
  std::map<int, int> tally(int queries, std::string_view name = kWww) {
    std::map<int, int> counts;
    for (int i = 0; i < queries; ++i)
      for (const int number : numbers(name)) ++counts[number];
    return counts;
  }
  // The scope that the reply gives the client subnet asked with.
  int scope(std::string_view subnet, std::string_view name = kWww) {
    Ask question{std::string(name)};
    question.edns_size = 1232;
    question.options = client_subnet(subnet);
    const std::string opt = ask(question).additionals.back().rdata;
    return static_cast<std::uint8_t>(opt.at(7));
  }
  void set_health(std::string_view check, bool healthy) { server.health->set(check, healthy); }

  Locations locations = known_clients();
  TestServer server;
};

// Half the width of the interval that holds 99.9 % of what a fair draw gives.
double spread(int queries, double share) {
  return 3.2905 * std::sqrt(queries * share * (1 - share));
}

struct Weights {
  int first, second;
};
class WeightedChoices : public Choices, public ::testing::WithParamInterface<Weights> {};

TEST_P(WeightedChoices, FallInProportion) {
  const auto [first, second] = GetParam();
  server.put({candidate(kWww, "a", Weighted{static_cast<std::uint8_t>(first)}, "10.0.0.1"),
              candidate(kWww, "b", Weighted{static_cast<std::uint8_t>(second)}, "10.0.0.2")});
  const int kQueries = 20'000;
  const double share = first + second == 0 ? 0.5 : static_cast<double>(first) / (first + second);
  EXPECT_NEAR(tally(kQueries)[1], kQueries * share, spread(kQueries, share));
}

INSTANTIATE_TEST_SUITE_P(Weights, WeightedChoices,
                         ::testing::Values(Weights{80, 20}, Weights{1, 3}, Weights{255, 1}, Weights{0, 0},
                                           Weights{0, 1}));

TEST_F(Choices, AWeightOfZeroIsUsedOnlyWhenTheOthersAreUnhealthy) {
  server.put({candidate(kWww, "a", Weighted{0}, "10.0.0.1", "ca"),
              candidate(kWww, "b", Weighted{0}, "10.0.0.2", "cb"),
              candidate(kWww, "c", Weighted{9}, "10.0.0.3", "cc")});
  EXPECT_THAT(tally(100), ElementsAre(std::pair(3, 100)));
  set_health("cc", false);
  const auto zeros = tally(1000);
  EXPECT_NEAR(zeros.at(1), 500, spread(1000, 0.5));
  EXPECT_EQ(zeros.at(1) + zeros.at(2), 1000);
  set_health("ca", false);
  EXPECT_THAT(tally(100), ElementsAre(std::pair(2, 100)));
  set_health("cb", false);
  EXPECT_THAT(tally(100), ElementsAre(std::pair(3, 100))) << "nobody is healthy: as if all were";
  EXPECT_TRUE(server.result.choices.failed_open);
}

TEST_F(Choices, AHealthFlipIsSeenByTheNextQuery) {
  server.put({candidate(kWww, "a", Failover{true}, "10.0.0.1", "primary"),
              candidate(kWww, "b", Failover{false}, "10.0.0.2")});
  const auto* const snapshot = server.snapshot.get();
  EXPECT_THAT(numbers(), ElementsAre(1));
  set_health("primary", false);
  EXPECT_THAT(numbers(), ElementsAre(2));
  set_health("primary", true);
  EXPECT_THAT(numbers(), ElementsAre(1));
  EXPECT_EQ(server.snapshot.get(), snapshot);
}

TEST_F(Choices, FailoverWithNobodyHealthyIsThePrimary) {
  server.put({candidate(kWww, "a", Failover{false}, "10.0.0.1", "secondary"),
              candidate(kWww, "b", Failover{true}, "10.0.0.2", "primary")});
  EXPECT_THAT(numbers(), ElementsAre(2));
  set_health("primary", false);
  EXPECT_THAT(numbers(), ElementsAre(1));
  set_health("secondary", false);
  EXPECT_THAT(numbers(), ElementsAre(2));
}

TEST_F(Choices, LatencyIsThatOfTheNearestRegionThatIsHealthy) {
  server.put({candidate(kWww, "a", Latency{"us-west-1"}, "10.0.0.1", "us"),
              candidate(kWww, "b", Latency{"eu-central-1"}, "10.0.0.2", "eu"),
              candidate(kWww, "c", Latency{"ap-northeast-1"}, "10.0.0.3", "ap")});
  EXPECT_THAT(numbers_for("10.1.0.1"), ElementsAre(2));
  EXPECT_THAT(numbers_for("10.2.0.1"), ElementsAre(1));
  EXPECT_THAT(numbers_for("10.3.0.1"), ElementsAre(3));
  set_health("ap", false);
  EXPECT_THAT(numbers_for("10.3.0.1"), ElementsAre(1)) << "the next nearest";
  set_health("us", false);
  set_health("eu", false);
  EXPECT_THAT(numbers_for("10.3.0.1"), ElementsAre(3)) << "nobody is healthy: as if all were";
}

TEST_F(Choices, AClientOfWhomNothingIsKnownGetsTheFirstIdentifier) {
  server.put({candidate(kWww, "b", Latency{"us-west-1"}, "10.0.0.2"),
              candidate(kWww, "a", Latency{"eu-central-1"}, "10.0.0.1")});
  EXPECT_THAT(numbers_for("192.0.2.1"), ElementsAre(1));
  server.locations = nullptr;
  EXPECT_THAT(numbers_for("10.2.0.1"), ElementsAre(1));
}

TEST_F(Choices, GeolocationClimbsFromStateToDefault) {
  server.put({candidate(kWww, "a", Geolocation{"", "US", "CA"}, "10.0.0.1", "state"),
              candidate(kWww, "b", Geolocation{"", "US", ""}, "10.0.0.2", "country"),
              candidate(kWww, "c", Geolocation{"NA", "", ""}, "10.0.0.3", "continent"),
              candidate(kWww, "d", Geolocation{"", "*", ""}, "10.0.0.4", "default")});
  EXPECT_THAT(numbers_for("10.2.0.1"), ElementsAre(1));
  EXPECT_THAT(numbers_for("10.4.0.1"), ElementsAre(3)) << "Canada is no state of the US";
  EXPECT_THAT(numbers_for("10.1.0.1"), ElementsAre(4));
  EXPECT_THAT(numbers_for("192.0.2.1"), ElementsAre(4));
  int expected = 2;
  for (const char* check : {"state", "country", "continent"}) {
    set_health(check, false);
    EXPECT_THAT(numbers_for("10.2.0.1"), ElementsAre(expected++)) << check;
  }
  set_health("default", false);
  EXPECT_THAT(numbers_for("10.2.0.1"), ElementsAre(1)) << "nobody is healthy: the smallest region";
}

TEST_F(Choices, GeolocationWithoutDefaultHasNoDataForOthers) {
  server.put({candidate(kWww, "a", Geolocation{"EU", "", ""}, "10.0.0.1")});
  server.client.ip = *net::IpAddress::parse("10.3.0.1");
  const Message reply = ask({std::string(kWww)});
  EXPECT_EQ(reply.header.rcode, static_cast<int>(Rcode::NoError));
  EXPECT_TRUE(reply.header.aa);
  EXPECT_THAT(reply.answers, IsEmpty());
  ASSERT_EQ(reply.authorities.size(), 1u);
  EXPECT_EQ(reply.authorities[0].type, meridian::dns::Type::SOA);
  EXPECT_EQ(server.result.kind, AnswerKind::NoData);
}

TEST_F(Choices, GeoproximityIsTheSmallestBiasedDistance) {
  const auto at = [](int latitude, int longitude, int bias) {
    return Geoproximity{"", latitude * 100, longitude * 100, static_cast<std::int8_t>(bias)};
  };
  // Berlin is 265 km from Hamburg-like 54 10 and 880 km from 48 2.
  const auto put = [&](int near_bias, int far_bias) {
    server.put({candidate(kWww, "far", at(48, 2, far_bias), "10.0.0.1", "far"),
                candidate(kWww, "near", at(54, 10, near_bias), "10.0.0.2", "near")});
  };
  put(0, 0);
  EXPECT_THAT(numbers_for("10.1.0.1"), ElementsAre(2));
  put(0, 80);
  EXPECT_THAT(numbers_for("10.1.0.1"), ElementsAre(1)) << "drawn nearer";
  put(-80, 0);
  EXPECT_THAT(numbers_for("10.1.0.1"), ElementsAre(1)) << "pushed away";
  put(0, 0);
  set_health("near", false);
  EXPECT_THAT(numbers_for("10.1.0.1"), ElementsAre(1));
}

class IpBasedChoices : public Choices {
 protected:
  IpBasedChoices() {
    const auto blocks = [](std::initializer_list<const char*> texts) {
      std::vector<net::Cidr> out;
      for (const char* text : texts) out.push_back(*net::Cidr::parse(text));
      return out;
    };
    server.put({"collection",
                {{"office", blocks({"10.7.0.0/16", "2001:db8:7::/48"})}, {"lab", blocks({"10.7.8.0/24"})}}});
    server.put({candidate(kWww, "a", IpBased{"collection", "office"}, "10.0.0.1", "office"),
                candidate(kWww, "b", IpBased{"collection", "lab"}, "10.0.0.2", "lab"),
                candidate(kWww, "c", IpBased{"collection", "*"}, "10.0.0.3", "default")});
  }
};

TEST_F(IpBasedChoices, AreThoseOfTheSmallestBlock) {
  EXPECT_THAT(numbers_for("10.7.1.1"), ElementsAre(1));
  EXPECT_THAT(numbers_for("10.7.8.1"), ElementsAre(2));
  EXPECT_THAT(numbers_for("2001:db8:7::1"), ElementsAre(1));
  EXPECT_THAT(numbers_for("192.0.2.1"), ElementsAre(3));
  set_health("lab", false);
  EXPECT_THAT(numbers_for("10.7.8.1"), ElementsAre(3)) << "the default stands in, not the larger block";
  set_health("default", false);
  EXPECT_THAT(numbers_for("10.7.8.1"), ElementsAre(2)) << "nobody is healthy: as if all were";
}

TEST_F(IpBasedChoices, HaveNoDataForOthersWithoutDefault) {
  server.put({candidate("x.example.com.", "a", IpBased{"collection", "office"}, "10.0.0.1"),
              candidate("y.example.com.", "a", IpBased{"gone", "office"}, "10.0.0.1")});
  EXPECT_THAT(numbers_for("192.0.2.1", "x.example.com."), IsEmpty());
  EXPECT_EQ(server.result.kind, AnswerKind::NoData);
  EXPECT_THAT(numbers_for("10.7.1.1", "y.example.com."), IsEmpty());
}

TEST_F(IpBasedChoices, HoldForTheBlockWithoutTheSmallerOnesInIt) {
  EXPECT_EQ(scope("10.7.8.0/24"), 24);
  EXPECT_EQ(scope("10.7.128.0/24"), 17) << "the half without 10.7.8.0/24";
  EXPECT_GT(scope("10.7.0.0/16"), 16) << "not all of it is in one location";
}

TEST_F(IpBasedChoices, AreExplained) {
  server.client.ip = *net::IpAddress::parse("10.7.8.1");
  Trace trace;
  server.trace = &trace;
  EXPECT_THAT(numbers(), ElementsAre(2));
  EXPECT_THAT(trace.to_text(),
              HasSubstr("by CIDR collection collection, whose 10.7.8.0/24 in lab holds the client"));
  EXPECT_THAT(trace.to_text(),
              HasSubstr("a  location office  health check office is healthy   not for this client"));
}

TEST_F(Choices, MultivalueAnswersWithUpToEightOfTheHealthy) {
  std::vector<RecordSet> sets;
  for (int i = 1; i <= 10; ++i)
    sets.push_back(candidate(kWww, fmt::format("{:02}", i), Multivalue{}, fmt::format("10.0.0.{}", i),
                             fmt::format("c{}", i)));
  server.put(sets);
  const auto counts = tally(2000);
  EXPECT_EQ(counts.size(), 10u);
  for (const auto& [number, count] : counts) EXPECT_NEAR(count, 1600, spread(2000, 0.8)) << number;
  EXPECT_EQ(numbers().size(), 8u);
  for (int i = 1; i <= 8; ++i) set_health(fmt::format("c{}", i), false);
  EXPECT_THAT(numbers(), ElementsAre(9, 10));
  for (int i = 9; i <= 10; ++i) set_health(fmt::format("c{}", i), false);
  EXPECT_EQ(numbers().size(), 8u) << "nobody is healthy: as if all were";
}

TEST_F(Choices, MultivalueIsOneRecordSetOnTheWire) {
  auto first = candidate(kWww, "a", Multivalue{}, "10.0.0.1"),
       second = candidate(kWww, "b", Multivalue{}, "10.0.0.1");
  first.rdata.push_back({10, 0, 0, 2});
  second.rdata.push_back({10, 0, 0, 3});
  second.ttl = 30;
  server.put({first, second});
  EXPECT_THAT(lines_of(ask({std::string(kWww)}).answers),
              ElementsAre("www.example.com. 30 A 10.0.0.1", "www.example.com. 30 A 10.0.0.2",
                          "www.example.com. 30 A 10.0.0.3"));
}

TEST_F(Choices, MultivalueMailServersBringTheirAddresses) {
  server.put({candidate("mx1.example.com.", "", Simple{}, "10.0.0.7")});
  RecordSet mail = candidate(kWww, "a", Multivalue{}, "10.0.0.1");
  mail.type = meridian::dns::Type::MX;
  mail.rdata = {std::string("\0\12\3mx1\7example\3com\0", 19)};
  RecordSet other = mail;
  other.set_identifier = "b";
  other.rdata[0][1] = 20;
  server.put({mail, other});
  const Message reply = ask({std::string(kWww), "MX"});
  EXPECT_THAT(lines_of(reply.answers), ElementsAre("www.example.com. 60 MX 10 mx1.example.com.",
                                                   "www.example.com. 60 MX 20 mx1.example.com."));
  EXPECT_THAT(lines_of(reply.additionals), ElementsAre("mx1.example.com. 60 A 10.0.0.7"));
}

TEST_F(Choices, AnAnswerOfSeveralSetsThatDoesNotFitIsTruncated) {
  std::vector<RecordSet> sets;
  for (int i = 0; i < 8; ++i) {
    sets.push_back(candidate(kWww, fmt::format("{}", i), Multivalue{}, fmt::format("10.0.{}.1", i)));
    for (int value = 2; value <= 5; ++value)
      sets.back().rdata.push_back({10, 0, static_cast<char>(i), static_cast<char>(value)});
  }
  server.put(sets);
  const Message cut = ask({std::string(kWww)});
  EXPECT_TRUE(cut.header.tc);
  EXPECT_THAT(cut.answers, IsEmpty());
  EXPECT_EQ(ask({std::string(kWww), "A", Transport::Tcp}).answers.size(), 40u);
}

TEST_F(Choices, ACnameIsChosenAndFollowed) {
  const auto cname = [](std::string id, std::uint8_t weight, std::string_view target) {
    RecordSet set = candidate(kWww, std::move(id), Weighted{weight}, "0.0.0.0");
    set.type = meridian::dns::Type::CNAME;
    set.rdata = {std::string(meridian::dns::Name::parse(target)->wire())};
    return set;
  };
  server.put({cname("a", 1, "one.example.com."), cname("b", 0, "two.example.com."),
              candidate("one.example.com.", "", Simple{}, "10.0.0.1")});
  EXPECT_THAT(lines_of(ask({std::string(kWww)}).answers),
              ElementsAre("one.example.com. 60 A 10.0.0.1", "www.example.com. 60 CNAME one.example.com."));
}

TEST_F(Choices, AnyIsOneOfTheRecordSets) {
  server.put({candidate(kWww, "a", Weighted{1}, "10.0.0.1"), candidate(kWww, "b", Weighted{0}, "10.0.0.2")});
  EXPECT_THAT(lines_of(ask({std::string(kWww), "ANY"}).answers),
              ElementsAre("www.example.com. 60 A 10.0.0.1"));
}

TEST_F(Choices, AddressesThatDependOnTheClientAreNotAddedForOthers) {
  RecordSet mail = candidate("example.com.", "", Simple{}, "0.0.0.0");
  mail.type = meridian::dns::Type::MX;
  mail.rdata = {std::string("\0\12\3www\7example\3com\0", 19)};
  server.put({mail, candidate(kWww, "a", Weighted{1}, "10.0.0.1")});
  EXPECT_THAT(lines_of(ask({"example.com.", "MX"}).additionals), IsEmpty());
}

TEST_F(Choices, GlueIsThatOfAClientOfWhomNothingIsKnown) {
  RecordSet ns = candidate("sub.example.com.", "", Simple{}, "0.0.0.0");
  ns.type = meridian::dns::Type::NS;
  ns.rdata = {std::string("\2ns\3sub\7example\3com\0", 20)};
  server.put({ns, candidate("ns.sub.example.com.", "a", Geolocation{"EU", "", ""}, "10.0.0.1"),
              candidate("ns.sub.example.com.", "b", Geolocation{"", "*", ""}, "10.0.0.2")});
  server.client.ip = *net::IpAddress::parse("10.1.0.1");
  EXPECT_THAT(lines_of(ask({"x.sub.example.com."}).additionals),
              ElementsAre("ns.sub.example.com. 60 A 10.0.0.2"));
  EXPECT_EQ(scope("10.1.2.0/24", "x.sub.example.com."), 0);
}

// www fails over from one branch to another, each a weighted group of two.
class AliasTrees : public Choices {
 protected:
  void put(bool evaluate) {
    server.put({alias_candidate(kWww, "a", Failover{true}, "one.example.com.", evaluate),
                alias_candidate(kWww, "b", Failover{false}, "two.example.com.", evaluate),
                candidate("one.example.com.", "a", Weighted{1}, "10.0.0.11", "c11"),
                candidate("one.example.com.", "b", Weighted{1}, "10.0.0.12", "c12"),
                candidate("two.example.com.", "a", Weighted{1}, "10.0.0.21", "c21")});
  }
};

TEST_F(AliasTrees, BackOutOfABranchThatIsDownAsAWhole) {
  put(true);
  set_health("c11", false);
  EXPECT_THAT(tally(20), ElementsAre(std::pair(12, 20)));
  set_health("c12", false);
  EXPECT_THAT(tally(20), ElementsAre(std::pair(21, 20)));
  set_health("c21", false);
  EXPECT_EQ(tally(100).size(), 2u) << "nobody is healthy: as if all were, in the primary branch";
}

TEST_F(AliasTrees, StayInABranchWhoseHealthIsNotEvaluated) {
  put(false);
  set_health("c11", false);
  set_health("c12", false);
  const auto counts = tally(200);
  EXPECT_EQ(counts.size(), 2u);
  EXPECT_TRUE(counts.contains(11) && counts.contains(12));
}

TEST_F(AliasTrees, AnAliasWithACheckAndEvaluationNeedsBoth) {
  server.put({alias_candidate(kWww, "a", Failover{true}, "one.example.com.", true, "ca"),
              candidate(kWww, "b", Failover{false}, "10.0.0.2"),
              candidate("one.example.com.", "a", Weighted{1}, "10.0.0.11", "c11")});
  EXPECT_THAT(numbers(), ElementsAre(11));
  set_health("ca", false);
  EXPECT_THAT(numbers(), ElementsAre(2));
  set_health("ca", true);
  set_health("c11", false);
  EXPECT_THAT(numbers(), ElementsAre(2));
}

TEST_F(AliasTrees, ABranchWithoutDataForTheClientIsNotHealthy) {
  server.put({alias_candidate(kWww, "a", Failover{true}, "one.example.com.", true),
              candidate(kWww, "b", Failover{false}, "10.0.0.2"),
              candidate("one.example.com.", "a", Geolocation{"EU", "", ""}, "10.0.0.11")});
  EXPECT_THAT(numbers_for("10.1.0.1"), ElementsAre(11));
  EXPECT_THAT(numbers_for("10.3.0.1"), ElementsAre(2));
  server.put({alias_candidate(kWww, "a", Failover{true}, "nowhere.example.com.", true)});
  EXPECT_THAT(numbers_for("10.1.0.1"), ElementsAre(2));
  server.put({alias_candidate(kWww, "a", Failover{true}, "nowhere.example.com.", false)});
  EXPECT_THAT(numbers_for("10.1.0.1"), IsEmpty());
}

TEST_F(AliasTrees, LeadToHiddenRecordSetsThatNoQuestionReaches) {
  RecordSet hidden = candidate("hidden.example.com.", "a", Weighted{1}, "10.0.0.7");
  hidden.hidden = true;
  RecordSet visible = alias_candidate(kWww, "", Simple{}, "hidden.example.com.", true);
  visible.target_is_hidden = true;
  server.put({hidden, visible});
  EXPECT_THAT(numbers(), ElementsAre(7));
  EXPECT_EQ(ask({"hidden.example.com."}).header.rcode, static_cast<int>(Rcode::NXDomain));
}

TEST_F(AliasTrees, HaveTheTtlOfTheRecordSetAtTheEnd) {
  auto end = candidate("one.example.com.", "a", Weighted{1}, "10.0.0.11");
  end.ttl = 17;
  auto simple = alias_candidate("alias.example.com.", "", Simple{}, kWww, false);
  server.put({simple, alias_candidate(kWww, "a", Weighted{1}, "one.example.com.", true), end});
  EXPECT_THAT(lines_of(ask({"alias.example.com."}).answers),
              ElementsAre("alias.example.com. 17 A 10.0.0.11"));
}

TEST_F(AliasTrees, ThatBranchAtEveryLevelCostOneWalk) {
  // 2^30 ways lead down; a walk of all of them would not end.
  for (int level = 0; level < 30; ++level) {
    const std::string owner = fmt::format("n{}.example.com.", level),
                      below = fmt::format("n{}.example.com.", level + 1);
    server.put({alias_candidate(owner, "a", Weighted{1}, below, true),
                alias_candidate(owner, "b", Weighted{1}, below, true)});
  }
  server.put({candidate("n30.example.com.", "a", Weighted{1}, "10.0.0.30", "end")});
  set_health("end", false);
  EXPECT_THAT(numbers("n0.example.com."), ElementsAre(30));
  EXPECT_FALSE(server.result.choices.gave_up) << "branches that meet are walked once";
  EXPECT_LT(server.result.choices.evaluations, 2000u);
}

TEST_F(AliasTrees, BeyondABoundAreTakenForHealthy) {
  std::vector<RecordSet> sets;
  for (int i = 0; i < 100; ++i) {
    const std::string below = fmt::format("n{}.example.com.", i);
    sets.push_back(alias_candidate(kWww, fmt::format("{:02}", i), Weighted{1}, below, true));
    for (int j = 0; j < 60; ++j)
      sets.push_back(candidate(below, fmt::format("{:02}", j), Weighted{1}, "10.0.0.1", "down"));
  }
  server.put(sets);
  set_health("down", false);
  EXPECT_THAT(numbers(), ElementsAre(1));
  EXPECT_TRUE(server.result.choices.gave_up);
  EXPECT_LT(server.result.choices.evaluations, kEvaluationsMax + 500);
}

TEST_F(AliasTrees, LeadIntoTheZoneThatTheTargetIsIn) {
  server.add_zone("edges.test.", "other 60 TXT \"x\"");
  server.put({alias_candidate("d1.edges.test.", "", {}, "near.edges.test.", false),
              candidate("near.edges.test.", "1", Failover{true}, "192.0.2.1", "primary"),
              candidate("near.edges.test.", "2", Failover{false}, "192.0.2.2")});
  server.add_zone("customer.test.",
                  "www 0 ALIAS A d1.edges.test.\ngone 0 ALIAS A d2.edges.test.\n"
                  "nowhere 0 ALIAS A d1.elsewhere.test.");
  EXPECT_THAT(numbers("www.customer.test."), ElementsAre(1));
  set_health("primary", false);
  EXPECT_THAT(numbers("www.customer.test."), ElementsAre(2));
  EXPECT_THAT(numbers("gone.customer.test."), IsEmpty());
  EXPECT_THAT(numbers("nowhere.customer.test."), IsEmpty());
}

TEST_F(AliasTrees, ThatAreLoopsHaveNoData) {
  server.put({alias_candidate(kWww, "a", Weighted{1}, kWww, true)});
  EXPECT_THAT(numbers(), IsEmpty());
}

TEST_F(Choices, TheScopeSaysWhatTheAnswerDependsOn) {
  server.put({candidate(kWww, "a", Latency{"us-west-1"}, "10.0.0.1"),
              candidate(kWww, "b", Latency{"eu-central-1"}, "10.0.0.2"),
              candidate("w.example.com.", "a", Weighted{1}, "10.0.0.1"),
              candidate("g.example.com.", "a", Geolocation{"EU", "", ""}, "10.0.0.1"),
              alias_candidate("f.example.com.", "a", Failover{true}, "g.example.com.", true),
              candidate("f.example.com.", "b", Failover{false}, "10.0.0.9")});
  EXPECT_EQ(scope("10.1.2.0/24"), 16);
  EXPECT_EQ(scope("10.1.0.0/16"), 16);
  EXPECT_GT(scope("10.0.0.0/8"), 8) << "clients in it are in several places";
  EXPECT_EQ(scope("2001:db8:1:2::/64"), 48);
  EXPECT_EQ(scope("10.1.2.0/24", "w.example.com."), 0) << "a draw is the same for everybody";
  EXPECT_EQ(scope("10.1.2.0/24", "ns1.example.com."), 0);
  EXPECT_EQ(scope("10.3.2.0/24", "g.example.com."), 16) << "no data for them depends on them too";
  EXPECT_EQ(scope("10.3.2.0/24", "f.example.com."), 16) << "what backing out of a branch looked at counts";
}

TEST_F(Choices, AClientSubnetTakesThePlaceOfTheAddress) {
  server.put({candidate(kWww, "a", Geolocation{"EU", "", ""}, "10.0.0.1"),
              candidate(kWww, "b", Geolocation{"AS", "", ""}, "10.0.0.2")});
  server.client.ip = *net::IpAddress::parse("10.3.0.1");
  const auto with = [this](std::string_view subnet) {
    Ask question{std::string(kWww)};
    question.edns_size = 1232;
    question.options = client_subnet(subnet);
    std::vector<int> out;
    for (const auto& record : ask(question).answers) out.push_back(record.rdata.back());
    return out;
  };
  EXPECT_THAT(with("10.1.0.0/24"), ElementsAre(1));
  EXPECT_THAT(with("2001:db8:1::/56"), ElementsAre(1));
  EXPECT_THAT(with("::ffff:10.1.0.0/120"), ElementsAre(1)) << "an IPv4 address inside IPv6";
  EXPECT_EQ(scope("::ffff:10.1.0.0/120"), 96 + 16);
  EXPECT_THAT(with("0.0.0.0/0"), ElementsAre(2)) << "the client is kept out of it, its resolver is not";
  EXPECT_EQ(scope("0.0.0.0/0"), 16) << "never 0: it is not for everybody";
  EXPECT_THAT(numbers_for("::ffff:10.1.0.1"), ElementsAre(1));
}

TEST_F(Choices, AreExplained) {
  server.put({candidate(kWww, "blue", Weighted{80}, "10.0.0.1", "check-blue"),
              candidate(kWww, "green", Weighted{20}, "10.0.0.2")});
  set_health("check-blue", false);
  Trace trace;
  server.trace = &trace;
  ask({std::string(kWww)});
  const std::string text = trace.to_text();
  EXPECT_THAT(text, HasSubstr("policy     weighted among 2 record sets\n"));
  EXPECT_THAT(text, HasSubstr("blue   weight 80  health check check-blue is unhealthy  dropped: unhealthy"));
  EXPECT_THAT(text, HasSubstr("green  weight 20                                        chosen"));
  EXPECT_THAT(text, HasSubstr("of 0 to 19"));
  EXPECT_THAT(trace.to_json(), HasSubstr("\"weight\": 80, \"health_check\": \"check-blue\", "
                                         "\"health_check_healthy\": false, \"healthy\": false, "
                                         "\"outcome\": \"dropped: unhealthy\""));
}

TEST_F(Choices, ExplainingPlacesTheClientAndChangesNothing) {
  server.put({candidate(kWww, "a", Latency{"us-west-1"}, "10.0.0.1"),
              candidate(kWww, "b", Latency{"eu-central-1"}, "10.0.0.2")});
  server.client.ip = *net::IpAddress::parse("10.1.0.1");
  Trace trace;
  server.trace = &trace;
  EXPECT_THAT(numbers(), ElementsAre(2));
  EXPECT_THAT(trace.to_text(), HasSubstr("10.1.0.1/32 (source address), continent EU, country DE"));
  EXPECT_THAT(trace.to_text(), HasSubstr("b  eu-central-1"));
  server.trace = nullptr;
  EXPECT_THAT(numbers(), ElementsAre(2));
}

}  // namespace
}  // namespace meridian::engines::dns
