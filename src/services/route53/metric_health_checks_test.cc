#include "services/cloudwatch/resources.h"
#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

using cloudwatch::AlarmResource;
using cloudwatch::CompositeAlarmSettings;
using cloudwatch::MetricAlarmSettings;
using testing::HasSubstr;

class MetricHealthChecks : public ServiceTest {
 protected:
  static AlarmResource alarm(double threshold = 80) {
    AlarmResource made{.account = "111122223333", .region = "us-east-1", .name = "busy"};
    MetricAlarmSettings settings;
    settings.metric = store::MetricQuery{
        {store::metric_scope("111122223333", "us-east-1"), "App", "Load", {{"Host", "a"}}, ""}, "Average"};
    settings.rule.threshold = threshold;
    settings.rule.evaluation_periods = settings.rule.datapoints_to_alarm = 2;
    made.settings = settings;
    return made;
  }
  void keep(const AlarmResource& made) {
    ASSERT_TRUE(store_.commit(
        {.preconditions = {},
         .puts = {{cloudwatch::alarm_key(made.account, made.region, made.name), cloudwatch::encode(made), 0}},
         .deletes = {}}));
  }
  aws::Outcome<api::CreateHealthCheckResponse> create(const std::string& name = "busy") {
    api::HealthCheckConfig config{.Type = "CLOUDWATCH_METRIC"};
    config.AlarmIdentifier.emplace();
    config.AlarmIdentifier->Region = "us-east-1";
    config.AlarmIdentifier->Name = name;
    return route53_.CreateHealthCheck(call_, {.CallerReference = name, .HealthCheckConfig = config});
  }
};

TEST_F(MetricHealthChecks, TakeOverWhatTheAlarmIsWhenTheyAreMadeOrUpdated) {
  keep(alarm());
  const auto made = create().value().HealthCheck;
  ASSERT_TRUE(made.CloudWatchAlarmConfiguration);
  const api::CloudWatchAlarmConfiguration& taken = *made.CloudWatchAlarmConfiguration;
  EXPECT_EQ(taken.EvaluationPeriods, 2);
  EXPECT_EQ(taken.Threshold, 80);
  EXPECT_EQ(taken.ComparisonOperator, "GreaterThanOrEqualToThreshold");
  EXPECT_EQ(taken.Period, 60);
  EXPECT_EQ(taken.MetricName, "Load");
  EXPECT_EQ(taken.Namespace, "App");
  EXPECT_EQ(taken.Statistic, "Average");
  EXPECT_EQ(taken.Dimensions->at(0).Name, "Host");
  EXPECT_EQ(made.HealthCheckConfig.InsufficientDataHealthStatus, "LastKnownStatus");

  keep(alarm(90));
  const auto shown = [&] {
    return route53_.GetHealthCheck(call_, {.HealthCheckId = made.Id}).value().HealthCheck;
  };
  EXPECT_EQ(shown().CloudWatchAlarmConfiguration->Threshold, 80);
  ASSERT_TRUE(route53_.UpdateHealthCheck(call_, {.HealthCheckId = made.Id, .Inverted = true}));
  EXPECT_EQ(shown().CloudWatchAlarmConfiguration->Threshold, 90);
}

TEST_F(MetricHealthChecks, OutliveTheirAlarm) {
  keep(alarm());
  const std::string id = create().value().HealthCheck.Id;
  ASSERT_TRUE(store_.commit({.preconditions = {},
                             .puts = {},
                             .deletes = {cloudwatch::alarm_key("111122223333", "us-east-1", "busy")}}));
  const auto updated = route53_.UpdateHealthCheck(call_, {.HealthCheckId = id, .Inverted = true});
  EXPECT_EQ(updated.value().HealthCheck.CloudWatchAlarmConfiguration->Threshold, 80);
  api::UpdateHealthCheckRequest renamed{.HealthCheckId = id};
  renamed.AlarmIdentifier.emplace();
  renamed.AlarmIdentifier->Region = "us-east-1";
  renamed.AlarmIdentifier->Name = "other";
  EXPECT_EQ(route53_.UpdateHealthCheck(call_, renamed).error().code, "InvalidInput");
}

TEST_F(MetricHealthChecks, NeedAnAlarmThatTheyCanFollow) {
  const auto refusal = [&] {
    const auto made = create();
    return made ? std::string() : made.error().code + ": " + made.error().message;
  };
  EXPECT_THAT(refusal(),
              HasSubstr("InvalidInput: Invalid parameter : The CloudWatch alarm busy does not exist"));
  const auto with = [&](auto change) {
    AlarmResource made = alarm();
    change(std::get<MetricAlarmSettings>(made.settings));
    keep(made);
    return refusal();
  };
  EXPECT_THAT(with([](auto& settings) { settings.metric.reset(); }), HasSubstr("metric math"));
  EXPECT_THAT(with([](auto& settings) { settings.metric->period = std::chrono::seconds(10); }),
              HasSubstr("high-resolution"));
  EXPECT_THAT(with([](auto& settings) { settings.metric->statistic = "p99"; }),
              HasSubstr("extended statistics"));
  EXPECT_THAT(with([](auto& settings) { settings.rule.datapoints_to_alarm = 1; }), HasSubstr("M out of N"));
  AlarmResource composite = alarm();
  composite.settings = CompositeAlarmSettings{"ALARM(x)"};
  keep(composite);
  EXPECT_THAT(refusal(), HasSubstr("composite"));
  keep(alarm());
  EXPECT_EQ(refusal(), "");
}

}  // namespace
}  // namespace meridian::services::route53
