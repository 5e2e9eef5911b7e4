#include "engines/health/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/health/endpoint_loop.h"

namespace meridian::engines::health {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class ProbeTest : public testing::Test {
 protected:
  void probe(bool http, std::string search = "") {
    ProbeTarget target{net::Address::parse("192.0.2.1:80").value(), std::nullopt, std::move(search)};
    if (http) target.http = HttpQuestion{"www.example.com", "/health", "h1"};
    running = std::make_unique<Probe>(loop, std::move(target), [this](ProbeResult found) {
      result = std::move(found);
      running.reset();  // as a checker does
    });
  }
  void expect_unhealthy(std::string_view reason) {
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->verdict.healthy);
    EXPECT_THAT(result->verdict.reason, HasSubstr(std::string(reason)));
    EXPECT_EQ(loop.sockets, 0);
    EXPECT_EQ(loop.timers(), 0u);
  }

  EndpointLoop loop;
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

TEST_F(ProbeTest, GivingUpLeavesNothingBehind) {
  probe(true);
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
