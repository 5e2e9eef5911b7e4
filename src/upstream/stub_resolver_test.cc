#include "upstream/stub_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "upstream/played_dns.h"

namespace meridian::upstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const net::Address kFirst = net::Address::parse("192.0.2.53:53").value();
const net::Address kSecond = net::Address::parse("[2001:db8::53]:53").value();

PlayedAnswer address(const std::string& name, int last = 1, std::uint32_t ttl = 30) {
  PlayedAnswer answer;
  answer.address(name, {198, 51, 100, last}, ttl);
  return answer;
}
PlayedAnswer only(dns::Rcode rcode) {
  return {.rcode = rcode};
}

class StubResolverTest : public testing::Test {
 protected:
  void look_up(const std::string& name) {
    lookups.push_back(resolver.look_up(name, [this](Result<net::IpAddress> found) {
      told.push_back(found ? found->to_string() : found.error().message);
    }));
  }
  std::vector<std::string> tell() {
    loop.advance(Duration::zero());
    return std::exchange(told, {});
  }

  DatagramLoop loop;
  SeededRandom random{5};
  Metrics metrics;
  StubResolver resolver{loop, random, {kFirst, kSecond}, metrics};
  std::vector<std::string> told;
  std::vector<std::unique_ptr<NameLookup>> lookups;
};

TEST_F(StubResolverTest, AsksAndRemembersForTheTimeOfTheAnswer) {
  look_up("www.example.com");
  ASSERT_THAT(loop.sent, SizeIs(1));
  EXPECT_EQ(loop.sent[0].to, kFirst);
  loop.answer(address("www.example.com"));
  EXPECT_THAT(tell(), ElementsAre("198.51.100.1"));
  EXPECT_THAT(loop.sockets, IsEmpty());
  look_up("WWW.example.com");
  EXPECT_THAT(told, IsEmpty()) << "never from inside";
  EXPECT_THAT(tell(), ElementsAre("198.51.100.1"));
  EXPECT_THAT(loop.sent, SizeIs(1));
  loop.advance(seconds(30));
  look_up("www.example.com");
  ASSERT_THAT(loop.sent, SizeIs(2));
  loop.answer(address("www.example.com", 2, 0));
  EXPECT_THAT(tell(), ElementsAre("198.51.100.2"));
  look_up("www.example.com");
  EXPECT_THAT(loop.sent, SizeIs(3)) << "a TTL of 0 is of this answer only";
}

TEST_F(StubResolverTest, OneQuestionServesAllWhoAskMeanwhile) {
  for (int i = 0; i < 3; ++i) look_up("www.example.com");
  EXPECT_THAT(loop.sent, SizeIs(1));
  lookups[1].reset();
  loop.answer(address("www.example.com"));
  EXPECT_THAT(tell(), SizeIs(2));
}

TEST_F(StubResolverTest, AnyOfSeveralAddressesMayBeTheOne) {
  PlayedAnswer answer = address("www.example.com", 1);
  answer.address("www.example.com", {198, 51, 100, 2}, 30);
  look_up("www.example.com");
  loop.answer(answer);
  for (int i = 0; i < 50; ++i) look_up("www.example.com");
  const auto found = tell();
  EXPECT_THAT(found, testing::Contains("198.51.100.1"));
  EXPECT_THAT(found, testing::Contains("198.51.100.2"));
}

TEST_F(StubResolverTest, SaysWhyThereIsNone) {
  look_up("none.example.com");
  loop.answer(only(dns::Rcode::NXDomain));
  EXPECT_THAT(tell(), ElementsAre("Rcode NXDomain(3)"));
  look_up("none.example.com");
  EXPECT_THAT(tell(), ElementsAre("Rcode NXDomain(3)"));
  EXPECT_THAT(loop.sent, SizeIs(1));
  loop.advance(kFailureKept);
  look_up("none.example.com");
  loop.answer({});
  EXPECT_THAT(tell(), ElementsAre("The name has no A record."));
  look_up("a..b");
  EXPECT_THAT(tell(), ElementsAre("The name is no domain name."));
}

TEST_F(StubResolverTest, AResolverThatRefusesOrFailsGivesWayToTheNext) {
  look_up("www.example.com");
  loop.answer(only(dns::Rcode::Refused));
  ASSERT_THAT(loop.sent, SizeIs(2));
  EXPECT_EQ(loop.sent[1].to, kSecond);
  loop.answer(address("www.example.com"));
  EXPECT_THAT(tell(), ElementsAre("198.51.100.1"));
  look_up("b.example.com");
  loop.answer(only(dns::Rcode::ServFail));
  loop.answer(only(dns::Rcode::Refused));
  EXPECT_THAT(tell(), ElementsAre("Rcode Refused(5)"));
  EXPECT_THAT(loop.sent, SizeIs(4)) << "who said that he does not know is not asked again";
}

TEST_F(StubResolverTest, SilentOnesAreAskedTwiceInTurn) {
  look_up("www.example.com");
  loop.advance(milliseconds(3'999));
  std::vector<net::Address> asked;
  for (const auto& sent : loop.sent) asked.push_back(sent.to);
  EXPECT_THAT(asked, ElementsAre(kFirst, kSecond, kFirst, kSecond));
  EXPECT_THAT(told, IsEmpty());
  loop.advance(milliseconds(1));
  EXPECT_THAT(tell(), ElementsAre("The DNS server did not answer."));
  EXPECT_THAT(loop.sockets, IsEmpty());
}

TEST_F(StubResolverTest, OthersAreNotBelieved) {
  look_up("www.example.com");
  const net::Address stranger = net::Address::parse("192.0.2.66:53").value();
  loop.answer(address("www.example.com", 66), stranger);
  loop.answer(address("www.example.com", 66), {}, 1);
  EXPECT_THAT(tell(), IsEmpty());
  loop.answer(address("www.example.com", 1));
  EXPECT_THAT(tell(), ElementsAre("198.51.100.1"));
}

TEST_F(StubResolverTest, FollowsAnAliasThatTheServerDoesNot) {
  look_up("www.example.com");
  PlayedAnswer alias;
  alias.alias("www.example.com", "a.example.net", 5);
  loop.answer(alias);
  EXPECT_EQ(loop.asked_last(), "a.example.net.");
  loop.answer(address("a.example.net"));
  EXPECT_THAT(tell(), ElementsAre("198.51.100.1"));
  loop.advance(seconds(5));
  look_up("www.example.com");
  EXPECT_THAT(loop.sent, SizeIs(3)) << "the alias lived for five seconds";
  for (std::size_t i = 0; i <= kAliasesMax; ++i) {
    PlayedAnswer next;
    next.alias(loop.asked_last(), "a" + std::to_string(i) + ".example.net", 5);
    loop.answer(next);
  }
  EXPECT_THAT(tell(), ElementsAre("The name is an alias of too many others."));
}

TEST_F(StubResolverTest, ManyNamesWaitForTheirTurn) {
  for (std::size_t i = 0; i < kQuestionsMax + 10; ++i) look_up(std::to_string(i) + ".example.com");
  EXPECT_EQ(resolver.asking(), kQuestionsMax);
  EXPECT_EQ(loop.sockets_most, kQuestionsMax);
  loop.answer(address(loop.asked_last()));
  EXPECT_EQ(resolver.asking(), kQuestionsMax);
  loop.advance(seconds(60));
  EXPECT_EQ(told.size(), kQuestionsMax + 10);
  EXPECT_EQ(loop.sockets_most, kQuestionsMax);
}

TEST_F(StubResolverTest, GivingUpLeavesNothingBehind) {
  for (std::size_t i = 0; i < kQuestionsMax + 10; ++i) look_up(std::to_string(i) + ".example.com");
  lookups.clear();
  loop.advance(seconds(60));
  EXPECT_THAT(told, IsEmpty());
  EXPECT_EQ(loop.sent.size(), kQuestionsMax * 4) << "who has not been asked for yet is not";
  EXPECT_EQ(loop.timers(), 0u);
}

TEST_F(StubResolverTest, EveryQuestionHasAnIdOfItsOwn) {
  std::set<std::uint16_t> ids;
  for (int i = 0; i < 50; ++i) {
    look_up(std::to_string(i) + ".example.com");
    ids.insert(dns::parse_query(as_bytes(loop.sent.back().bytes))->id);
  }
  EXPECT_GT(ids.size(), 45u);
}

}  // namespace
}  // namespace meridian::upstream
