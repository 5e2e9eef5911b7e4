// Limits as clients meet them: what they ask is answered, comes back truncated, or is lost.
#include "engines/dns/rate_limit.h"

#include <gtest/gtest.h>

#include "engines/dns/test_server.h"

namespace meridian::engines::dns {
namespace {

using meridian::dns::Message;

class RateLimitTest : public testing::Test {
 protected:
  RateLimitTest() {
    server.add_zone("one.test.",
                    "www 60 A 192.0.2.1\n"
                    "mail 60 A 192.0.2.2\n"
                    "*.any 60 A 192.0.2.3\n"
                    "sub 60 NS ns.elsewhere.");
    server.add_zone("two.test.", "www 60 A 192.0.2.1");
  }
  void limit(const RateLimitOptions& options) {
    limits = std::make_unique<RateLimit>(options, 1, server.random);
  }

  // 'a' answered, 't' truncated and empty, 'r' refused, '-' nothing, for each of `count` queries.
  std::string ask(const Ask& question, int count, const char* from = "198.51.100.1") {
    std::string seen;
    for (int i = 0; i < count; ++i) seen += ask_once(question, from);
    return seen;
  }
  std::string ask_each(std::initializer_list<const char*> names) {
    std::string seen;
    for (const char* name : names) seen += ask({name}, 1);
    return seen;
  }
  char ask_once(const Ask& question, const char* from) {
    std::string out(4096, '\0');
    const net::Address client{net::IpAddress::parse(from).value(), 5353};
    const AnswerContext context{client, question.transport, server.random, server.identity, server.now};
    const AnswerResult result =
        answer(make_query(question), context, {reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
    if (result.size == 0) return '-';
    last = meridian::dns::parse_message(as_bytes(std::string_view(out).substr(0, result.size))).value();
    EXPECT_EQ(last.header.tc, result.truncated);
    if (last.header.tc) return last.answers.empty() && last.authorities.empty() ? 't' : 'T';
    return last.header.rcode == static_cast<std::uint8_t>(meridian::dns::Rcode::Refused) ? 'r' : 'a';
  }
  // As serve_query() does it.
  AnswerResult answer(std::string_view query, const AnswerContext& context, MutableBytes out) {
    if (const auto refused = limits->refuse(as_bytes(query), context, out)) return *refused;
    AnswerResult result = dns::answer(as_bytes(query), *server.snapshot, context, out);
    limits->apply(as_bytes(query), context, out, result);
    return result;
  }
  std::uint64_t counted(LimitCounters::Reason reason, LimitCounters::Action action) const {
    return limits->counters().cells[static_cast<std::size_t>(reason)][static_cast<std::size_t>(action)];
  }

  TestServer server;
  std::unique_ptr<RateLimit> limits;
  Message last;
};

TEST_F(RateLimitTest, LikeAnswersToOnePrefixAreLimitedAndEverySecondSlips) {
  limit({.responses_per_second = 3});
  EXPECT_EQ(ask({"www.one.test."}, 7), "aaa-t-t");
  EXPECT_EQ(ask({"www.one.test."}, 1, "198.51.100.200"), "-") << "the same /24";
  EXPECT_EQ(ask({"www.one.test."}, 1, "198.51.101.1"), "a") << "another";
  EXPECT_EQ(ask({"mail.one.test."}, 3), "aaa") << "another name";
  EXPECT_EQ(counted(LimitCounters::Reason::Response, LimitCounters::Action::Drop), 3u);
  EXPECT_EQ(counted(LimitCounters::Reason::Response, LimitCounters::Action::Slip), 2u);
  server.now += std::chrono::seconds(1);
  EXPECT_EQ(ask({"www.one.test."}, 4), "aaa-");
}

TEST_F(RateLimitTest, ATruncatedAnswerIsACompleteMessageWithTheQuestionAndACookie) {
  limit({.responses_per_second = 1, .slip = 1});
  const Ask question{.name = "www.one.test.",
                     .edns_size = 1232,
                     .options = std::string("\0\x0a\0\x08"
                                            "01234567",
                                            12)};
  EXPECT_EQ(ask(question, 2), "at");
  ASSERT_EQ(last.questions.size(), 1u);
  EXPECT_EQ(last.questions[0].name.to_string(), "www.one.test.");
  ASSERT_EQ(last.additionals.size(), 1u) << "OPT, or the client would believe that there is no EDNS here";
  EXPECT_EQ(last.additionals[0].rdata.size(), 4 + kClientCookieSize + kServerCookieSize);
}

TEST_F(RateLimitTest, SlipMayBeNeverOrAlways) {
  limit({.responses_per_second = 1, .slip = 0});
  EXPECT_EQ(ask({"www.one.test."}, 4), "a---");
  limit({.responses_per_second = 1, .slip = 1});
  EXPECT_EQ(ask({"www.one.test."}, 4), "attt");
  limit({.responses_per_second = 1, .slip = 3});
  EXPECT_EQ(ask({"www.one.test."}, 7), "a--t--t");
}

TEST_F(RateLimitTest, NegativeAnswersOfAZoneAreOneClassWhateverTheName) {
  limit({.responses_per_second = 2, .slip = 0});
  EXPECT_EQ(ask_each({"a.one.test.", "b.one.test.", "c.one.test."}), "aa-");
  EXPECT_EQ(ask({"c.two.test."}, 1), "a") << "another zone";
  EXPECT_EQ(ask({"www.one.test.", "MX"}, 3), "aa-") << "no data is another class";
}

TEST_F(RateLimitTest, NamesThatAWildcardMakesAndNamesBelowACutAreOneClass) {
  limit({.responses_per_second = 2, .slip = 0});
  EXPECT_EQ(ask_each({"1.any.one.test.", "2.any.one.test.", "3.any.one.test."}), "aa-");
  EXPECT_EQ(ask_each({"1.sub.one.test.", "2.sub.one.test.", "3.sub.one.test."}), "aa-");
}

TEST_F(RateLimitTest, RefusalsAndErrorsAreLimitedToo) {
  limit({.responses_per_second = 2, .slip = 0});
  EXPECT_EQ(ask_each({"a.elsewhere.", "b.elsewhere.", "c.elsewhere."}), "rr-");
  const Ask update{.name = "www.one.test.", .opcode = 5};
  EXPECT_EQ(ask(update, 3), "aa-");
}

TEST_F(RateLimitTest, WhoProvesItsAddressIsNotLimited) {
  limit({.responses_per_second = 1, .slip = 0});
  EXPECT_EQ(ask({.name = "www.one.test.", .transport = Transport::Tcp}, 4), "aaaa");
  const std::string client_cookie = "01234567";
  const auto seconds = static_cast<std::uint32_t>(server.now.time_since_epoch() / std::chrono::seconds(1));
  const auto with_cookie = [&](const char* of) {
    const ServerCookie ours = make_server_cookie(server.identity.cookie_secret, client_cookie,
                                                 net::IpAddress::parse(of).value(), seconds);
    return Ask{
        .name = "www.one.test.",
        .edns_size = 1232,
        .options = std::string("\0\x0a\0\x18", 4) + client_cookie + std::string(ours.begin(), ours.end())};
  };
  EXPECT_EQ(ask(with_cookie("198.51.100.1"), 4), "aaaa");
  EXPECT_EQ(ask(with_cookie("198.51.100.2"), 2), "--") << "somebody else's cookie";
}

TEST_F(RateLimitTest, ExemptPrefixesHaveNoLimit) {
  const auto exempt = net::Cidr::parse("198.51.100.0/25").value();
  limit({.responses_per_second = 1,
         .queries_per_second_of_prefix = 1,
         .queries_per_second_of_zone = 1,
         .slip = 0,
         .exempt = {exempt}});
  EXPECT_EQ(ask({"www.one.test."}, 4, "198.51.100.127"), "aaaa");
  EXPECT_EQ(ask({"www.two.test."}, 2, "198.51.100.128"), "--") << "in the /24 but not exempt";
}

TEST_F(RateLimitTest, QueriesOfAPrefixAreLimitedWhateverTheyAskAndToldSoOverTcp) {
  limit({.queries_per_second_of_prefix = 3});
  EXPECT_EQ(ask_each({"www.one.test.", "www.two.test.", "mail.one.test.", "a.two.test.", "b.elsewhere."}),
            "aaa--");
  EXPECT_EQ(ask({.name = "www.one.test.", .transport = Transport::Tcp}, 2), "rr");
  EXPECT_EQ(ask({"www.one.test."}, 1, "203.0.113.1"), "a");
  EXPECT_EQ(counted(LimitCounters::Reason::Prefix, LimitCounters::Action::Drop), 2u);
  EXPECT_EQ(counted(LimitCounters::Reason::Prefix, LimitCounters::Action::Refuse), 2u);
}

TEST_F(RateLimitTest, AFloodOfOneZoneLeavesTheOthersAlone) {
  limit({.queries_per_second_of_zone = 5});
  std::string flood;
  for (int i = 0; i < 9; ++i)
    flood += ask({"www.one.test."}, 1, ("203.0." + std::to_string(i) + ".1").c_str());
  EXPECT_EQ(flood, "aaaaa-t-t");
  EXPECT_EQ(ask({"www.two.test."}, 4), "aaaa");
  EXPECT_EQ(ask({.name = "www.one.test.", .transport = Transport::Tcp}, 1), "r");
}

TEST_F(RateLimitTest, BytesThatAreNoQueryGetNoReplyAndNoTruncatedOne) {
  limit({.responses_per_second = 1, .queries_per_second_of_prefix = 100, .slip = 1});
  const AnswerContext context{server.client, Transport::Tcp, server.random, server.identity, server.now};
  std::uint8_t out[4096];
  const std::string broken = make_query({"www.one.test."}).substr(0, 20);
  for (int i = 0; i < 300; ++i) {
    answer("x", context, out);
    const AnswerResult result = answer(broken, context, out);
    EXPECT_TRUE(result.size == 0 || result.size == meridian::dns::kHeaderSize);
  }
}

}  // namespace
}  // namespace meridian::engines::dns
