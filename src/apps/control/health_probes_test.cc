#include "apps/control/health_probes.h"

#include <gtest/gtest.h>

#include <future>

namespace meridian::apps {
namespace {

using services::route53::HealthCheckResource;
using services::route53::HealthCheckType;

HealthCheckResource check(HealthCheckType type) {
  HealthCheckResource made{"h1", "123456789012", "reference", 1, {}};
  made.config.type = type;
  made.config.ip_address = "127.0.0.1";
  made.config.port = 8080;
  made.config.request_interval = 10;
  made.config.failure_threshold = 2;
  return made;
}

TEST(ProbeSettings, AreWhatTheCheckAsksFor) {
  HealthCheckResource http = check(HealthCheckType::HttpStrMatch);
  http.config.resource_path = "/health";
  http.config.search_string = "up";
  http.config.fully_qualified_domain_name = "www.example.com";
  const auto settings = probe_settings(http).value();
  EXPECT_EQ(settings.target.endpoint.to_string(), "127.0.0.1:8080");
  EXPECT_EQ(settings.interval, std::chrono::seconds(10));
  EXPECT_EQ(settings.failure_threshold, 2u);
  EXPECT_EQ(settings.target.search_string, "up");
  ASSERT_TRUE(settings.target.http);
  EXPECT_EQ(settings.target.http->path, "/health");
  EXPECT_EQ(settings.target.http->domain_name, "www.example.com");
  EXPECT_FALSE(probe_settings(check(HealthCheckType::Tcp)).value().target.http);
}

TEST(ProbeSettings, ThereAreNoneForWhatIsNotProbed) {
  for (const auto type :
       {HealthCheckType::Calculated, HealthCheckType::CloudWatchMetric, HealthCheckType::RecoveryControl})
    EXPECT_FALSE(probe_settings(check(type))) << to_string(type);
  HealthCheckResource tcp = check(HealthCheckType::Tcp);
  tcp.config.disabled = true;
  EXPECT_FALSE(probe_settings(tcp));
}

TEST(ProbeSettings, NameWhatIsLookedUpAndSentInTheHandshake) {
  HealthCheckResource https = check(HealthCheckType::HttpsStrMatch);
  https.config.search_string = "up";
  https.config.fully_qualified_domain_name = "www.example.com";
  auto settings = probe_settings(https).value();
  EXPECT_TRUE(settings.target.http->tls);
  EXPECT_FALSE(settings.target.http->sni);
  EXPECT_EQ(settings.target.search_string, "up");
  EXPECT_EQ(settings.target.name, "") << "it has an address";
  https.config.enable_sni = true;
  https.config.ip_address.clear();
  settings = probe_settings(https).value();
  EXPECT_TRUE(settings.target.http->sni);
  EXPECT_EQ(settings.target.name, "www.example.com");
  EXPECT_EQ(settings.target.endpoint.port, 8080);
}

TEST(HealthProbes, FindWhetherAnEndpointListensHere) {
  LoopThread endpoint(net::make_loop(), "endpoint");
  auto listener = endpoint.loop().listen_tcp({net::IpAddress::v4({127, 0, 0, 1}), 0}, {}, nullptr,
                                             [](std::unique_ptr<net::TcpConnection>) {});
  ASSERT_TRUE(listener);
  endpoint.start();
  HealthCheckResource tcp = check(HealthCheckType::Tcp);
  tcp.config.port = (*listener)->local().port;
  tcp.config.request_interval = 0;  // due at once
  SystemRandom random;
  RealClock clock;
  RealDisk disk;
  Metrics metrics;
  Logger logger(clock, 2, LogFormat::Text, LogLevel::Error);
  std::promise<bool> found;
  HealthProbes probes(
      [&](const std::string& id, bool healthy) {
        EXPECT_EQ(id, "h1");
        found.set_value(healthy);
      },
      HealthProbing(), nullptr, World{clock, random, disk, logger, metrics});
  probes.set(tcp);
  probes.start();
  EXPECT_TRUE(found.get_future().get());
  probes.stop();
  endpoint.stop();
}

}  // namespace
}  // namespace meridian::apps
