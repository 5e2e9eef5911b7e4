#include "engines/health/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/health/endpoint_loop.h"
#include "net/tls.h"

namespace meridian::engines::health {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

class AnyTls final : public net::TlsClientContext {};

// Names that the test knows.
class PlayedNames final : public upstream::Names {
 public:
  explicit PlayedNames(net::Loop& loop) : loop_(loop) {}
  std::unique_ptr<upstream::NameLookup> look_up(const std::string& name, OnFound on_found) override {
    asked.push_back(name);
    auto lookup = std::make_unique<Lookup>();
    lookup->timer = loop_.after(takes, [this, on_found] { on_found(found); });
    return lookup;
  }
  Result<net::IpAddress> found = fail(ErrorCode::NotFound, "Rcode NXDomain(3)");
  Duration takes = milliseconds(5);
  std::vector<std::string> asked;

 private:
  struct Lookup final : upstream::NameLookup {
    std::unique_ptr<net::Timer> timer;
  };
  net::Loop& loop_;
};

class ProbeTest : public testing::Test {
 protected:
  void probe(bool http, std::string search = "") {
    ProbeTarget target{net::Address::parse("192.0.2.1:80").value(), std::nullopt, std::move(search)};
    if (http) target.http = HttpQuestion{"www.example.com", "/health", "h1"};
    probe(std::move(target));
  }
  void probe(ProbeTarget target) {
    result.reset();
    running = std::make_unique<Probe>(
        loop, std::move(target),
        [this](ProbeResult found) {
          result = std::move(found);
          running.reset();  // as a checker does
        },
        ProbeMeans{&names, std::make_shared<AnyTls>()});
  }
  static ProbeTarget https(bool sni = true) {
    return {net::Address::parse("192.0.2.1:443").value(),
            HttpQuestion{"www.example.com", "/health", "h1", true, sni}};
  }
  static ProbeTarget by_name() {
    return {.endpoint = net::Address::parse("0.0.0.0:80").value(),
            .http = HttpQuestion{"www.example.com", "/", "h1"},
            .name = "www.example.com"};
  }
  static net::IpAddress ip(const char* text) { return net::IpAddress::parse(text).value(); }
  void expect_unhealthy(std::string_view reason) {
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->verdict.healthy);
    EXPECT_THAT(result->verdict.reason, HasSubstr(std::string(reason)));
    EXPECT_EQ(loop.sockets, 0);
    EXPECT_EQ(loop.timers(), 0u);
  }

  EndpointLoop loop;
  PlayedNames names{loop};
  std::unique_ptr<Probe> running;
  std::optional<ProbeResult> result;
};

TEST_F(ProbeTest, ATcpConnectionIsEnoughForTcp) {
  probe(false);
  loop.advance(seconds(1));
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->verdict.healthy);
  EXPECT_EQ(result->connected, milliseconds(10));
  EXPECT_EQ(loop.sockets, 0);
}

TEST_F(ProbeTest, ConnectingHasItsTime) {
  loop.connects_in = seconds(9);
  probe(false);
  loop.advance(seconds(11));
  EXPECT_TRUE(result && result->verdict.healthy);
  result.reset();
  loop.manner = EndpointLoop::Manner::Hangs;
  probe(false);
  loop.advance(milliseconds(9'999));
  EXPECT_FALSE(result);
  loop.advance(milliseconds(1));
  expect_unhealthy("Connection timed out. The endpoint or the internet connection is down");
  result.reset();
  probe(true);
  loop.advance(milliseconds(3'999));
  EXPECT_FALSE(result);
  loop.advance(milliseconds(1));
  expect_unhealthy("Connection timed out");
}

TEST_F(ProbeTest, ARefusedConnectionIsAFailure) {
  loop.manner = EndpointLoop::Manner::Refuses;
  probe(true);
  loop.advance(seconds(1));
  expect_unhealthy("Connection refused");
}

TEST_F(ProbeTest, AsksAndJudgesTheReply) {
  probe(true);
  loop.advance(milliseconds(10));
  EXPECT_THAT(loop.received, HasSubstr("GET /health HTTP/1.1\r\nHost: www.example.com\r\n"));
  loop.advance(milliseconds(500));
  loop.reply("HTTP/1.1 302 Found\r\n\r\n");
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->verdict.healthy);
  EXPECT_EQ(result->first_byte, milliseconds(510));
  EXPECT_EQ(loop.sockets, 0);
}

TEST_F(ProbeTest, TheStatusHasTwoSecondsFromTheConnection) {
  probe(true);
  loop.advance(milliseconds(10));
  loop.reply("HTTP/1.1 200 O");
  loop.advance(milliseconds(1'999));
  EXPECT_FALSE(result);
  loop.advance(milliseconds(1));
  expect_unhealthy("The HTTP request timed out. The endpoint did not respond with an HTTP status code");
}

TEST_F(ProbeTest, TheBodyHasTwoSecondsFromTheStatus) {
  probe(true, "up");
  loop.advance(milliseconds(1'500));
  loop.reply("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nall is u");
  loop.advance(milliseconds(1'999));
  EXPECT_FALSE(result);
  loop.reply("p");
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->verdict.healthy);
  result.reset();
  probe(true, "up");
  loop.advance(milliseconds(1'500));
  loop.reply("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nall is");
  loop.advance(seconds(2));
  expect_unhealthy("search string was not found within");
}

TEST_F(ProbeTest, AnEndpointThatClosesWithoutAReplyFails) {
  probe(true);
  loop.advance(milliseconds(10));
  loop.close();
  expect_unhealthy("closed by the endpoint");
}

TEST_F(ProbeTest, HttpsAsksBehindAHandshakeWithItsNameInIt) {
  probe(https());
  loop.advance(milliseconds(30));
  EXPECT_THAT(loop.received, HasSubstr("Host: www.example.com\r\n"));
  loop.reply("HTTP/1.1 200 OK\r\n\r\n");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->verdict.reason, "HTTP Status Code 200, OK");
  EXPECT_EQ(result->connected, milliseconds(10));
  EXPECT_EQ(result->handshake, milliseconds(20));
  EXPECT_THAT(loop.server_names, ElementsAre("www.example.com"));
  probe(https(false));
  loop.advance(milliseconds(30));
  EXPECT_EQ(loop.server_names.back(), "") << "EnableSNI is off";
}

TEST_F(ProbeTest, ACertificateOfAnotherNameIsAReasonToTryWithoutSni) {
  loop.certificate_name = "other.example.com";
  probe(https());
  loop.advance(milliseconds(100));
  EXPECT_THAT(loop.server_names, ElementsAre("www.example.com", ""));
  EXPECT_EQ(loop.sockets, 1);
  loop.reply("HTTP/1.1 200 OK\r\n\r\n");
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->verdict.healthy) << "whoever it is for";
}

TEST_F(ProbeTest, AHandshakeThatFailsIsAFailure) {
  loop.handshake_error = "TLS: error:0A000410:SSL routines::sslv3 alert handshake failure";
  probe(https());
  loop.advance(seconds(1));
  expect_unhealthy("SSL alert handshake_failure");
}

TEST_F(ProbeTest, AHandshakeAndTheStatusShareTwoSeconds) {
  loop.handshake_in = seconds(3);
  probe(https());
  loop.advance(milliseconds(2'009));
  EXPECT_FALSE(result);
  loop.advance(milliseconds(1));
  expect_unhealthy("SSL handshake was not completed");
  loop.handshake_in = milliseconds(1'500);
  probe(https());
  loop.advance(milliseconds(2'009));
  EXPECT_FALSE(result);
  loop.advance(milliseconds(1));
  expect_unhealthy("The HTTP request timed out");
}

TEST_F(ProbeTest, ConnectingWithTlsHasFourSeconds) {
  loop.manner = EndpointLoop::Manner::Hangs;
  probe(https());
  loop.advance(milliseconds(3'999));
  EXPECT_FALSE(result);
  loop.advance(milliseconds(1));
  expect_unhealthy("Connection timed out");
}

TEST_F(ProbeTest, AnEndpointByNameIsLookedUpFirst) {
  names.found = ip("192.0.2.7");
  probe(by_name());
  EXPECT_EQ(loop.sockets, 0);
  loop.advance(milliseconds(15));
  ASSERT_EQ(loop.asked.size(), 1u);
  EXPECT_EQ(loop.asked[0].second.to_string(), "192.0.2.7:80");
  loop.reply("HTTP/1.1 200 OK\r\n\r\n");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->verdict.reason, "HTTP Status Code 200, OK. Resolved IP: 192.0.2.7");
  EXPECT_EQ(result->connected, milliseconds(10)) << "without the time of the lookup";
  EXPECT_EQ(result->resolved, ip("192.0.2.7"));
}

TEST_F(ProbeTest, ANameWithoutAnAddressIsAFailure) {
  probe(by_name());
  loop.advance(milliseconds(5));
  expect_unhealthy("DNS resolution failed: Rcode NXDomain(3)");
  EXPECT_TRUE(loop.asked.empty());
}

TEST_F(ProbeTest, ANameMustNotLeadInsideUnlessItMay) {
  names.found = ip("127.0.0.1");
  ProbeTarget target = by_name();
  target.public_only = true;
  probe(target);
  loop.advance(milliseconds(15));
  expect_unhealthy("in a local, private");
  EXPECT_TRUE(loop.asked.empty());
  target.public_only = false;
  probe(target);
  loop.advance(milliseconds(15));
  EXPECT_EQ(loop.asked.size(), 1u);
}

TEST_F(ProbeTest, WhatAProcessHasNoMeansForFails) {
  std::optional<ProbeResult> found;
  const auto take = [&](ProbeResult result) { found = std::move(result); };
  Probe named(loop, by_name(), take);
  loop.advance(Duration::zero());
  EXPECT_FALSE(found.value().verdict.healthy);
  found.reset();
  Probe encrypted(loop, https(), take);
  loop.advance(Duration::zero());
  EXPECT_FALSE(found.value().verdict.healthy);
  EXPECT_TRUE(loop.asked.empty());
}

TEST_F(ProbeTest, GivingUpLeavesNothingBehind) {
  probe(true);
  running.reset();
  EXPECT_EQ(loop.timers(), 0u);
  probe(by_name());
  running.reset();
  EXPECT_EQ(loop.timers(), 0u);
  probe(true);
  loop.advance(milliseconds(10));
  EXPECT_EQ(loop.sockets, 1);
  running.reset();
  EXPECT_EQ(loop.sockets, 0);
  EXPECT_EQ(loop.timers(), 0u);
  EXPECT_FALSE(result);
}

}  // namespace
}  // namespace meridian::engines::health
