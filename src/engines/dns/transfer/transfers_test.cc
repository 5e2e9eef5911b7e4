#include "engines/dns/transfer/transfers.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engines/dns/transfer/test_world.h"

namespace meridian::engines::dns::transfer {
namespace {

using meridian::dns::Name;
using meridian::dns::Rcode;
using meridian::dns::TsigError;
using meridian::dns::TsigSigner;
using meridian::dns::TsigVerifier;
using snapshots::dns::address;
using snapshots::dns::alias;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

Rcode rcode_of(const meridian::dns::Message& message) {
  return static_cast<Rcode>(message.header.rcode);
}
TsigError tsig_error_of(Bytes reply) {
  const auto found = meridian::dns::find_tsig(reply);
  return found && *found ? (*found)->tsig.error : TsigError::None;
}

TEST(Axfr, TheWholeZoneBetweenTwoSoas) {
  World world;
  world.make_zone("example.com.",
                  {address("a.example.com.", 1), address("*.b.example.com.", 2),
                   alias("example.com.", Type::A, "a.example.com."),
                   alias("none.example.com.", Type::A, "absent.example.com.")},
                  5);
  auto lines = world.transfer("example.com.", Type::AXFR);
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines.front(), "SOA 5");
  EXPECT_EQ(lines.back(), "SOA 5");
  lines.pop_back();
  EXPECT_THAT(lines, UnorderedElementsAre("SOA 5", "a.example.com. A 0a000001", "*.b.example.com. A 0a000002",
                                          "example.com. A 0a000001"));
  EXPECT_EQ(world.metric("meridian_dns_transfers_total{result=\"completed\"}"), "1");
  EXPECT_EQ(world.metric("meridian_dns_transfer_records_total"), "5");
  EXPECT_EQ(world.metric("meridian_dns_transfers_running"), "0");
}

TEST(Axfr, ALargeZoneGoesOutInMessagesAndInOneVersion) {
  World world;
  std::vector<RecordSet> sets;
  for (int i = 0; i < 3000; ++i) sets.push_back(address(fmt::format("host{}.example.com.", i)));
  world.make_zone("example.com.", sets, 5);
  auto running = world.begin(world.query("example.com.", Type::AXFR));
  ASSERT_TRUE(running);
  std::vector<std::uint8_t> buffer(65535);
  ASSERT_LE(running->stream().next(buffer, SystemTime{}), Stream::kMessageSize);
  world.edit("example.com.", {address("new.example.com.")}, {{wire("host1.example.com."), Type::A, ""}}, 6);
  std::size_t messages = 1;
  const auto rest = World::lines(*running, &messages);
  EXPECT_GT(messages, 2u);
  EXPECT_EQ(running->stream().records_sent(), 3002u);
  EXPECT_EQ(rest.back(), "SOA 5") << "the version of its first message";
  EXPECT_THAT(world.transfer("example.com.", Type::AXFR), testing::Contains("new.example.com. A 0a000001"));
}

TEST(Axfr, ARecordLargerThanTheUsualMessageGetsALargerOne) {
  World world;
  std::vector<std::string> strings(1);
  for (int i = 0; i < 120; ++i) strings[0] += "\xff" + std::string(255, 'x');
  world.make_zone("example.com.", {snapshots::dns::record_set("t.example.com.", Type::TXT, 60, strings)});
  EXPECT_EQ(world.transfer("example.com.", Type::AXFR).size(), 3u);
}

TEST(Access, NobodyButWhomARuleNames) {
  World world;
  world.make_zone("example.com.", {});
  const std::string axfr = world.query("example.com.", Type::AXFR);
  EXPECT_TRUE(world.begin(axfr));
  EXPECT_FALSE(world.begin(world.query("www.example.com.", Type::AXFR)));
  EXPECT_EQ(rcode_of(world.ask(world.query("www.example.com.", Type::AXFR))), Rcode::NotAuth);
  EXPECT_EQ(rcode_of(world.ask(axfr, Transport::Udp)), Rcode::FormErr);

  world.client.ip = net::IpAddress::v4({198, 51, 100, 1});
  EXPECT_FALSE(world.begin(axfr));
  EXPECT_EQ(rcode_of(world.ask(axfr)), Rcode::Refused);
  EXPECT_EQ(rcode_of(world.ask(world.query("other.example.", Type::AXFR))), Rcode::Refused)
      << "a stranger does not learn which zones there are";
  EXPECT_EQ(world.metric("meridian_dns_transfers_total{result=\"refused\"}"), "4");
}

TEST(Access, AKeyOpensAndSignsEveryMessage) {
  World world(World::allowing("key:key.example."));
  std::vector<RecordSet> sets;
  for (int i = 0; i < 2000; ++i) sets.push_back(address(fmt::format("host{}.example.com.", i)));
  world.make_zone("example.com.", sets);
  EXPECT_FALSE(world.begin(world.query("example.com.", Type::AXFR))) << "not signed";

  const auto key = World::key();
  TsigSigner signer(key);
  auto running = world.begin(world.query("example.com.", Type::AXFR, std::nullopt, &signer));
  ASSERT_TRUE(running);
  TsigVerifier verifier(key, signer.mac());
  std::vector<std::uint8_t> buffer(65535);
  int messages = 0;
  for (; !running->stream().at_end(); ++messages) {
    const std::size_t size = running->stream().next(buffer, world.clock.now());
    EXPECT_TRUE(verifier.verify(Bytes(buffer).first(size), world.clock.now()));
    EXPECT_TRUE(verifier.last_was_signed());
  }
  EXPECT_GT(messages, 1);
}

TEST(Access, WrongKeysAreToldSo) {
  World world(World::allowing("key:key.example."));
  world.make_zone("example.com.", {});
  auto key = World::key();
  key.secret = "wrong";
  TsigSigner wrong(key);
  EXPECT_EQ(rcode_of(world.ask(world.query("example.com.", Type::AXFR, std::nullopt, &wrong))),
            Rcode::NotAuth);
  EXPECT_EQ(tsig_error_of(world.last_reply()), TsigError::BadSig);

  key.name = *Name::parse("other.example.");
  TsigSigner unknown(key);
  EXPECT_EQ(rcode_of(world.ask(world.query("example.com.", Type::AXFR, std::nullopt, &unknown))),
            Rcode::NotAuth);
  EXPECT_EQ(tsig_error_of(world.last_reply()), TsigError::BadKey);

  key = World::key();
  TsigSigner late(key);
  const std::string query = world.query("example.com.", Type::AXFR, std::nullopt, &late);
  world.clock.advance(std::chrono::minutes(6));
  EXPECT_FALSE(world.begin(query));
  EXPECT_EQ(rcode_of(world.ask(query)), Rcode::NotAuth);
  EXPECT_EQ(tsig_error_of(world.last_reply()), TsigError::BadTime);
  EXPECT_EQ(world.metric("meridian_dns_tsig_failures_total"), "3");
}

TEST(Access, ASignedQuestionGetsASignedAnswer) {
  World world(World::allowing("key:key.example."));
  world.make_zone("example.com.", {address("a.example.com.")});
  const auto key = World::key();
  TsigSigner signer(key);
  const auto reply = world.ask(world.query("a.example.com.", Type::A, std::nullopt, &signer), Transport::Udp);
  EXPECT_EQ(reply.answers.size(), 1u);
  TsigVerifier verifier(key, signer.mac());
  EXPECT_TRUE(verifier.verify(world.last_reply(), world.clock.now()));
}

TEST(Access, ASignedReplyThatIsTooLongIsTruncated) {
  World world(World::allowing("key:key.example."));
  std::vector<std::string> values;
  for (char i = 0; i < 28; ++i) values.push_back(std::string("\x0a\0\0", 3) + i);
  world.make_zone("example.com.", {snapshots::dns::record_set("a.example.com.", Type::A, 60, values)});
  const auto key = World::key();
  TsigSigner signer(key);
  const auto reply = world.ask(world.query("a.example.com.", Type::A, std::nullopt, &signer), Transport::Udp);
  EXPECT_TRUE(reply.header.tc);
  EXPECT_LE(world.last_reply().size(), 512u);
  TsigVerifier verifier(key, signer.mac());
  EXPECT_TRUE(verifier.verify(world.last_reply(), world.clock.now()));
}

TEST(Access, APrefixWithAKeyWantsBoth) {
  const auto rule = parse_access_rule("192.0.2.0/24,key:key.example.").value();
  const auto inside = net::IpAddress::v4({192, 0, 2, 1}), outside = net::IpAddress::v4({192, 0, 3, 1});
  const Name key = *Name::parse("KEY.example."), other = *Name::parse("other.");
  EXPECT_TRUE(is_allowed({&rule, 1}, inside, &key));
  EXPECT_FALSE(is_allowed({&rule, 1}, outside, &key));
  EXPECT_FALSE(is_allowed({&rule, 1}, inside, &other));
  EXPECT_FALSE(is_allowed({&rule, 1}, inside, nullptr));
  EXPECT_FALSE(is_allowed({}, inside, &key));
}

TEST(Access, RulesAndTargetsAreReadAsDocumented) {
  EXPECT_EQ(parse_access_rule("192.0.2.7")->prefix->to_string(), "192.0.2.7/32");
  EXPECT_EQ(parse_access_rule("2001:db8::/32")->prefix->bits, 32);
  EXPECT_EQ(parse_access_rule("key:a.example")->key->to_string(), "a.example.");
  for (const char* wrong : {"", "192.0.2.7/24", "x", "key:a,192.0.2.7", "192.0.2.7,a", "key:a..b"})
    EXPECT_FALSE(parse_access_rule(wrong)) << wrong;

  EXPECT_EQ(parse_notify_target("192.0.2.1")->address.to_string(), "192.0.2.1:53");
  const auto target = parse_notify_target("2001:db8::1@5353,key:a.example.");
  EXPECT_EQ(target->address.to_string(), "[2001:db8::1]:5353");
  EXPECT_EQ(target->key->to_string(), "a.example.");
  for (const char* wrong :
       {"", "192.0.2.1:53", "192.0.2.1@0", "192.0.2.1@53x", "192.0.2.1,a", "192.0.2.1@70000"})
    EXPECT_FALSE(parse_notify_target(wrong)) << wrong;
}

TEST(Access, TransfersAtATimeAreLimited) {
  TransferOptions options = World::allowing("192.0.2.0/24");
  options.streams_max = 2;
  World world(std::move(options));
  world.make_zone("example.com.", {});
  const std::string axfr = world.query("example.com.", Type::AXFR);
  auto first = world.begin(axfr), second = world.begin(axfr);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(world.begin(axfr));
  EXPECT_EQ(rcode_of(world.ask(axfr)), Rcode::ServFail);
  EXPECT_EQ(world.metric("meridian_dns_transfers_running"), "2");
  first.reset();
  EXPECT_TRUE(world.begin(axfr));
  EXPECT_EQ(world.metric("meridian_dns_transfers_total{result=\"cut\"}"), "2");
}

TEST(Access, TheHiddenZoneIsSeenByThoseWhoMayTakeItOnly) {
  TransferOptions options = World::allowing("192.0.2.0/24");
  options.hidden_zone = *Name::parse("catalog.example.");
  World world(std::move(options));
  world.make_zone("catalog.example.", {address("a.catalog.example.")});
  const std::string question = world.query("A.Catalog.example.", Type::A);
  EXPECT_EQ(world.ask(question, Transport::Udp).answers.size(), 1u);
  world.client.ip = net::IpAddress::v4({198, 51, 100, 1});
  EXPECT_EQ(rcode_of(world.ask(question, Transport::Udp)), Rcode::Refused);
  EXPECT_EQ(rcode_of(world.ask(world.query("catalog.example.", Type::SOA), Transport::Udp)), Rcode::Refused);
  EXPECT_FALSE(world.transfers.concerns(as_bytes(world.query("xcatalog.example.", Type::A))));
}

TEST(Concerns, OrdinaryQueriesAreNotItsBusiness) {
  World world;
  EXPECT_FALSE(world.transfers.concerns(as_bytes(world.query("a.example.com.", Type::A))));
  EXPECT_FALSE(world.transfers.concerns(as_bytes(make_query({.name = "a.", .edns_size = 1232}))));
  EXPECT_FALSE(world.transfers.concerns(as_bytes(make_query({.name = "a.", .type = "AXFR", .opcode = 4}))));
  EXPECT_FALSE(world.transfers.concerns({}));
  EXPECT_TRUE(world.transfers.concerns(as_bytes(world.query("a.", Type::IXFR))));
  const std::string broken = world.query("a.", Type::IXFR, 5);
  EXPECT_EQ(rcode_of(world.ask(broken.substr(0, broken.size() - 1))), Rcode::FormErr);
  EXPECT_EQ(rcode_of(world.ask(world.query("a.", Type::IXFR))), Rcode::FormErr) << "no SOA of the client";
}

}  // namespace
}  // namespace meridian::engines::dns::transfer
