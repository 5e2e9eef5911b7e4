#include "upstream/address_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "upstream/played_dns.h"

namespace meridian::upstream {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

std::optional<AddressAnswer> read(const PlayedAnswer& answer, const std::string& asked = "www.example.com") {
  return read_address_answer(as_bytes(answer.to(7, dns::Name::parse(asked).value())), 7,
                             dns::Name::parse("www.example.com").value());
}
std::vector<std::string> addresses(const AddressAnswer& answer) {
  std::vector<std::string> texts;
  for (const net::IpAddress& address : answer.addresses) texts.push_back(address.to_string());
  return texts;
}

TEST(AddressQuestion, IsOneThatAServerUnderstands) {
  const auto query =
      dns::parse_query(as_bytes(question_bytes(7, dns::Name::parse("www.example.com").value(), dns::Type::A)))
          .value();
  EXPECT_EQ(query.id, 7);
  EXPECT_EQ(query.flags & dns::kRecursionDesired, dns::kRecursionDesired);
  EXPECT_EQ(query.question.name.to_string(), "www.example.com.");
  EXPECT_EQ(query.question.type, dns::Type::A);
  EXPECT_EQ(query.edns->udp_payload_size, kAnswerBytesMax);
}

TEST(AddressAnswer, HasTheAddressesAndTheSmallestTtlOnTheWay) {
  PlayedAnswer answer;
  answer.alias("www.example.com", "a.example.net", 20);
  answer.address("a.example.net", {192, 0, 2, 1}, 60);
  answer.address("a.example.net", {192, 0, 2, 2}, 60);
  answer.address("other.example.net", {192, 0, 2, 3}, 1);
  const auto read_one = read(answer).value();
  EXPECT_THAT(addresses(read_one), ElementsAre("192.0.2.1", "192.0.2.2"));
  EXPECT_EQ(read_one.lives, seconds(20));
  EXPECT_FALSE(read_one.at);
}

TEST(AddressAnswer, SaysWhereAliasesLeadThatItDoesNotFollow) {
  PlayedAnswer answer;
  answer.alias("www.example.com", "a.example.net", 20);
  const auto read_one = read(answer).value();
  EXPECT_THAT(addresses(read_one), IsEmpty());
  EXPECT_EQ(read_one.at->to_string(), "a.example.net.");
}

TEST(AddressAnswer, DoesNotRunInCircles) {
  PlayedAnswer answer;
  answer.alias("www.example.com", "a.example.net", 20);
  answer.alias("a.example.net", "www.example.com", 20);
  EXPECT_TRUE(read(answer));
}

TEST(AddressAnswer, IsNoneOfAnotherQuestion) {
  PlayedAnswer answer;
  answer.address("www.example.com", {192, 0, 2, 1}, 60);
  const dns::Name name = dns::Name::parse("www.example.com").value();
  EXPECT_TRUE(read(answer));
  EXPECT_TRUE(read(answer, "WWW.example.com"));
  EXPECT_FALSE(read(answer, "example.com"));
  EXPECT_FALSE(read_address_answer(as_bytes(answer.to(8, name)), 7, name));
  EXPECT_FALSE(read_address_answer(as_bytes(question_bytes(7, name, meridian::dns::Type::A)), 7, name))
      << "the question itself";
  EXPECT_FALSE(read_address_answer({}, 7, name));
}

TEST(AddressAnswer, NamesRcodesAsRoute53Does) {
  PlayedAnswer answer;
  answer.rcode = dns::Rcode::NXDomain;
  EXPECT_EQ(shown(read(answer)->rcode), "Rcode NXDomain(3)");
  EXPECT_EQ(shown(dns::Rcode::ServFail), "Rcode ServFail(2)");
  EXPECT_EQ(shown(static_cast<dns::Rcode>(11)), "Rcode (11)");
}

TEST(AddressAnswer, ATtlOfYearsIsOneOfADay) {
  PlayedAnswer answer;
  answer.address("www.example.com", {192, 0, 2, 1}, 0x7fffffff);
  EXPECT_EQ(read(answer)->lives, std::chrono::hours(24));
  PlayedAnswer negative;
  negative.address("www.example.com", {192, 0, 2, 1}, 0x80000000);
  EXPECT_EQ(read(negative)->lives, seconds(0));
}

}  // namespace
}  // namespace meridian::upstream
