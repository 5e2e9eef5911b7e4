#include "services/cloudwatch/alarm_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/json/json.h"

namespace meridian::services::cloudwatch {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr SystemTime kAt{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 14h};

// One value a minute up to kAt, the newest last; NaN: none.
std::vector<std::optional<store::MetricValue>> values(std::initializer_list<double> list) {
  std::vector<std::optional<store::MetricValue>> out;
  SystemTime at = kAt - 1min * (static_cast<int>(list.size()) - 1);
  for (const double value : list) {
    out.push_back(value == value ? std::optional(store::MetricValue{at, value, 2}) : std::nullopt);
    at += 1min;
  }
  return out;
}
std::string reason(const store::ThresholdRule& rule, std::initializer_list<double> list) {
  const auto points = values(list);
  std::vector<std::optional<double>> numbers;
  for (const auto& point : points) numbers.push_back(point ? std::optional(point->value) : std::nullopt);
  const auto evaluation = store::evaluate(rule, numbers);
  return threshold_reason(rule, evaluation, points,
                          evaluation.verdict == store::Verdict::Alarm ? AlarmValue::Alarm : AlarmValue::Ok);
}
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

TEST(AlarmWordsTest, ReasonsAsAwsSaysThem) {
  const store::ThresholdRule below{.comparison = store::Comparison::LessThanThreshold, .threshold = 1};
  EXPECT_EQ(reason(below, {0}),
            "Threshold Crossed: 1 out of the last 1 datapoints [0.0 (21/11/26 14:00:00)] was less than the "
            "threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).");
  EXPECT_EQ(
      reason(below, {2}),
      "Threshold Crossed: 1 out of the last 1 datapoints [2.0 (21/11/26 14:00:00)] was not less than the "
      "threshold (1.0) (minimum 1 datapoint for ALARM -> OK transition).");
  const store::ThresholdRule two_of_three{.comparison = store::Comparison::GreaterThanOrEqualToThreshold,
                                          .threshold = 80,
                                          .evaluation_periods = 3,
                                          .datapoints_to_alarm = 2};
  EXPECT_EQ(reason(two_of_three, {99.5, 1, 80}),
            "Threshold Crossed: 2 out of the last 3 datapoints [80.0 (21/11/26 14:00:00), 99.5 (21/11/26 "
            "13:58:00)] "
            "were greater than or equal to the threshold (80.0) (minimum 2 datapoints for OK -> ALARM "
            "transition).");
  EXPECT_THAT(reason(two_of_three, {99.5, 1, 2}),
              HasSubstr("(minimum 2 datapoints for ALARM -> OK transition)"));
}

TEST(AlarmWordsTest, ManyValuesAreCut) {
  const store::ThresholdRule rule{.comparison = store::Comparison::GreaterThanThreshold,
                                  .threshold = 0,
                                  .evaluation_periods = 6,
                                  .datapoints_to_alarm = 6};
  EXPECT_EQ(
      reason(rule, {1, 2, 3, 4, 5, 6}),
      "Threshold Crossed: 6 out of the last 6 datapoints were greater than the threshold (0.0). The most "
      "recent datapoints which crossed the threshold: [6.0 (21/11/26 14:00:00), 5.0 (21/11/26 13:59:00), 4.0 "
      "(21/11/26 13:58:00), 3.0 (21/11/26 13:57:00), 2.0 (21/11/26 13:56:00)] (minimum 6 datapoints for OK "
      "-> "
      "ALARM transition).");
}

TEST(AlarmWordsTest, MissingDataAreNamed) {
  store::ThresholdRule rule{.comparison = store::Comparison::GreaterThanThreshold,
                            .threshold = 0,
                            .evaluation_periods = 3,
                            .datapoints_to_alarm = 3,
                            .missing = store::MissingData::Breaching};
  EXPECT_EQ(
      reason(rule, {kNone, kNone, kNone}),
      "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as "
      "[Breaching].");
  EXPECT_THAT(reason(rule, {kNone, kNone, 5}),
              HasSubstr("and 2 missing datapoints were treated as [Breaching] ("));
  rule.missing = store::MissingData::NotBreaching;
  EXPECT_THAT(reason(rule, {kNone, kNone, kNone}), HasSubstr("[NonBreaching]"));
  EXPECT_EQ(
      insufficient_data_reason({.verdict = store::Verdict::InsufficientData, .evaluated = {}, .filled = 3}),
      "Insufficient Data: 3 datapoints were unknown.");
}

TEST(AlarmWordsTest, NumbersAsJavaPrintsThem) {
  EXPECT_EQ(java_number(0), "0.0");
  EXPECT_EQ(java_number(-1), "-1.0");
  EXPECT_EQ(java_number(99.7027322404378), "99.7027322404378");
  EXPECT_EQ(java_number(0.001), "0.001");
  EXPECT_EQ(java_number(0.00025), "2.5E-4");
  EXPECT_EQ(java_number(9999999), "9999999.0");
  EXPECT_EQ(java_number(10000000), "1.0E7");
  EXPECT_EQ(java_number(-1.5e300), "-1.5E300");
}

AlarmResource alarm() {
  AlarmResource alarm{.account = "111122223333", .region = "eu-west-1", .name = "errors"};
  alarm.alarm_actions = {"arn:aws:sns:eu-west-1:111122223333:pager"};
  alarm.updated_at = kAt;
  MetricAlarmSettings settings;
  settings.metric = {{"", "Site", "Errors", {{"Host", "a"}}, ""}, "Sum", 60s};
  settings.rule.threshold = 1;
  alarm.settings = settings;
  return alarm;
}

TEST(AlarmWordsTest, ReasonDataHoldWhatWasEvaluated) {
  const auto points = values({1, kNone, 3});
  const store::Evaluation evaluation{store::Verdict::Alarm, {2, 0}, 0};
  EXPECT_EQ(
      reason_data(*alarm().metric(), evaluation, points, kAt + 61s, 60s),
      R"({"version":"1.0","queryDate":"2026-11-21T14:01:01.000+0000","startDate":"2026-11-21T13:58:00.000+0000",)"
      R"("statistic":"Sum","period":60,"recentDatapoints":[1,3],"threshold":1,"evaluatedDatapoints":[)"
      R"({"timestamp":"2026-11-21T14:00:00.000+0000","sampleCount":2,"value":3},)"
      R"({"timestamp":"2026-11-21T13:58:00.000+0000","sampleCount":2,"value":1}]})");
}

TEST(AlarmWordsTest, TheNotificationThatToolsRead) {
  const AlarmStateResource state{AlarmValue::Alarm, "because", "", kAt, kAt};
  EXPECT_EQ(notification_subject(alarm(), AlarmValue::Alarm), R"(ALARM: "errors" in Europe (Ireland))");
  const auto message = json::parse(notification_message(alarm(), AlarmValue::Ok, state)).value();
  const auto text = [&](const json::Value& of, const char* name) {
    return *of.find(name)->get<std::string>();
  };
  EXPECT_EQ(text(message, "AlarmName"), "errors");
  EXPECT_TRUE(message.find("AlarmDescription")->is_null());
  EXPECT_EQ(text(message, "NewStateValue"), "ALARM");
  EXPECT_EQ(text(message, "OldStateValue"), "OK");
  EXPECT_EQ(text(message, "StateChangeTime"), "2026-11-21T14:00:00.000+0000");
  const json::Value& trigger = *message.find("Trigger");
  EXPECT_EQ(text(trigger, "Statistic"), "SUM");
  EXPECT_EQ(text(trigger, "MetricName"), "Errors");
  EXPECT_EQ(json::to_text(*trigger.find("Dimensions")), R"([{"value":"a","name":"Host"}])");
}

TEST(AlarmWordsTest, HistoryIsJson) {
  const AlarmStateResource before, after{AlarmValue::Ok, "fine", R"({"version":"1.0"})", kAt, kAt};
  EXPECT_EQ(state_update_data(before, after),
            R"({"version":"1.0","oldState":{"stateValue":"INSUFFICIENT_DATA","stateReason":""},)"
            R"("newState":{"stateValue":"OK","stateReason":"fine","stateReasonData":{"version":"1.0"}}})");
  EXPECT_TRUE(json::parse(configuration_data(alarm(), "Create")));
  AlarmResource composite = alarm();
  composite.settings = CompositeAlarmSettings{R"(ALARM("x"))"};
  EXPECT_THAT(configuration_data(composite, "Delete"), HasSubstr(R"("deletedAlarm":{"alarmName":"errors")"));
  EXPECT_THAT(action_data(alarm(), after, "arn:x", "m", ""), HasSubstr(R"("actionState":"Succeeded")"));
  EXPECT_THAT(action_data(alarm(), after, "arn:x", "m", "no"), HasSubstr(R"("error":"no")"));
  EXPECT_EQ(composite_reason("arn:a", AlarmValue::Alarm, kAt),
            "arn:a transitioned to ALARM at Saturday 21 November, 2026 14:00:00 UTC");
  EXPECT_TRUE(json::parse(composite_reason_data("arn:a", AlarmValue::Alarm, kAt)));
}

}  // namespace
}  // namespace meridian::services::cloudwatch
