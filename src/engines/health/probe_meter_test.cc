#include "engines/health/probe_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meridian::engines::health {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

TEST(ProbeMeter, CountsByRegionAndPhase) {
  Metrics metrics;
  ProbeMeter meter(metrics, {{"us-east-1"}, {"eu-west-1"}});
  meter.add("us-east-1",
            {.verdict = {true, ""}, .connected = milliseconds(2), .first_byte = milliseconds(20)});
  meter.add("us-east-1", {.verdict = {false, ""}, .connected = milliseconds(2), .first_byte = {}});
  meter.add("of an edge", {.verdict = {true, ""}, .connected = milliseconds(2), .first_byte = {}});
  const std::string text = metrics.prometheus_text();
  EXPECT_THAT(text, HasSubstr(R"(meridian_health_probes_total{region="us-east-1",result="healthy"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(meridian_health_probes_total{region="us-east-1",result="unhealthy"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(meridian_health_probes_total{region="eu-west-1",result="healthy"} 0)"));
  EXPECT_THAT(text, HasSubstr(R"(meridian_health_probe_seconds_count{phase="connect"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(meridian_health_probe_seconds_count{phase="first_byte"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(meridian_health_probe_seconds_count{phase="handshake"} 0)"));
  EXPECT_THAT(text, Not(HasSubstr("of an edge")));
}

}  // namespace
}  // namespace meridian::engines::health
