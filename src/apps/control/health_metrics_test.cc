#include "apps/control/health_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "net/virtual_loop.h"
#include "store/memory/memory_store.h"

namespace meridian::apps {
namespace {

using compilers::health::HealthStates;
using engines::health::ProbeResult;
using services::route53::HealthCheckConfig;
using services::route53::HealthCheckType;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class KeptSamples final : public store::MetricSink {
 public:
  Result<void> add(std::span<const store::Sample> added) override {
    if (full) return fail(ErrorCode::Limit, "full");
    samples.insert(samples.end(), added.begin(), added.end());
    return {};
  }
  bool full = false;
  std::vector<store::Sample> samples;
};

class Nobody final : public compilers::health::HealthSink {
 public:
  void set(const std::string&, bool) override {}
};

class HealthMetricsTest : public testing::Test {
 protected:
  void put(const std::string& id, HealthCheckConfig config = {.type = HealthCheckType::Tcp}) {
    namespace route53 = services::route53;
    ASSERT_TRUE(store.commit({.preconditions = {},
                              .puts = {{route53::health_check_key(id),
                                        route53::encode(route53::HealthCheckResource{id, "123456789012", id,
                                                                                     1, std::move(config)}),
                                        0}},
                              .deletes = {}}));
    store.deliver();
  }
  void start() {
    ASSERT_TRUE(states.start({}, {}));
    const auto into_minute =
        loop.clock().now() - std::chrono::floor<std::chrono::minutes>(loop.clock().now());
    loop.advance(seconds(60) - into_minute);
    metrics.start();
  }
  // All turns of one.
  void minute() {
    const auto into_minute =
        loop.clock().now() - std::chrono::floor<std::chrono::minutes>(loop.clock().now());
    loop.advance(seconds(59) - into_minute + (into_minute > seconds(58) ? seconds(60) : seconds(0)));
  }
  // "HealthCheckStatus 1 None", with the Region where there is one, of that check; what was added until now.
  std::vector<std::string> taken(const std::string& id) {
    std::vector<std::string> texts;
    for (const store::Sample& sample : sink.samples) {
      const auto& dimensions = sample.series.dimensions;
      if (dimensions.at("HealthCheckId") != id) continue;
      EXPECT_EQ(sample.series.name_space, "AWS/Route53");
      EXPECT_EQ(sample.series.account, store::metric_scope("123456789012", "us-east-1"));
      const auto region = dimensions.find("Region");
      texts.push_back(sample.series.metric + (region == dimensions.end() ? "" : " of " + region->second) +
                      " " + std::to_string(static_cast<int>(sample.statistics.average())) + " " +
                      sample.series.unit);
    }
    return texts;
  }

  net::VirtualLoop loop;
  SystemRandom random;
  RealDisk disk;
  Metrics counters;
  Logger logger{loop.clock(), 2, LogFormat::Text, LogLevel::Error};
  World world{loop.clock(), random, disk, logger, counters};
  store::MemoryStore store{loop.clock(), store::Delivery::Pumped};
  Nobody nobody;
  HealthStates states{store, nobody, logger};
  KeptSamples sink;
  std::optional<double> percent = 87.5;
  HealthMetrics metrics{states, [this](const std::string&) { return percent; }, sink, world, loop};
};

TEST_F(HealthMetricsTest, EachCheckIsToldOnceAMinute) {
  for (int i = 0; i < 120; ++i) put("check " + std::to_string(i));
  start();
  minute();
  std::set<std::string> told;
  std::map<SystemTime, int> by_time;
  for (const store::Sample& sample : sink.samples) {
    if (sample.series.metric != "HealthCheckStatus") continue;
    EXPECT_TRUE(told.insert(sample.series.dimensions.at("HealthCheckId")).second);
    ++by_time[sample.at];
  }
  EXPECT_THAT(told, SizeIs(120));
  for (const auto& [time, count] : by_time) EXPECT_LE(count, 3) << "spread over the minute";
  sink.samples.clear();
  minute();
  EXPECT_THAT(sink.samples, SizeIs(2 * 120));
}

TEST_F(HealthMetricsTest, SayWhetherItIsHealthyAndByHowMany) {
  put("a");
  put("b");
  put("sum", {.type = HealthCheckType::Calculated, .child_health_checks = {"a", "b"}, .health_threshold = 2});
  start();
  states.find("b", false);
  minute();
  EXPECT_THAT(taken("a"), ElementsAre("HealthCheckStatus 1 None", "HealthCheckPercentageHealthy 87 Percent"));
  EXPECT_THAT(taken("b"), ElementsAre("HealthCheckStatus 0 None", "HealthCheckPercentageHealthy 87 Percent"));
  EXPECT_THAT(taken("sum"), ElementsAre("HealthCheckStatus 0 None", "ChildHealthCheckHealthyCount 1 None"));
  sink.samples.clear();
  percent.reset();
  minute();
  EXPECT_THAT(taken("a"), ElementsAre("HealthCheckStatus 1 None"));
}

TEST_F(HealthMetricsTest, LatenciesAreAddedUpByRegionAndOverAll) {
  put("a");
  start();
  percent.reset();
  const auto probe = [](int connected, std::optional<Duration> first_byte) {
    return ProbeResult{.verdict = {true, ""}, .connected = milliseconds(connected), .first_byte = first_byte};
  };
  metrics.measured("a", "us-east-1", probe(10, milliseconds(50)));
  metrics.measured("a", "us-east-1", probe(20, {}));
  metrics.measured("a", "eu-west-1", probe(60, {}));
  metrics.measured("gone", "eu-west-1", probe(60, {}));
  minute();
  EXPECT_THAT(taken("a"),
              ElementsAre("HealthCheckStatus 1 None", "ConnectionTime of eu-west-1 60 Milliseconds",
                          "ConnectionTime of us-east-1 15 Milliseconds", "ConnectionTime 30 Milliseconds",
                          "TimeToFirstByte of us-east-1 50 Milliseconds", "TimeToFirstByte 50 Milliseconds"));
  sink.samples.clear();
  minute();
  EXPECT_THAT(taken("a"), ElementsAre("HealthCheckStatus 1 None")) << "nothing was measured since";
  EXPECT_THAT(taken("gone"), IsEmpty());
}

TEST_F(HealthMetricsTest, ASinkThatIsFullIsTriedAgain) {
  put("a");
  start();
  sink.full = true;
  minute();
  EXPECT_THAT(sink.samples, IsEmpty());
  sink.full = false;
  minute();
  EXPECT_THAT(sink.samples, SizeIs(2));
}

}  // namespace
}  // namespace meridian::apps
