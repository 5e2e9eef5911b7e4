#include "compilers/health/effective_health.h"

#include <gtest/gtest.h>

namespace meridian::compilers::health {
namespace {

using services::route53::HealthCheckConfig;
using services::route53::HealthCheckType;

TEST(EndpointHealth, IsWhatWasFound) {
  EXPECT_TRUE(endpoint_health({}, true));
  EXPECT_FALSE(endpoint_health({}, false));
  EXPECT_TRUE(endpoint_health({}, std::nullopt));
}

TEST(EndpointHealth, MayBeInverted) {
  const HealthCheckConfig inverted{.inverted = true};
  EXPECT_FALSE(endpoint_health(inverted, true));
  EXPECT_TRUE(endpoint_health(inverted, false));
  EXPECT_FALSE(endpoint_health(inverted, std::nullopt));
}

TEST(EndpointHealth, OfADisabledCheckIsHealthyWhateverWasFound) {
  EXPECT_TRUE(endpoint_health({.disabled = true}, false));
  EXPECT_FALSE(endpoint_health({.inverted = true, .disabled = true}, false));
  EXPECT_FALSE(endpoint_health({.inverted = true, .disabled = true}, true));
}

TEST(EndpointHealth, WithoutDataOfAMetricIsAsConfigured) {
  const auto of = [](std::string status) {
    return HealthCheckConfig{.type = HealthCheckType::CloudWatchMetric,
                             .insufficient_data_health_status = std::move(status)};
  };
  EXPECT_FALSE(endpoint_health(of("Unhealthy"), std::nullopt));
  EXPECT_TRUE(endpoint_health(of("Unhealthy"), true));
  EXPECT_TRUE(endpoint_health(of("Healthy"), std::nullopt));
  EXPECT_TRUE(endpoint_health(of("LastKnownStatus"), std::nullopt));
}

TEST(CalculatedHealth, NeedsAsManyHealthyChildrenAsItsThreshold) {
  EXPECT_FALSE(calculated_health({.health_threshold = 2}, 1));
  EXPECT_TRUE(calculated_health({.health_threshold = 2}, 2));
  EXPECT_TRUE(calculated_health({.health_threshold = 0}, 0));
  EXPECT_FALSE(calculated_health({.inverted = true, .health_threshold = 2}, 2));
  EXPECT_TRUE(calculated_health({.disabled = true, .health_threshold = 2}, 0));
}

}  // namespace
}  // namespace meridian::compilers::health
