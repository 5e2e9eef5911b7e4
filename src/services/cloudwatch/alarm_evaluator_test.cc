#include "services/cloudwatch/alarm_evaluator.h"

#include "services/cloudwatch/service_fixture.h"

namespace meridian::services::cloudwatch {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class HeardActions final : public AlarmActions {
 public:
  Result<void> take(AlarmAction action) override {
    if (full) return fail(ErrorCode::Limit, "too many wait");
    actions.push_back(std::move(action));
    return {};
  }
  std::vector<AlarmAction> actions;
  bool full = false;
};

class AlarmEvaluatorTest : public CloudWatchTest {
 protected:
  void put_alarm(std::string name, const std::function<void(api::PutMetricAlarmInput&)>& change = {}) {
    api::PutMetricAlarmInput input{.AlarmName = std::move(name)};
    input.MetricName = "Errors";
    input.Namespace = "Site";
    input.Statistic = "Sum";
    input.Period = 60;
    input.EvaluationPeriods = 1;
    input.Threshold = 5;
    input.ComparisonOperator = "GreaterThanThreshold";
    input.AlarmActions = std::vector<std::string>{"arn:aws:sns:eu-west-1:111122223333:pager"};
    if (change) change(input);
    ASSERT_EQ(refusal(cloudwatch_.PutMetricAlarm(call_, input)), "");
  }
  void put_composite(std::string name, std::string rule) {
    ASSERT_EQ(refusal(cloudwatch_.PutCompositeAlarm(
                  call_, {.AlarmName = std::move(name), .AlarmRule = std::move(rule)})),
              "");
  }
  void errors(double count, SystemTime at) {
    api::MetricDatum each = datum("Errors", count, at);
    each.StorageResolution = 1;
    ASSERT_EQ(refusal(put({each})), "");
  }
  AlarmStateResource state(std::string_view name) {
    return read_alarm(store_, "111122223333", "eu-west-1", name)->value().state.value;
  }
  std::string value(std::string_view name) { return std::string(to_string(state(name).value)); }
  // Time passes, in the steps of the server.
  void pass(std::chrono::seconds time) {
    const SystemTime until = clock_.now() + time;
    while (clock_.now() < until) {
      clock_.advance(AlarmEvaluator::kInterval);
      call_.time = clock_.now();
      evaluator.evaluate(clock_.now());
    }
  }

  HeardActions heard;
  AlarmEvaluator evaluator{store_, *series_, &heard, logger_, metrics_};
};

TEST_F(AlarmEvaluatorTest, AnAlarmFollowsItsMetric) {
  put_alarm("a");
  errors(3, kNow + 5s);
  pass(1min);
  EXPECT_EQ(value("a"), "OK");
  EXPECT_THAT(heard.actions, IsEmpty());
  errors(9, kNow + 65s);
  pass(50s);
  EXPECT_EQ(value("a"), "OK") << "its minute is not over";
  pass(10s);
  EXPECT_EQ(value("a"), "ALARM");
  EXPECT_EQ(
      state("a").reason,
      "Threshold Crossed: 1 out of the last 1 datapoints [9.0 (15/01/27 08:01:00)] was greater than the "
      "threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition).");
  EXPECT_THAT(state("a").reason_data, HasSubstr(R"("recentDatapoints":[9])"));
  EXPECT_EQ(state("a").transitioned_at, kNow + 2min);
  ASSERT_EQ(heard.actions.size(), 1u);
  EXPECT_EQ(heard.actions[0].action, "arn:aws:sns:eu-west-1:111122223333:pager");
  EXPECT_THAT(heard.actions[0].message, HasSubstr(R"("OldStateValue":"OK")"));
  pass(5min);
  EXPECT_EQ(value("a"), "INSUFFICIENT_DATA") << "the metric stopped flowing";
  EXPECT_EQ(state("a").reason, "Insufficient Data: 1 datapoint was unknown.");
  EXPECT_EQ(heard.actions.size(), 1u);
}

TEST_F(AlarmEvaluatorTest, AHighResolutionAlarmIsFoundEveryTenSeconds) {
  put_alarm("a", [](auto& in) { in.Period = 10; });
  errors(9, kNow + 1s);
  pass(10s);
  EXPECT_EQ(value("a"), "ALARM");
}

TEST_F(AlarmEvaluatorTest, LongPeriodsSlideByTheMinute) {
  put_alarm("a", [](auto& in) { in.Period = 300; });
  errors(9, kNow + 61s);
  pass(2min);
  EXPECT_EQ(value("a"), "ALARM");
}

TEST_F(AlarmEvaluatorTest, IgnoreKeepsTheState) {
  put_alarm("a", [](auto& in) { in.TreatMissingData = "ignore"; });
  errors(9, kNow);
  pass(10min);
  EXPECT_EQ(value("a"), "ALARM");
}

TEST_F(AlarmEvaluatorTest, ASetStateLastsUntilTheNextEvaluation) {
  put_alarm("a");
  for (int i = 0; i < 4; ++i) errors(1, kNow + i * 1min);
  pass(1min);
  ASSERT_EQ(refusal(cloudwatch_.SetAlarmState(call_,
                                              {.AlarmName = "a", .StateValue = "ALARM", .StateReason = "t"})),
            "");
  pass(50s);
  EXPECT_EQ(value("a"), "ALARM");
  pass(10s);
  EXPECT_EQ(value("a"), "OK");
}

TEST_F(AlarmEvaluatorTest, TooFewSamplesForAPercentileAreIgnoredWhenAsked) {
  const auto p90 = [](auto& in) { in.Statistic.reset(), in.ExtendedStatistic = "p90"; };
  put_alarm("evaluated", p90);
  put_alarm("ignored", [&](auto& in) { p90(in), in.EvaluateLowSampleCountPercentile = "ignore"; });
  for (int i = 0; i < 99; ++i) errors(9, kNow + 1s);
  pass(1min);
  EXPECT_EQ(value("evaluated"), "ALARM");
  EXPECT_EQ(value("ignored"), "INSUFFICIENT_DATA");
  for (int i = 0; i < 101; ++i) errors(9, kNow + 61s);
  pass(1min);
  EXPECT_EQ(value("ignored"), "ALARM");
}

TEST_F(AlarmEvaluatorTest, AnAlarmOnMetricMath) {
  put_alarm("share", [](auto& in) {
    in.MetricName.reset(), in.Namespace.reset(), in.Statistic.reset(), in.Period.reset();
    api::MetricDataQuery share{.Id = "e1"}, errors{.Id = "m1"};
    share.Expression = "100 * m1 / (FILL(m1, 0) + 10)";
    errors.ReturnData = false;
    errors.MetricStat.emplace();
    errors.MetricStat->Metric = {"Site", "Errors", std::nullopt};
    errors.MetricStat->Period = 60;
    errors.MetricStat->Stat = "Sum";
    in.Metrics = std::vector<api::MetricDataQuery>{share, errors};
    in.Threshold = 40;
  });
  errors(5, kNow + 1s);
  pass(1min);
  EXPECT_EQ(value("share"), "OK");
  errors(10, kNow + 61s);
  pass(1min);
  EXPECT_EQ(value("share"), "ALARM");
  EXPECT_THAT(state("share").reason,
              HasSubstr("[50.0 (15/01/27 08:01:00)] was greater than the threshold (40.0)"));
  EXPECT_THAT(heard.actions.at(0).message, HasSubstr(R"x("Expression":"100 * m1 / (FILL(m1, 0) + 10)")x"));
}

TEST_F(AlarmEvaluatorTest, CompositeAlarmsFollowTheirAlarms) {
  put_alarm("a");
  put_alarm("b");
  put_composite("both", "ALARM(a) AND ALARM(b)");
  put_composite("above", "ALARM(both) OR FALSE");
  evaluator.evaluate_composites(clock_.now());
  EXPECT_EQ(value("both"), "OK");
  EXPECT_EQ(
      state("both").reason,
      "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:both was created and its alarm rule evaluates to OK");
  for (const char* name : {"a", "b"}) {
    call_.time += 10s;
    ASSERT_EQ(refusal(cloudwatch_.SetAlarmState(
                  call_, {.AlarmName = name, .StateValue = "ALARM", .StateReason = "t"})),
              "");
  }
  evaluator.evaluate_composites(call_.time);
  EXPECT_EQ(value("both"), "ALARM");
  EXPECT_EQ(value("above"), "ALARM");
  EXPECT_EQ(
      state("both").reason,
      "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:b transitioned to ALARM at Friday 15 January, 2027 "
      "08:00:20 UTC");
  EXPECT_THAT(state("both").reason_data, HasSubstr("triggeringAlarms"));
}

TEST_F(AlarmEvaluatorTest, AnAlarmPutAnewIsFoundAtOnce) {
  errors(9, kNow - 30s);
  put_alarm("a");
  evaluator.evaluate_alarm("111122223333", "eu-west-1", "a", kNow);
  EXPECT_EQ(value("a"), "ALARM");
  evaluator.evaluate_alarm("111122223333", "eu-west-1", "gone", kNow);
}

TEST_F(AlarmEvaluatorTest, AStateFoundWithOtherSettingsIsNotKept) {
  put_alarm("a");
  const auto before = read_alarm(store_, "111122223333", "eu-west-1", "a")->value().alarm.modified;
  put_alarm("a", [](auto& in) { in.Threshold = 100; });
  const auto changed = change_state(store_, nullptr, "111122223333", "eu-west-1", "a",
                                    {AlarmValue::Alarm, "old", "", kNow, before});
  EXPECT_FALSE(changed.value());
  EXPECT_EQ(value("a"), "INSUFFICIENT_DATA");
}

TEST_F(AlarmEvaluatorTest, AnActionThatIsNotTakenIsHistory) {
  heard.full = true;
  put_alarm("a");
  errors(9, kNow);
  pass(1min);
  const auto items =
      *cloudwatch_.DescribeAlarmHistory(call_, {.HistoryItemType = "Action"})->AlarmHistoryItems;
  ASSERT_EQ(items.size(), 1u);
  EXPECT_THAT(*items[0].HistoryData, HasSubstr("too many wait"));
}

}  // namespace
}  // namespace meridian::services::cloudwatch
