#include "services/cloudwatch/alarm_changes.h"
#include "services/cloudwatch/service_fixture.h"

namespace meridian::services::cloudwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Names = std::vector<std::string>;
using Tags = std::vector<api::Tag>;
const std::vector<api::Dimension> kHostA{{"Host", "a"}};
constexpr const char* kTopic = "arn:aws:sns:eu-west-1:111122223333:pager";

class AlarmsTest : public CloudWatchTest {
 protected:
  static api::PutMetricAlarmInput metric_alarm(std::string name) {
    api::PutMetricAlarmInput input{.AlarmName = std::move(name)};
    input.MetricName = "Errors";
    input.Namespace = "Site";
    input.Statistic = "Sum";
    input.Period = 60;
    input.EvaluationPeriods = 1;
    input.Threshold = 1;
    input.ComparisonOperator = "GreaterThanOrEqualToThreshold";
    return input;
  }
  std::string put_alarm(const api::PutMetricAlarmInput& input) {
    return refusal(cloudwatch_.PutMetricAlarm(call_, input));
  }
  std::string put_composite(std::string name, std::string rule) {
    return refusal(
        cloudwatch_.PutCompositeAlarm(call_, {.AlarmName = std::move(name), .AlarmRule = std::move(rule)}));
  }
  std::string set_state(std::string name, std::string value, std::string data = "") {
    api::SetAlarmStateInput input{
        .AlarmName = std::move(name), .StateValue = std::move(value), .StateReason = "a test"};
    if (!data.empty()) input.StateReasonData = std::move(data);
    return refusal(cloudwatch_.SetAlarmState(call_, input));
  }
  std::string erase(std::vector<std::string> names) {
    return refusal(cloudwatch_.DeleteAlarms(call_, {.AlarmNames = std::move(names)}));
  }
  api::DescribeAlarmsOutput described(api::DescribeAlarmsInput input = {}) {
    if (!input.AlarmTypes && !input.ChildrenOfAlarmName && !input.ParentsOfAlarmName)
      input.AlarmTypes = Names{"MetricAlarm", "CompositeAlarm"};
    auto out = cloudwatch_.DescribeAlarms(call_, input);
    EXPECT_TRUE(out) << out.error().message;
    return *out;
  }
  static std::vector<std::string> names(const api::DescribeAlarmsOutput& out) {
    std::vector<std::string> names;
    for (const auto& alarm : out.MetricAlarms.value_or(std::vector<api::MetricAlarm>()))
      names.push_back(*alarm.AlarmName);
    for (const auto& alarm : out.CompositeAlarms.value_or(std::vector<api::CompositeAlarm>()))
      names.push_back(*alarm.AlarmName);
    return names;
  }
  std::vector<std::string> history(api::DescribeAlarmHistoryInput input = {}) {
    std::vector<std::string> lines;
    const auto out = cloudwatch_.DescribeAlarmHistory(call_, input).value();
    for (const auto& item : *out.AlarmHistoryItems) lines.push_back(*item.HistorySummary);
    return lines;
  }
};

TEST_F(AlarmsTest, AreShownAsTheyWerePut) {
  auto input = metric_alarm("errors");
  input.AlarmDescription = "too many";
  input.AlarmActions = Names{kTopic};
  input.Dimensions = kHostA;
  input.Unit = "Count";
  input.TreatMissingData = "notBreaching";
  input.EvaluationPeriods = 3;
  input.DatapointsToAlarm = 2;
  ASSERT_EQ(put_alarm(input), "");
  const auto alarms = *described().MetricAlarms;
  ASSERT_EQ(alarms.size(), 1u);
  const api::MetricAlarm& alarm = alarms[0];
  EXPECT_EQ(alarm.AlarmArn, "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:errors");
  EXPECT_EQ(alarm.AlarmDescription, "too many");
  EXPECT_EQ(alarm.AlarmActions, input.AlarmActions);
  EXPECT_EQ(alarm.ActionsEnabled, true);
  EXPECT_EQ(alarm.StateValue, "INSUFFICIENT_DATA");
  EXPECT_EQ(alarm.StateReason, "Unchecked: Initial alarm creation");
  EXPECT_EQ(alarm.Dimensions, input.Dimensions);
  EXPECT_EQ(alarm.Statistic, "Sum");
  EXPECT_EQ(alarm.ExtendedStatistic, std::nullopt);
  EXPECT_EQ(alarm.Unit, "Count");
  EXPECT_EQ(alarm.Period, 60);
  EXPECT_EQ(alarm.DatapointsToAlarm, 2);
  EXPECT_EQ(alarm.TreatMissingData, "notBreaching");
  EXPECT_EQ(alarm.Threshold, 1);
  EXPECT_EQ(alarm.ComparisonOperator, "GreaterThanOrEqualToThreshold");
  EXPECT_THAT(history(), ElementsAre("Alarm \"errors\" created"));
}

TEST_F(AlarmsTest, PutAgainKeepsItsStateAndTags) {
  auto input = metric_alarm("errors");
  input.Tags = Tags{{"team", "edge"}};
  ASSERT_EQ(put_alarm(input), "");
  ASSERT_EQ(set_state("errors", "ALARM"), "");
  input.Threshold = 5;
  input.Tags.reset();
  ASSERT_EQ(put_alarm(input), "");
  const auto alarm = described().MetricAlarms->at(0);
  EXPECT_EQ(alarm.Threshold, 5);
  EXPECT_EQ(alarm.StateValue, "ALARM");
  const auto tags = cloudwatch_.ListTagsForResource(call_, {.ResourceARN = *alarm.AlarmArn});
  EXPECT_EQ(tags->Tags->size(), 1u);
  EXPECT_THAT(history(),
              ElementsAre("Alarm \"errors\" updated", "Alarm updated from INSUFFICIENT_DATA to ALARM",
                          "Alarm \"errors\" created"));
}

TEST_F(AlarmsTest, RefusesSettings) {
  const auto refused = [&](auto change) {
    auto input = metric_alarm("a");
    change(input);
    return put_alarm(input);
  };
  EXPECT_THAT(refused([](auto& in) { in.Period = 15; }),
              HasSubstr("Period must be 10, 20, 30 or a multiple of 60"));
  EXPECT_THAT(refused([](auto& in) { in.EvaluationPeriods = 1441; }),
              HasSubstr("EvaluationPeriods * Period must be <= 86400"));
  EXPECT_EQ(refused([](auto& in) { in.EvaluationPeriods = 168, in.Period = 3600; }), "");
  EXPECT_THAT(refused([](auto& in) { in.EvaluationPeriods = 169, in.Period = 3600; }),
              HasSubstr("<= 604800"));
  EXPECT_THAT(refused([](auto& in) { in.DatapointsToAlarm = 2; }),
              HasSubstr("DatapointsToAlarm must be less"));
  EXPECT_THAT(refused([](auto& in) { in.TreatMissingData = "Missing"; }), HasSubstr("TreatMissingData"));
  EXPECT_THAT(refused([](auto& in) { in.Statistic.reset(); }), HasSubstr("Statistic"));
  EXPECT_THAT(refused([](auto& in) { in.ExtendedStatistic = "p99"; }), HasSubstr("mutually exclusive"));
  EXPECT_THAT(refused([](auto& in) { in.Statistic.reset(), in.ExtendedStatistic = "tm90"; }),
              HasSubstr("tm90"));
  EXPECT_THAT(refused([](auto& in) { in.Threshold = std::nullopt; }), HasSubstr("Threshold is required"));
  EXPECT_THAT(refused([](auto& in) { in.Namespace = std::nullopt; }), HasSubstr("Namespace is required"));
  EXPECT_THAT(refused([](auto& in) { in.MetricName = std::nullopt; }), HasSubstr("MetricName and Metrics"));
  EXPECT_THAT(refused([](auto& in) { in.ComparisonOperator = "GreaterThanUpperThreshold"; }),
              HasSubstr("anomaly detection"));
  EXPECT_THAT(refused([](auto& in) { in.EvaluateLowSampleCountPercentile = "ignore"; }),
              HasSubstr("percentile"));
  EXPECT_THAT(refused([](auto& in) { in.AlarmActions = Names{"pager"}; }), HasSubstr("Invalid arn syntax"));
  EXPECT_EQ(refused([](auto& in) { in.AlarmActions = Names{"arn:aws:automate:us-east-1:ec2:stop"}; }), "");
  EXPECT_THAT(refused([](auto& in) { in.AlarmName = "a\nb"; }), HasSubstr("control characters"));
  EXPECT_THAT(names(described()), ElementsAre("a"));
}

TEST_F(AlarmsTest, OnMetricMath) {
  const auto metric = [](const char* id, bool returned, int period = 60) {
    api::MetricDataQuery query{.Id = id};
    query.ReturnData = returned;
    query.MetricStat.emplace();
    query.MetricStat->Metric = {"Site", "Errors", std::vector<api::Dimension>()};
    query.MetricStat->Period = period;
    query.MetricStat->Stat = "Sum";
    return query;
  };
  const auto expression = [](const char* text) {
    api::MetricDataQuery query{.Id = "e1"};
    query.Expression = text;
    return query;
  };
  const auto put = [&](std::vector<api::MetricDataQuery> queries) {
    auto input = metric_alarm("math");
    input.MetricName.reset(), input.Namespace.reset(), input.Statistic.reset(), input.Period.reset();
    input.Metrics = std::move(queries);
    return put_alarm(input);
  };
  EXPECT_EQ(put({metric("m1", false), expression("m1 * 2")}), "");
  const auto shown = described().MetricAlarms->at(0).Metrics.value();
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_EQ(shown[0], metric("m1", false));
  EXPECT_EQ(shown[1].Expression, "m1 * 2");
  EXPECT_EQ(put({metric("m1", true)}), "");
  EXPECT_THAT(put({metric("m1", true), expression("m1 * 2")}),
              HasSubstr("exactly one element must return data"));
  EXPECT_THAT(put({metric("m1", false), expression("m1 * ")}),
              HasSubstr("Error in expression 'e1': it ends too early"));
  EXPECT_THAT(put({metric("m1", false), metric("m2", false, 300), expression("m1 + m2")}),
              HasSubstr("same period"));
  EXPECT_THAT(put({expression("1")}), HasSubstr("1 to 10 metrics"));
  auto both = metric_alarm("math");
  both.Metrics = std::vector<api::MetricDataQuery>{metric("m1", true)};
  EXPECT_THAT(put_alarm(both), HasSubstr("mutually exclusive"));
}

TEST_F(AlarmsTest, AreFoundByNamePrefixStateActionAndPage) {
  for (const char* name : {"b2", "a", "b1"}) ASSERT_EQ(put_alarm(metric_alarm(name)), "");
  auto paging = metric_alarm("c/d");
  paging.AlarmActions = Names{kTopic};
  ASSERT_EQ(put_alarm(paging), "");
  ASSERT_EQ(put_composite("all", "ALARM(a) OR ALARM(b1)"), "");
  ASSERT_EQ(set_state("b1", "OK"), "");
  EXPECT_THAT(names(described()), ElementsAre("a", "b1", "b2", "c/d", "all"));
  EXPECT_THAT(names(*cloudwatch_.DescribeAlarms(call_, {})), ElementsAre("a", "b1", "b2", "c/d"));
  EXPECT_THAT(names(described({.AlarmNamePrefix = "b"})), ElementsAre("b1", "b2"));
  EXPECT_THAT(names(described({.AlarmNames = Names{"b2", "none"}})), ElementsAre("b2"));
  EXPECT_THAT(names(described({.StateValue = "OK"})), ElementsAre("b1"));
  EXPECT_THAT(names(described({.ActionPrefix = "arn:aws:sns"})), ElementsAre("c/d"));
  EXPECT_THAT(names(described({.ChildrenOfAlarmName = "all"})), ElementsAre("a", "b1"));
  EXPECT_THAT(names(described({.ParentsOfAlarmName = "b1"})), ElementsAre("all"));
  EXPECT_THAT(refusal(cloudwatch_.DescribeAlarms(call_, {.AlarmNames = Names{"a"}, .AlarmNamePrefix = "a"})),
              HasSubstr("mutually exclusive"));
  const auto page = described({.MaxRecords = 2});
  EXPECT_EQ(names(page).size(), 2u);
  EXPECT_EQ(names(described({.NextToken = page.NextToken})).size(), 3u);
  aws::Call elsewhere = call_of("111122223333", "us-east-1");
  EXPECT_THAT(names(*cloudwatch_.DescribeAlarms(elsewhere, {})), IsEmpty());
}

TEST_F(AlarmsTest, AreFoundByTheirMetric) {
  auto p99 = metric_alarm("p99");
  p99.Statistic.reset();
  p99.ExtendedStatistic = "p99";
  auto host = metric_alarm("host");
  host.Dimensions = kHostA;
  ASSERT_EQ(put_alarm(p99), "");
  ASSERT_EQ(put_alarm(host), "");
  ASSERT_EQ(put_alarm(metric_alarm("sum")), "");
  const auto found = [&](api::DescribeAlarmsForMetricInput input) {
    std::vector<std::string> out;
    const auto read = cloudwatch_.DescribeAlarmsForMetric(call_, input).value();
    for (const auto& alarm : *read.MetricAlarms) out.push_back(*alarm.AlarmName);
    return out;
  };
  EXPECT_THAT(found({.MetricName = "Errors", .Namespace = "Site"}), ElementsAre("p99", "sum"));
  EXPECT_THAT(found({.MetricName = "Errors", .Namespace = "Site", .Statistic = "Sum"}), ElementsAre("sum"));
  EXPECT_THAT(found({.MetricName = "Errors", .Namespace = "Site", .Dimensions = kHostA}),
              ElementsAre("host"));
  EXPECT_THAT(found({.MetricName = "Errors", .Namespace = "Site", .Period = 300}), IsEmpty());
}

TEST_F(AlarmsTest, CompositeAlarmsNameAlarmsThatExistAndMakeNoCircle) {
  ASSERT_EQ(put_alarm(metric_alarm("a")), "");
  EXPECT_EQ(put_composite("c", "ALARM(a) OR ALARM(\"no one\")"),
            "ValidationError: Could not save the composite alarm as alarms [no one] in the alarm rule do not "
            "exist.");
  EXPECT_THAT(put_composite("c", "ALARM(a"), HasSubstr("AlarmRule is not valid: it ends too early"));
  ASSERT_EQ(put_composite("c", "ALARM(arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a)"), "");
  ASSERT_EQ(put_composite("d", "ALARM(c)"), "");
  EXPECT_THAT(put_composite("c", "ALARM(d)"), HasSubstr("depends on itself"));
  EXPECT_THAT(put_composite("c", "ALARM(c)"), HasSubstr("depends on itself"));
  EXPECT_THAT(put_composite("a", "TRUE"), HasSubstr("another kind"));
  EXPECT_THAT(put_alarm(metric_alarm("c")), HasSubstr("another kind"));
  std::string below = "d";
  for (int i = 0; i < 8; ++i) {
    const std::string name = "deep" + std::to_string(i);
    ASSERT_EQ(put_composite(name, "ALARM(" + below + ")"), "");
    below = name;
  }
  EXPECT_THAT(put_composite("deeper", "ALARM(" + below + ")"), HasSubstr("nested 10 deep"));
  api::PutCompositeAlarmInput suppressed{.AlarmName = "s", .AlarmRule = "TRUE"};
  suppressed.ActionsSuppressor = "a";
  EXPECT_THAT(refusal(cloudwatch_.PutCompositeAlarm(call_, suppressed)), HasSubstr("suppression"));
}

TEST_F(AlarmsTest, WhatACompositeAlarmNeedsIsNotDeleted) {
  ASSERT_EQ(put_alarm(metric_alarm("a")), "");
  ASSERT_EQ(put_composite("c", "ALARM(a)"), "");
  ASSERT_EQ(put_composite("d", "TRUE"), "");
  EXPECT_EQ(erase({"a"}),
            "ValidationError: Cannot delete a as there are composite alarm(s) depending on it.");
  EXPECT_THAT(erase({"c", "d"}), HasSubstr("one composite alarm"));
  EXPECT_EQ(erase({"a", "c", "unknown"}), "");
  EXPECT_THAT(names(described()), ElementsAre("d"));
  EXPECT_THAT(history({.AlarmName = "a"}), ElementsAre("Alarm \"a\" deleted", "Alarm \"a\" created"));
}

TEST_F(AlarmsTest, SetStateIsHistoryAndFailsItsActionsWhereNobodyActs) {
  auto input = metric_alarm("a");
  input.AlarmActions = Names{kTopic};
  ASSERT_EQ(put_alarm(input), "");
  call_.time += 1min;
  ASSERT_EQ(set_state("a", "ALARM", R"({"k":1})"), "");
  ASSERT_EQ(set_state("a", "ALARM"), "") << "the same state again is no transition";
  const auto items = *cloudwatch_.DescribeAlarmHistory(call_, {.AlarmName = "a"})->AlarmHistoryItems;
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0].HistorySummary, std::string("Failed to execute action ") + kTopic);
  EXPECT_EQ(items[0].HistoryItemType, "Action");
  EXPECT_THAT(*items[0].HistoryData, HasSubstr("--alarm-webhook"));
  EXPECT_EQ(items[1].HistorySummary, "Alarm updated from INSUFFICIENT_DATA to ALARM");
  EXPECT_THAT(*items[1].HistoryData, HasSubstr(R"("stateReasonData":{"k":1})"));
  EXPECT_EQ(items[1].Timestamp, kNow + 1min);
  EXPECT_EQ(set_state("none", "OK"), "ResourceNotFound: Unknown alarm: none");
  EXPECT_THAT(set_state("a", "OK", "{"), HasSubstr("InvalidFormat"));
}

TEST_F(AlarmsTest, DisabledActionsAreNotCarriedOut) {
  auto input = metric_alarm("a");
  input.AlarmActions = Names{kTopic};
  ASSERT_EQ(put_alarm(input), "");
  ASSERT_EQ(refusal(cloudwatch_.DisableAlarmActions(call_, {.AlarmNames = {"a", "none"}})), "");
  EXPECT_EQ(described().MetricAlarms->at(0).ActionsEnabled, false);
  ASSERT_EQ(set_state("a", "ALARM"), "");
  EXPECT_THAT(history({.HistoryItemType = "Action"}), IsEmpty());
  ASSERT_EQ(refusal(cloudwatch_.EnableAlarmActions(call_, {.AlarmNames = {"a"}})), "");
  ASSERT_EQ(set_state("a", "OK"), "");
  ASSERT_EQ(set_state("a", "ALARM"), "");
  EXPECT_EQ(history({.HistoryItemType = "Action"}).size(), 1u);
}

TEST_F(AlarmsTest, HistoryIsPagedFilteredAndForgotten) {
  ASSERT_EQ(put_alarm(metric_alarm("a")), "");
  for (const char* value : {"OK", "ALARM", "OK"}) {
    call_.time += 1h;
    ASSERT_EQ(set_state("a", value), "");
  }
  EXPECT_THAT(history({.HistoryItemType = "StateUpdate", .ScanBy = "TimestampAscending"}),
              ElementsAre("Alarm updated from INSUFFICIENT_DATA to OK", "Alarm updated from OK to ALARM",
                          "Alarm updated from ALARM to OK"));
  EXPECT_EQ(history({.StartDate = kNow + 2h, .EndDate = kNow + 2h}).size(), 1u);
  EXPECT_THAT(history({.AlarmTypes = Names{"CompositeAlarm"}}), IsEmpty());
  const auto page = cloudwatch_.DescribeAlarmHistory(call_, {.MaxRecords = 3}).value();
  EXPECT_EQ(page.AlarmHistoryItems->size(), 3u);
  EXPECT_THAT(history({.NextToken = page.NextToken}), ElementsAre("Alarm \"a\" created"));
  call_.time = kNow + std::chrono::days(30) + 90min;
  ASSERT_EQ(set_state("a", "ALARM"), "");
  EXPECT_EQ(history().size(), 3u) << "what is older than 30 days is gone";
}

TEST_F(AlarmsTest, TagsComeAndGo) {
  ASSERT_EQ(put_alarm(metric_alarm("a")), "");
  const std::string arn = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a";
  ASSERT_EQ(
      refusal(cloudwatch_.TagResource(call_, {.ResourceARN = arn, .Tags = Tags{{"x", "1"}, {"y", "2"}}})),
      "");
  ASSERT_EQ(refusal(cloudwatch_.TagResource(call_, {.ResourceARN = arn, .Tags = Tags{{"x", "3"}}})), "");
  ASSERT_EQ(refusal(cloudwatch_.UntagResource(call_, {.ResourceARN = arn, .TagKeys = {"y"}})), "");
  const auto tags = *cloudwatch_.ListTagsForResource(call_, {.ResourceARN = arn})->Tags;
  ASSERT_EQ(tags.size(), 1u);
  EXPECT_EQ(tags[0], (api::Tag{"x", "3"}));
  EXPECT_THAT(refusal(cloudwatch_.TagResource(call_, {.ResourceARN = arn, .Tags = Tags{{"aws:x", "1"}}})),
              HasSubstr("reserved"));
  EXPECT_THAT(refusal(cloudwatch_.ListTagsForResource(call_, {.ResourceARN = arn + "b"})),
              HasSubstr("ResourceNotFound"));
  std::vector<api::Tag> many;
  for (int i = 0; i < 50; ++i) many.push_back({"k" + std::to_string(i), ""});
  EXPECT_THAT(refusal(cloudwatch_.TagResource(call_, {.ResourceARN = arn, .Tags = many})),
              HasSubstr("at most 50"));
}

}  // namespace
}  // namespace meridian::services::cloudwatch
