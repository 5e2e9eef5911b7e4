#include "apps/drill/dns_reply.h"

#include <gtest/gtest.h>

#include <array>

namespace meridian::apps::drill {
namespace {

net::IpAddress address(int last) {
  return net::IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(last)});
}

TEST(DnsReply, AQuestionIsOneThatServersRead) {
  const auto bytes = dns_query(0x1234, "www.example.com").value();
  const auto query = dns::parse_query(as_bytes(bytes));
  ASSERT_TRUE(query);
  EXPECT_EQ(query->id, 0x1234);
  EXPECT_EQ(query->question.name.to_string(), "www.example.com.");
  EXPECT_EQ(query->question.type, dns::Type::A);
  EXPECT_FALSE(dns_query(1, "not..a.name"));
}

TEST(DnsReply, AddressesHaveTheLeastTtlOfTheAnswer) {
  const auto name = dns::Name::parse("www.example.com.").value();
  dns::Message message;
  message.answers = {{name, dns::Type::CNAME, dns::Class::IN, 30, std::string(name.wire())},
                     {name, dns::Type::A, dns::Class::IN, 60, std::string("\xc0\x00\x02\x01", 4)},
                     {name, dns::Type::A, dns::Class::IN, 60, std::string("\xc0\x00\x02\x02", 4)}};
  const auto reply = read_reply(message).value();
  EXPECT_EQ(reply.ttl, std::chrono::seconds(30));
  EXPECT_EQ(reply.addresses, (std::vector{address(1), address(2)}));
  message.header.rcode = 2;
  EXPECT_FALSE(read_reply(message));
  EXPECT_FALSE(read_reply(dns::Message{}));
  const std::array<std::uint8_t, 3> broken{1, 2, 3};
  EXPECT_FALSE(read_reply(Bytes(broken)));
}

TEST(DnsReply, SharesOfAnswersWithManyAddressesAreDivided) {
  Shares shares;
  add_shares("A 192.0.2.1, A 192.0.2.2, TTL 60", 0.5, shares);
  add_shares("A 192.0.2.1, TTL 60", 0.5, shares);
  add_shares("no data, TTL 900", 0.5, shares);
  EXPECT_EQ(shares, (Shares{{address(1), 0.75}, {address(2), 0.25}}));
}

}  // namespace
}  // namespace meridian::apps::drill
