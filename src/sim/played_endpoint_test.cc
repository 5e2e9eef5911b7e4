#include "sim/played_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/health/probe.h"
#include "net/tls.h"
#include "sim/virtual_network.h"

namespace meridian::sim {
namespace {

using engines::health::Probe;
using engines::health::ProbeResult;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

const net::Address kEndpoint = net::Address::parse("127.0.90.1:80").value();

// What a health check's probe makes of it, which is what endpoints are played for.
class PlayedEndpointTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(endpoint.open(kEndpoint)); }
  ProbeResult probe(const std::string& search = "", const char* from = "127.0.53.1") {
    std::optional<ProbeResult> result;
    Probe probe(network,
                {.endpoint = endpoint.address(),
                 .http = engines::health::HttpQuestion{"", "/", "h", false},
                 .search_string = search,
                 .from = net::IpAddress::parse(from).value()},
                [&](ProbeResult found) { result = std::move(found); });
    network.advance(seconds(20));
    return result.value();
  }
  bool healthy(Manner manner, const std::string& search = "") {
    EXPECT_TRUE(endpoint.behave(std::move(manner)));
    return probe(search).verdict.healthy;
  }

  VirtualNetwork network;
  PlayedEndpoint endpoint{network, nullptr};
};

TEST_F(PlayedEndpointTest, IsWellUnlessTold) {
  EXPECT_EQ(probe().verdict.reason, "HTTP Status Code 200, OK");
  EXPECT_TRUE(probe("OK").verdict.healthy);
  EXPECT_EQ(network.timers(), 0u);
}

TEST_F(PlayedEndpointTest, RefusesAndReturns) {
  ASSERT_TRUE(endpoint.behave({.listens = false}));
  EXPECT_THAT(probe().verdict.reason, HasSubstr("Connection refused"));
  ASSERT_TRUE(endpoint.behave({}));
  EXPECT_TRUE(probe().verdict.healthy);
}

TEST_F(PlayedEndpointTest, HangsAfterTheConnection) {
  EXPECT_FALSE(healthy({.answers = false}));
  EXPECT_TRUE(probe().connected.has_value());
}

TEST_F(PlayedEndpointTest, SlownessCountsFromTwoSeconds) {
  EXPECT_TRUE(healthy({.status_after = milliseconds(1900)}));
  EXPECT_FALSE(healthy({.status_after = milliseconds(2100)}));
  EXPECT_TRUE(healthy({.body_after = milliseconds(1900)}, "OK"));
  EXPECT_FALSE(healthy({.body_after = milliseconds(2100)}, "OK"));
}

TEST_F(PlayedEndpointTest, SaysAnotherStatusOrBody) {
  EXPECT_FALSE(healthy({.status = 503}));
  EXPECT_TRUE(healthy({.body = "maintenance"}));
  EXPECT_FALSE(healthy({.body = "maintenance"}, "OK"));
}

TEST_F(PlayedEndpointTest, IgnoresSomeCheckers) {
  endpoint.ignore(net::IpAddress::parse("127.0.53.1").value());
  EXPECT_FALSE(probe().verdict.healthy);
  EXPECT_TRUE(probe("", "127.0.53.2").verdict.healthy);
  endpoint.heed(net::IpAddress::parse("127.0.53.1").value());
  EXPECT_TRUE(probe().verdict.healthy);
}

class SpokenTls final : public net::TlsServerContext, public net::TlsClientContext {};

TEST_F(PlayedEndpointTest, TlsBreaksAndIsRepaired) {
  const auto tls = std::make_shared<SpokenTls>();
  PlayedEndpoint secure(network, tls);
  ASSERT_TRUE(secure.open(net::Address::parse("127.0.90.2:443").value()));
  const auto probe = [&](bool https, std::string& reason) {
    std::optional<ProbeResult> result;
    engines::health::ProbeTarget target;
    target.endpoint = secure.address();
    if (https) target.http = engines::health::HttpQuestion{"", "/", "h", true};
    Probe one(network, target, [&](ProbeResult found) { result = std::move(found); },
              {.names = nullptr, .tls = tls});
    network.advance(seconds(20));
    reason = result.value().verdict.reason;
    return result->verdict.healthy;
  };
  std::string reason;
  EXPECT_TRUE(probe(true, reason)) << reason;
  EXPECT_TRUE(probe(false, reason)) << reason;
  ASSERT_TRUE(secure.behave({.speaks_tls = false}));
  EXPECT_FALSE(probe(true, reason));
  EXPECT_THAT(reason, HasSubstr("SSL"));
  EXPECT_TRUE(probe(false, reason)) << reason;  // the port is open
  ASSERT_TRUE(secure.behave({}));
  EXPECT_TRUE(probe(true, reason)) << reason;
}

}  // namespace
}  // namespace meridian::sim
