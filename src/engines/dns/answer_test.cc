// What is not tied to one RFC section: room in messages, refusals, EDNS, aliases, several zones. The rest is
// in tests/conformance/dns_rfc.
#include "engines/dns/answer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "engines/dns/test_server.h"

namespace meridian::engines::dns {
namespace {

using meridian::dns::Message;
using meridian::dns::Rcode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

int code(Rcode rcode) {
  return static_cast<int>(rcode);
}

class Answers : public ::testing::Test {
 protected:
  TestServer server;
  Message ask(const Ask& question) {
    const auto reply = server.ask(question);
    EXPECT_TRUE(reply) << question.name;
    return reply.value_or(Message());
  }
  std::vector<std::string> answer_to(const Ask& question) { return lines_of(ask(question).answers); }
};

std::string many(std::string_view owner, int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) lines += fmt::format("{} 300 A 10.0.{}.{}\n", owner, i / 256, i % 256);
  return lines;
}

TEST_F(Answers, APositiveAnswerCarriesTheNameServersOfItsZone) {
  server.add_zone("example.com.",
                  "@ 172800 NS ns1\n@ 172800 NS ns.example.net.\nns1 60 A 192.0.2.1\nwww 300 A 192.0.2.2");
  const Message reply = ask({"www.example.com."});
  EXPECT_TRUE(reply.header.aa && reply.header.qr);
  EXPECT_THAT(lines_of(reply.answers), ElementsAre("www.example.com. 300 A 192.0.2.2"));
  EXPECT_THAT(lines_of(reply.authorities), ElementsAre("example.com. 172800 NS ns.example.net.",
                                                       "example.com. 172800 NS ns1.example.com."));
  EXPECT_THAT(lines_of(reply.additionals), IsEmpty()) << "addresses are for what was asked for";
}

TEST_F(Answers, NoRecordSetIsInAMessageTwice) {
  server.add_zone("example.com.", "@ 60 NS ns1\n@ 60 MX 10 ns1\n@ 60 MX 20 ns1\nns1 60 A 192.0.2.1");
  EXPECT_THAT(lines_of(ask({"ns1.example.com."}).additionals), IsEmpty());
  EXPECT_THAT(lines_of(ask({"example.com.", "MX"}).additionals),
              ElementsAre("ns1.example.com. 60 A 192.0.2.1"));
  EXPECT_THAT(lines_of(ask({"example.com.", "NS"}).authorities), IsEmpty());
}

TEST_F(Answers, AddressesOfServiceTargetsAreAdded) {
  server.add_zone(
      "example.com.",
      "_s 60 SRV 0 0 80 t\nh 60 HTTPS 1 t\nh2 60 HTTPS 1 .\nt 60 A 192.0.2.1\nt 60 AAAA 2001:db8::1");
  const auto both = ElementsAre("t.example.com. 60 A 192.0.2.1", "t.example.com. 60 AAAA 2001:db8::1");
  EXPECT_THAT(lines_of(ask({"_s.example.com.", "SRV"}).additionals), both);
  EXPECT_THAT(lines_of(ask({"h.example.com.", "HTTPS"}).additionals), both);
  EXPECT_THAT(lines_of(ask({"h2.example.com.", "HTTPS"}).additionals), IsEmpty());
}

TEST_F(Answers, ValuesComeInRandomOrder) {
  server.add_zone("example.com.", many("www", 3));
  std::set<std::string> orders;
  for (int i = 0; i < 200; ++i) {
    std::string order;
    for (const auto& record : ask({"www.example.com."}).answers) order += record.rdata.back();
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 6u);
}

TEST_F(Answers, TheQuestionComesBackInItsOwnCase) {
  server.add_zone("example.com.", "www 300 A 192.0.2.2");
  const Message reply = ask({"wWw.ExAmple.COM."});
  EXPECT_EQ(reply.questions[0].name.to_string(), "wWw.ExAmple.COM.");
  EXPECT_EQ(reply.answers[0].owner.to_string(), "wWw.ExAmple.COM.");
  EXPECT_EQ(reply.header.id, 0x1234);
}

TEST_F(Answers, RefusesWhatIsInNoZoneOfOurs) {
  server.add_zone("example.com.", "");
  for (const char* name : {"example.org.", "com.", ".", "notexample.com."}) {
    const Message reply = ask({name});
    EXPECT_EQ(reply.header.rcode, code(Rcode::Refused)) << name;
    EXPECT_FALSE(reply.header.aa);
    EXPECT_EQ(reply.answers.size() + reply.authorities.size() + reply.additionals.size(), 0u);
  }
}

TEST_F(Answers, RefusesOtherClassesAndZoneTransfers) {
  server.add_zone("example.com.", "");
  EXPECT_EQ(ask({"example.com.", "AXFR", Transport::Tcp}).header.rcode, code(Rcode::Refused));
  EXPECT_EQ(ask({"example.com.", "IXFR"}).header.rcode, code(Rcode::Refused));
  for (const char* name : {"version.bind.", "id.server."}) {
    Ask chaos{name, "TXT"};
    chaos.klass = 3;
    EXPECT_EQ(ask(chaos).header.rcode, code(Rcode::Refused));
  }
}

TEST_F(Answers, EchoesRecursionDesiredButOffersNone) {
  server.add_zone("example.com.", "");
  Ask question{"example.com.", "SOA"};
  question.rd = question.cd = true;
  const Message reply = ask(question);
  EXPECT_TRUE(reply.header.rd && reply.header.cd);
  EXPECT_FALSE(reply.header.ra || reply.header.ad);
}

TEST_F(Answers, RepliesToWhatIsNoQueryWithAHeaderOrNotAtAll) {
  server.add_zone("example.com.", "");
  Ask notify{"example.com.", "SOA"};
  notify.opcode = 4;
  EXPECT_EQ(ask(notify).header.rcode, code(Rcode::NotImp));
  EXPECT_EQ(ask(notify).header.opcode, meridian::dns::Opcode::Notify);
  const std::string good = make_query({"example.com."});
  EXPECT_EQ(server.ask_bytes(good + "x").substr(0, 4), (std::string{0x12, 0x34, '\x80', 1}));
  EXPECT_EQ(server.ask_bytes(good + "x").size(), 12u);
  EXPECT_EQ(server.ask_bytes(good.substr(0, 11)), "");
  std::string response = good;
  response[2] = '\x80';
  EXPECT_EQ(server.ask_bytes(response), "");
}

TEST_F(Answers, AReplyWithoutEdnsStaysIn512Bytes) {
  server.add_zone("example.com.", many("fits", 29) + many("long", 31) + "@ 60 NS ns\nns 60 A 192.0.2.1");
  const Message fits = ask({"fits.example.com."});
  EXPECT_FALSE(fits.header.tc);
  EXPECT_EQ(fits.answers.size(), 29u);
  const Message cut = ask({"long.example.com."});
  EXPECT_TRUE(cut.header.tc);
  EXPECT_TRUE(cut.answers.empty() && cut.authorities.empty() && cut.additionals.empty());
  EXPECT_EQ(ask({"long.example.com.", "A", Transport::Tcp}).answers.size(), 31u);
}

TEST_F(Answers, AReplyIsAsLongAsBothSidesAllow) {
  server.add_zone("example.com.", many("a", 40) + many("b", 80));
  EXPECT_TRUE(ask({"a.example.com.", "A", Transport::Udp, 512}).header.tc);
  EXPECT_FALSE(ask({"a.example.com.", "A", Transport::Udp, 800}).header.tc);
  EXPECT_TRUE(ask({"b.example.com.", "A", Transport::Udp, 4096}).header.tc);
  server.identity.udp_payload_size_max = 4096;
  EXPECT_FALSE(ask({"b.example.com.", "A", Transport::Udp, 4096}).header.tc);
  for (const std::uint16_t size : {0, 100, 512, 700, 1231, 4096}) {
    const std::string reply = server.ask_bytes(make_query({"b.example.com.", "A", Transport::Udp, size}));
    EXPECT_LE(reply.size(), std::max<std::size_t>(size, 512));
  }
}

TEST_F(Answers, OptionalSectionsGoBeforeAnythingIsTruncated) {
  server.add_zone("example.com.", many("www", 28) + "@ 60 NS ns\nns 60 A 192.0.2.1");
  const Message reply = ask({"www.example.com."});
  EXPECT_FALSE(reply.header.tc);
  EXPECT_EQ(reply.answers.size(), 28u);
  EXPECT_EQ(reply.authorities.size(), 1u);
  EXPECT_TRUE(reply.additionals.empty());
}

TEST_F(Answers, GlueBelowTheCutIsRequiredOtherAddressesAreNot) {
  std::string zone = "ns.other 60 A 192.0.2.9\n";
  for (int i = 0; i < 13; ++i)
    zone += fmt::format(
        "in 60 NS ns{0}.in\nns{0}.in 60 A 192.0.2.{0}\nns{0}.in 60 AAAA 2001:db8::{0}\n"
        "out 60 NS ns{0}.other\nns{0}.other 60 A 192.0.2.{0}\nns{0}.other 60 AAAA 2001:db8::{0}\n",
        i);
  server.add_zone("example.com.", zone);
  EXPECT_TRUE(ask({"www.in.example.com."}).header.tc);
  EXPECT_FALSE(ask({"www.in.example.com.", "A", Transport::Udp, 1232}).header.tc);
  const Message out = ask({"www.out.example.com."});
  EXPECT_FALSE(out.header.tc || out.header.aa);
  EXPECT_EQ(out.authorities.size(), 13u);
}

TEST_F(Answers, AnAliasAnswersWithItsTargetsValuesAndTtl) {
  server.add_zone("example.com.",
                  "t 77 A 192.0.2.1\nt 78 TXT \"x\"\n@ 0 ALIAS A b\nb 0 ALIAS A t\n*.w 0 ALIAS A t");
  EXPECT_THAT(answer_to({"example.com."}), ElementsAre("example.com. 77 A 192.0.2.1"));
  EXPECT_THAT(answer_to({"b.example.com."}), ElementsAre("b.example.com. 77 A 192.0.2.1"));
  EXPECT_THAT(answer_to({"x.w.example.com."}), ElementsAre("x.w.example.com. 77 A 192.0.2.1"));
  EXPECT_THAT(answer_to({"b.example.com.", "TXT"}), IsEmpty());
}

TEST_F(Answers, AnAliasThatLeadsNowhereIsNoData) {
  server.add_zone("example.com.",
                  "a 0 ALIAS A b\nb 0 ALIAS A a\nc 0 ALIAS A gone\nd 0 ALIAS A e\ne 60 TXT \"x\"");
  for (const char* name : {"a.example.com.", "c.example.com.", "d.example.com."}) {
    const Message reply = ask({name});
    EXPECT_EQ(reply.header.rcode, code(Rcode::NoError)) << name;
    EXPECT_TRUE(reply.answers.empty());
    EXPECT_THAT(lines_of(reply.authorities), ElementsAre(::testing::HasSubstr("SOA")));
  }
}

TEST_F(Answers, MailServersThatAreAliasesOfOneNameAllGetItsAddresses) {
  server.add_zone("example.com.",
                  "@ 60 MX 1 a\n@ 60 MX 2 b\n@ 60 MX 3 A\na 60 A 192.0.2.1\nb 60 ALIAS A a.example.com.");
  EXPECT_THAT(lines_of(ask({"example.com.", "MX"}).additionals),
              ElementsAre("a.example.com. 60 A 192.0.2.1", "b.example.com. 60 A 192.0.2.1"));
}

TEST_F(Answers, TheRootAsATargetMeansNone) {
  server.add_zone(".", "@ 60 A 192.0.2.1\nm 60 MX 0 .\ns 60 SRV 0 0 0 .\nh 60 HTTPS 1 . alpn=h2");
  for (const auto& [name, type] : {std::pair("m.", "MX"), {"s.", "SRV"}, {"h.", "HTTPS"}})
    EXPECT_THAT(lines_of(ask({name, type}).additionals), IsEmpty()) << type;
}

TEST_F(Answers, AnAliasOfACnameLeadsOn) {
  server.add_zone("example.com.", "a 0 ALIAS CNAME b\nb 50 CNAME t\nt 60 A 192.0.2.1");
  EXPECT_THAT(answer_to({"a.example.com."}),
              ElementsAre("a.example.com. 50 CNAME t.example.com.", "t.example.com. 60 A 192.0.2.1"));
}

TEST_F(Answers, ACnameIsFollowedIntoOtherZonesOfOurs) {
  server.add_zone("a.example.",
                  "www 60 CNAME WWW.b.example.\nout 60 CNAME x.elsewhere.\n@ 60 NS ns.a.example.");
  server.add_zone("b.example.", "www 60 CNAME t.c.b.example.\nc 60 NS ns.c\nns.c 60 A 192.0.2.3");
  const Message reply = ask({"www.a.example."});
  EXPECT_TRUE(reply.header.aa);
  EXPECT_THAT(lines_of(reply.answers), ElementsAre("WWW.b.example. 60 CNAME t.c.b.example.",
                                                   "www.a.example. 60 CNAME WWW.b.example."));
  EXPECT_THAT(lines_of(reply.authorities), ElementsAre("c.b.example. 60 NS ns.c.b.example."));
  EXPECT_THAT(lines_of(reply.additionals), ElementsAre("ns.c.b.example. 60 A 192.0.2.3"));
  EXPECT_THAT(lines_of(ask({"out.a.example."}).authorities), ElementsAre("a.example. 60 NS ns.a.example."));
}

TEST_F(Answers, CnameLoopsAndLongChainsEnd) {
  std::string chain = "a 60 CNAME b\nb 60 CNAME A\nself 60 CNAME self\n";
  for (int i = 0; i < 40; ++i) chain += fmt::format("c{} 60 CNAME c{}\n", i, i + 1);
  server.add_zone("example.com.", chain);
  EXPECT_EQ(answer_to({"a.example.com."}).size(), 2u);
  EXPECT_EQ(answer_to({"self.example.com."}).size(), 1u);
  const Message reply = ask({"c0.example.com.", "A", Transport::Tcp});
  EXPECT_EQ(reply.answers.size(), 16u);
  EXPECT_EQ(reply.header.rcode, code(Rcode::NoError));
}

TEST_F(Answers, DsIsAnsweredOnTheParentsSide) {
  server.add_zone("example.", "sub 60 NS ns.sub\nsub 61 DS 1 13 2 " + std::string(64, 'A'));
  server.add_zone("sub.example.", "@ 60 NS ns");
  EXPECT_EQ(ask({"sub.example.", "DS"}).answers.size(), 1u);
  EXPECT_EQ(ask({"sub.example.", "NS"}).answers.size(), 1u);
  const Message none = ask({"example.", "DS"});
  EXPECT_EQ(none.header.rcode, code(Rcode::NoError));
  EXPECT_TRUE(none.answers.empty() && none.header.aa);
}

TEST_F(Answers, UnknownEdnsVersionsGetBadVers) {
  server.add_zone("example.com.", "www 300 A 192.0.2.2");
  Ask question{"www.example.com.", "A", Transport::Udp, 1232};
  question.edns_version = 1;
  const Message reply = ask(question);
  EXPECT_TRUE(reply.answers.empty());
  ASSERT_EQ(reply.additionals.size(), 1u);
  EXPECT_EQ(reply.additionals[0].ttl >> 24, 1u);  // BADVERS is 16: 1 above the header's four bits
  EXPECT_EQ(reply.additionals[0].ttl >> 16 & 0xff, 0u);
  EXPECT_EQ(reply.header.rcode, 0);
}

TEST_F(Answers, OptComesOnlyToThoseWhoSentOne) {
  server.add_zone("example.com.", "www 300 A 192.0.2.2");
  EXPECT_TRUE(ask({"www.example.com."}).additionals.empty());
  Ask question{"www.example.com.", "A", Transport::Udp, 4096};
  question.dnssec_ok = true;
  const Message reply = ask(question);
  ASSERT_EQ(reply.additionals.size(), 1u);
  EXPECT_EQ(static_cast<int>(reply.additionals[0].klass), 1232);
  EXPECT_EQ(reply.additionals[0].ttl, 0x8000u);
  EXPECT_EQ(reply.additionals[0].rdata, "");
}

TEST_F(Answers, NsidIsToldWhenAskedFor) {
  server.add_zone("example.com.", "www 300 A 192.0.2.2");
  server.identity.nsid = "fra50-c1";
  Ask question{"www.example.com.", "A", Transport::Udp, 1232};
  EXPECT_EQ(ask(question).additionals[0].rdata, "");
  question.options = std::string("\0\3\0\0", 4);
  EXPECT_EQ(ask(question).additionals[0].rdata, std::string("\0\3\0\x08", 4) + "fra50-c1");
}

TEST_F(Answers, AClientCookieIsCompletedAndACompleteOneKept) {
  server.add_zone("example.com.", "www 300 A 192.0.2.2");
  Ask question{"www.example.com.", "A", Transport::Udp, 1232};
  question.options = std::string("\0\x0a\0\x08", 4) + "abcdefgh";
  const std::string first = ask(question).additionals[0].rdata;
  ASSERT_EQ(first.size(), 28u);
  EXPECT_EQ(first.substr(0, 12), std::string("\0\x0a\0\x18", 4) + "abcdefgh");
  question.options = first;
  server.now += std::chrono::seconds(60);
  EXPECT_EQ(ask(question).additionals[0].rdata, first);
  question.options.back() = static_cast<char>(question.options.back() ^ 1);
  EXPECT_NE(ask(question).additionals[0].rdata, first);
}

TEST_F(Answers, AClientSubnetComesBackWithScopeZero) {
  server.add_zone("example.com.", "www 300 A 192.0.2.2");
  Ask question{"www.example.com.", "A", Transport::Udp, 1232};
  question.options = std::string("\0\x08\0\x07\0\1\x18\0\xc0\0\2", 11);
  EXPECT_EQ(ask(question).additionals[0].rdata, question.options);
}

TEST_F(Answers, PaddingFillsBlocksOverTlsAndOnlyThere) {
  std::string lines = "www 300 A 192.0.2.2";
  for (int i = 0; i < 400; ++i) {
    lines += "\nmany 300 TXT " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 150), 'x');
    lines += "\nmost 300 TXT " + std::to_string(i) + std::string(i < 389 ? 148 : 147, 'x');
  }
  server.add_zone("example.com.", lines);
  server.identity.nsid = "fra50-c1";
  const std::string padding("\0\x0c\0\1\0", 5);
  for (const std::string& options : {padding, padding + std::string("\0\3\0\0", 4)}) {
    Ask question{"www.example.com.", "A", Transport::Tls, 1232};
    question.options = options;
    EXPECT_EQ(server.ask_bytes(make_query(question), Transport::Tls).size(), 468u);
    EXPECT_LT(server.ask_bytes(make_query(question), Transport::Tcp).size(), 200u);
    EXPECT_LT(server.ask_bytes(make_query(question), Transport::Udp).size(), 200u);
  }
  Ask large{"many.example.com.", "TXT", Transport::Tls, 1232};
  large.options = padding;
  const std::size_t size = server.ask_bytes(make_query(large), Transport::Tls).size();
  EXPECT_GT(size, 468u * 20);
  EXPECT_EQ(size % 468, 0u);
  // 65,524 bytes without padding: beyond the last whole block of what two bytes of length can say.
  large.name = "most.example.com.";
  const Message reply = ask(large);
  EXPECT_EQ(reply.answers.size(), 400u);
  EXPECT_EQ(server.ask_bytes(make_query(large), Transport::Tls).size(), kTcpSizeMax);
}

TEST_F(Answers, TheSmallestMessageHoldsTheLargestQuestionAndAllOptions) {
  const std::string label(63, 'x');
  server.add_zone(".", "");
  server.identity.nsid = std::string(300, 'n');
  Ask question{label + "." + label + "." + label + "." + std::string(61, 'y') + ".", "A", Transport::Udp,
               512};
  question.options = std::string("\0\3\0\0", 4) + std::string("\0\x0a\0\x08", 4) + "abcdefgh" +
                     std::string("\0\x08\0\x14\0\2\x80\0", 8) + std::string(16, '\x20');
  const Message reply = ask(question);
  EXPECT_EQ(reply.header.rcode, code(Rcode::NXDomain));
  EXPECT_EQ(reply.additionals.at(0).rdata.size(), 4u + 128 + 4 + 24 + 4 + 20);
}

TEST_F(Answers, ExplainTellsTheSameStory) {
  server.add_zone("example.com.", "*.w 60 CNAME b\nb 0 ALIAS A t\nt 60 A 192.0.2.1", "Z7");
  Trace trace;
  server.trace = &trace;
  ask({"x.w.example.com."});
  const std::string text = trace.to_text();
  for (const char* part :
       {"example.com. (Z7)", "*.w.example.com. stands for", "x.w.example.com. leads to b.example.com.",
        "stands for t.example.com. A", "b.example.com. 60 A, 1 value", "NOERROR, authoritative"})
    EXPECT_THAT(text, ::testing::HasSubstr(part));
  EXPECT_THAT(trace.to_json(), ::testing::StartsWith("[{\"step\": \"zone\", \"text\": \"example.com. (Z7)"));
}

}  // namespace
}  // namespace meridian::engines::dns
