#include "services/route53/health_check_config.h"

#include <gtest/gtest.h>

namespace meridian::services::route53 {
namespace {

namespace api = gen::route53;
using Config = api::HealthCheckConfig;

Config http() {
  return {.IPAddress = "198.18.0.1", .Type = "HTTP"};
}
Config tcp() {
  return {.IPAddress = "198.18.0.1", .Port = 25, .Type = "TCP"};
}
Config calculated() {
  return {.Type = "CALCULATED", .HealthThreshold = 1, .ChildHealthChecks = {{"a", "b"}}};
}
Config metric() {
  return {.Type = "CLOUDWATCH_METRIC",
          .AlarmIdentifier = api::AlarmIdentifier{.Region = "us-east-1", .Name = "alarm"}};
}
Config recovery_control() {
  return {
      .Type = "RECOVERY_CONTROL",
      .RoutingControlArn = "arn:aws:route53-recovery-control::123456789012:controlpanel/p/routingcontrol/r"};
}

HealthCheckConfig parsed(const Config& input) {
  auto config = parse_health_check_config(input, HealthCheckTargets::Any);
  EXPECT_TRUE(config) << config.error();
  return config.value_or(HealthCheckConfig());
}
std::string refusal(const Config& input, HealthCheckTargets targets = HealthCheckTargets::Any) {
  const auto config = parse_health_check_config(input, targets);
  return config ? "accepted" : config.error();
}
// How the settings are refused with one member changed.
template <typename Change>
std::string refusal_with(Config config, Change change) {
  change(config);
  return refusal(config);
}

TEST(HealthCheckConfig, HasAwsDefaults) {
  const HealthCheckConfig config = parsed(http());
  EXPECT_EQ(config.port, 80);
  EXPECT_EQ(config.request_interval, 30);
  EXPECT_EQ(config.failure_threshold, 3);
  EXPECT_FALSE(config.measure_latency || config.inverted || config.disabled || config.enable_sni);
  const HealthCheckConfig https =
      parsed({.Type = "HTTPS_STR_MATCH", .FullyQualifiedDomainName = "a.example", .SearchString = "up"});
  EXPECT_EQ(https.port, 443);
  EXPECT_TRUE(https.enable_sni);
  EXPECT_EQ(parsed(metric()).insufficient_data_health_status, "LastKnownStatus");
}

TEST(HealthCheckConfig, OfEveryTypeIsShownAsItWasGiven) {
  const Config match{.IPAddress = "2001:db8::1",
                     .Port = 8443,
                     .Type = "HTTPS_STR_MATCH",
                     .ResourcePath = "health?full=1",
                     .FullyQualifiedDomainName = "www.example.com",
                     .SearchString = "all good",
                     .RequestInterval = 10,
                     .FailureThreshold = 10,
                     .MeasureLatency = true,
                     .Inverted = true,
                     .Disabled = true,
                     .EnableSNI = false,
                     .Regions = {{"us-east-1", "us-west-1", "eu-west-1"}}};
  EXPECT_EQ(shown(parsed(match)), match);
  for (Config config : {calculated(), metric(), recovery_control()}) {
    config.Inverted = config.Disabled = false;
    if (config.AlarmIdentifier) config.InsufficientDataHealthStatus = "Unhealthy";
    EXPECT_EQ(shown(parsed(config)), config) << config.Type;
  }
  EXPECT_EQ(shown(parsed(tcp())).Port, 25);
}

// Texts seen from AWS.
TEST(HealthCheckConfig, RefusesInAwsWords) {
  EXPECT_EQ(refusal_with(tcp(), [](Config& c) { c.FullyQualifiedDomainName = "a.example"; }),
            "TCP health checks that have IP address must not have a fully qualified domain name specified.");
  EXPECT_EQ(refusal_with(tcp(), [](Config& c) { c.ResourcePath = "/"; }),
            "TCP health checks must not have a resource path specified.");
  EXPECT_EQ(refusal_with(tcp(), [](Config& c) { c.AlarmIdentifier = metric().AlarmIdentifier; }),
            "Invalid parameter : Basic health checks must not have an metric region specified.");
  EXPECT_EQ(refusal_with(http(), [](Config& c) { c.InsufficientDataHealthStatus = "Healthy"; }),
            "Invalid parameter : Basic health checks must not have an insufficient data health state "
            "specified.");
  EXPECT_EQ(refusal_with(calculated(), [](Config& c) { c.FailureThreshold = 3; }),
            "Invalid parameter : Calculated health checks must not have a failure threshold specified.");
  EXPECT_EQ(refusal_with(calculated(), [](Config& c) { c.HealthThreshold.reset(); }),
            "Invalid parameter : Calculated health checks must have a health threshold specified.");
  EXPECT_EQ(refusal({.Type = "HTTP", .FullyQualifiedDomainName = "http://a.example/"}),
            "Invalid fully qualified domain name: It may not contain reserved characters of RFC1738 "
            "\";/?:@=&\"");
}

TEST(HealthCheckConfig, RefusesWhatATypeDoesNotHave) {
  const auto refuses = [](Config config, auto change, std::string_view words) {
    EXPECT_NE(refusal_with(std::move(config), change).find(words), std::string::npos) << words;
  };
  refuses(
      http(), [](Config& c) { c.SearchString = "x"; }, "must not have a search string");
  refuses(
      http(), [](Config& c) { c.EnableSNI = true; }, "must not have SNI");
  refuses(
      http(), [](Config& c) { c.HealthThreshold = 0; }, "must not have a health threshold");
  refuses(
      http(), [](Config& c) { c.ChildHealthChecks = {{"a"}}; }, "must not have child health checks");
  refuses(
      http(), [](Config& c) { c.RoutingControlArn = "arn"; }, "must not have a routing control ARN");
  for (const Config& config : {calculated(), metric(), recovery_control()}) {
    refuses(
        config, [](Config& c) { c.IPAddress = "198.18.0.1"; }, "must not have an IP address");
    refuses(
        config, [](Config& c) { c.Port = 80; }, "must not have a port");
    refuses(
        config, [](Config& c) { c.FullyQualifiedDomainName = "a.b"; }, "must not have a fully qualified");
    refuses(
        config, [](Config& c) { c.RequestInterval = 30; }, "must not have a request interval");
    refuses(
        config, [](Config& c) { c.MeasureLatency = true; }, "must not have latency measurement");
    refuses(
        config, [](Config& c) { c.Regions = {{"us-east-1"}}; }, "must not have regions");
  }
}

TEST(HealthCheckConfig, RefusesWhatATypeLacks) {
  EXPECT_NE(refusal({.Type = "HTTP"}).find("must have either an IP address or a fully"), std::string::npos);
  EXPECT_NE(refusal({.IPAddress = "198.18.0.1", .Type = "TCP"}).find("must have a port"), std::string::npos);
  EXPECT_NE(refusal({.IPAddress = "198.18.0.1", .Type = "HTTP_STR_MATCH"}).find("must have a search string"),
            std::string::npos);
  EXPECT_NE(refusal({.Type = "CLOUDWATCH_METRIC"}).find("must have an metric region"), std::string::npos);
  EXPECT_NE(refusal({.Type = "RECOVERY_CONTROL"}).find("must have a routing control"), std::string::npos);
}

TEST(HealthCheckConfig, RefusesBadValues) {
  const auto refused = [](auto change) { return refusal_with(http(), change) != "accepted"; };
  EXPECT_TRUE(refused([](Config& c) { c.RequestInterval = 20; }));
  EXPECT_TRUE(refused([](Config& c) { c.IPAddress = "fe80::1%eth0"; }));
  EXPECT_TRUE(refused([](Config& c) { c.ResourcePath = "/a HTTP/1.1\r\nX: y"; }));
  EXPECT_TRUE(refused([](Config& c) { c.FullyQualifiedDomainName = "a..b"; }));
  EXPECT_TRUE(refused([](Config& c) { c.Regions = {{"us-east-1", "us-east-1", "us-west-1"}}; }));
  EXPECT_NE(refusal_with(calculated(), [](Config& c) { c.ChildHealthChecks = {{"a", "a"}}; }), "accepted");
  EXPECT_NE(refusal_with(recovery_control(), [](Config& c) { c.RoutingControlArn = "x"; }), "accepted");
  EXPECT_NE(refusal({.IPAddress = "198.18.0.1", .Type = "PING"}), "accepted");
}

TEST(HealthCheckConfig, TakesOnlyPublicAddressesUnlessAllowed) {
  for (const char* address :
       {"10.1.2.3", "127.0.0.1", "100.64.0.1", "169.254.169.254", "192.168.1.1", "224.0.0.1",
        "255.255.255.255", "::1", "::ffff:10.0.0.1", "fd00::1", "fe80::1", "ff02::1"}) {
    const Config config{.IPAddress = address, .Type = "HTTP"};
    EXPECT_EQ(refusal(config, HealthCheckTargets::Public),
              "Invalid parameter : The IP address " + std::string(address) +
                  " is in a local, private, non-routable, or multicast range.");
    EXPECT_EQ(refusal(config, HealthCheckTargets::Any), "accepted");
  }
  for (const char* address : {"1.2.3.4", "172.32.0.1", "2600::1"})
    EXPECT_EQ(refusal({.IPAddress = address, .Type = "HTTP"}, HealthCheckTargets::Public), "accepted");
}

class HealthCheckUpdate : public testing::Test {
 protected:
  HealthCheckConfig updated(const api::UpdateHealthCheckRequest& update) {
    const auto config = update_health_check_config(current_, update, HealthCheckTargets::Any);
    EXPECT_TRUE(config) << config.error();
    return config.value_or(HealthCheckConfig());
  }
  bool refused(const api::UpdateHealthCheckRequest& update) {
    return !update_health_check_config(current_, update, HealthCheckTargets::Any);
  }
  HealthCheckConfig current_ = parsed({.IPAddress = "198.18.0.1",
                                       .Type = "HTTP",
                                       .ResourcePath = "/health",
                                       .FullyQualifiedDomainName = "a.example",
                                       .RequestInterval = 10,
                                       .MeasureLatency = true,
                                       .Regions = {{"us-east-1", "us-west-1", "eu-west-1"}}});
};

TEST_F(HealthCheckUpdate, ChangesOnlyWhatItNames) {
  HealthCheckConfig expected = current_;
  expected.failure_threshold = 7;
  expected.disabled = true;
  expected.ip_address = "198.18.0.2";
  EXPECT_EQ(
      updated({.HealthCheckId = {}, .IPAddress = "198.18.0.2", .FailureThreshold = 7, .Disabled = true}),
      expected);
  EXPECT_EQ(updated({.HealthCheckId = {}}), current_);
}

TEST_F(HealthCheckUpdate, ResetsElements) {
  const HealthCheckConfig config = updated(
      {.HealthCheckId = {}, .ResetElements = {{"ResourcePath", "Regions", "FullyQualifiedDomainName"}}});
  EXPECT_EQ(config.resource_path, "");
  EXPECT_EQ(config.fully_qualified_domain_name, "");
  EXPECT_TRUE(config.regions.empty());
  EXPECT_TRUE(refused({.HealthCheckId = {}, .ResourcePath = "/other", .ResetElements = {{"ResourcePath"}}}));
  current_ = parsed(calculated());
  EXPECT_TRUE(
      updated({.HealthCheckId = {}, .ResetElements = {{"ChildHealthChecks"}}}).child_health_checks.empty());
}

TEST_F(HealthCheckUpdate, IsHeldToTheRulesOfTheType) {
  EXPECT_TRUE(refused({.HealthCheckId = {}, .SearchString = "x"}));
  EXPECT_TRUE(refused({.HealthCheckId = {}, .HealthThreshold = 1}));
  current_ = parsed({.Type = "HTTP", .FullyQualifiedDomainName = "a.example"});
  EXPECT_TRUE(refused({.HealthCheckId = {}, .IPAddress = "198.18.0.1"}));
  EXPECT_TRUE(refused({.HealthCheckId = {}, .ResetElements = {{"FullyQualifiedDomainName"}}}));
}

}  // namespace
}  // namespace meridian::services::route53
