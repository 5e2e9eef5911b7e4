#include "apps/control/metric_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "net/virtual_loop.h"
#include "services/cloudwatch/resources.h"

namespace meridian::apps {
namespace {

using services::cloudwatch::AlarmResource;
using services::cloudwatch::MetricAlarmSettings;
using services::route53::HealthCheckResource;
using services::route53::HealthCheckType;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const store::SeriesId kLoad{store::metric_scope("123456789012", "us-east-1"), "App", "Load", {}, ""};

class MetricChecksTest : public testing::Test {
 protected:
  MetricChecksTest() {
    std::filesystem::remove_all(directory);
    series = store::SeriesStore::open(directory, loop.clock(), logger, metrics).value();
    checks.emplace(
        *series, [this](const std::string& id, bool healthy) { found.emplace_back(id, healthy); }, world,
        loop);
    checks->start();
  }
  ~MetricChecksTest() override { std::filesystem::remove_all(directory); }

  // Unhealthy from 80 on, for two minutes.
  static HealthCheckResource check(const std::string& without_data = "LastKnownStatus") {
    AlarmResource alarm{.account = "123456789012", .region = "us-east-1", .name = "busy"};
    MetricAlarmSettings settings;
    settings.metric = store::MetricQuery{kLoad, "Average"};
    settings.rule.threshold = 80;
    settings.rule.evaluation_periods = settings.rule.datapoints_to_alarm = 2;
    alarm.settings = settings;
    HealthCheckResource made{
        "h1", "123456789012", "reference", 1, {.type = HealthCheckType::CloudWatchMetric}};
    made.config.insufficient_data_health_status = without_data;
    made.alarm = services::cloudwatch::encode(alarm);
    return made;
  }
  // The load of each of so many minutes, and what was found since the last time.
  std::vector<std::pair<std::string, bool>> load(std::optional<double> value, int count) {
    found.clear();
    for (int i = 0; i < count; ++i) {
      const store::Sample sample{kLoad, loop.clock().now(), store::Statistics::of(value.value_or(0))};
      if (value) {
        EXPECT_TRUE(series->add({&sample, 1}));
      }
      loop.advance(minutes(1));
    }
    return found;
  }

  net::VirtualLoop loop;
  SystemRandom random;
  RealDisk disk;
  Metrics metrics;
  Logger logger{loop.clock(), 2, LogFormat::Text, LogLevel::Error};
  World world{loop.clock(), random, disk, logger, metrics};
  const std::string directory = "/tmp/meridian-metric-checks-" + std::to_string(getpid());
  std::unique_ptr<store::SeriesStore> series;
  std::vector<std::pair<std::string, bool>> found;
  std::optional<MetricChecks> checks;
};

TEST_F(MetricChecksTest, FollowTheMetric) {
  checks->set(check());
  EXPECT_THAT(load(10, 3), ElementsAre(Pair("h1", true)));
  EXPECT_THAT(load(99, 1), IsEmpty()) << "one minute is not two";
  EXPECT_THAT(load(99, 2), ElementsAre(Pair("h1", false)));
  EXPECT_THAT(load(10, 2), ElementsAre(Pair("h1", true)));
}

TEST_F(MetricChecksTest, WithoutDataGoByTheirSetting) {
  checks->set(check("Unhealthy"));
  EXPECT_THAT(load(10, 3), testing::Contains(Pair("h1", true)));
  EXPECT_THAT(load({}, 10), ElementsAre(Pair("h1", false)));
  checks->set(check("Healthy"));
  EXPECT_THAT(load({}, 1), ElementsAre(Pair("h1", true)));
  load(99, 3);
  checks->set(check("LastKnownStatus"));
  EXPECT_THAT(load(99, 1), ElementsAre(Pair("h1", false)));
  EXPECT_THAT(load({}, 10), IsEmpty());
}

TEST_F(MetricChecksTest, OthersAndTheDisabledAreNotLookedAt) {
  HealthCheckResource off = check("Unhealthy");
  off.config.disabled = true;
  checks->set(off);
  EXPECT_THAT(load({}, 3), IsEmpty());
  checks->set(check("Unhealthy"));
  EXPECT_THAT(load({}, 1), ElementsAre(Pair("h1", false)));
  checks->remove("h1");
  EXPECT_THAT(load(10, 5), IsEmpty());
}

}  // namespace
}  // namespace meridian::apps
