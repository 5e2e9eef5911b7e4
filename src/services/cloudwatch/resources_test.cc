#include "services/cloudwatch/resources.h"

#include <gtest/gtest.h>

namespace meridian::services::cloudwatch {
namespace {

using namespace std::chrono_literals;

constexpr SystemTime kNow{std::chrono::seconds(1'800'000'000)};

store::MetricQuery query() {
  return {
      {"111122223333/us-east-1", "Site", "Errors", {{"Host", "a"}, {"Path", "/"}}, "Count"}, "p99.9", 300s};
}

AlarmResource alarm() {
  AlarmResource alarm{"111122223333", "us-east-1", "too many", "described", false};
  alarm.ok_actions = {"arn:aws:sns:us-east-1:111122223333:ok"};
  alarm.alarm_actions = {"arn:aws:sns:us-east-1:111122223333:a", "arn:aws:sns:us-east-1:111122223333:b"};
  alarm.tags = {{"team", "edge"}, {"a", ""}};
  alarm.updated_at = kNow;
  MetricAlarmSettings settings;
  settings.metric = query();
  settings.rule = {store::Comparison::LessThanThreshold, -1.5, 3, 2, store::MissingData::NotBreaching};
  settings.datapoints_to_alarm = 2;
  settings.treat_missing_data = "notBreaching";
  settings.evaluate_low_sample_count_percentile = "ignore";
  alarm.settings = settings;
  return alarm;
}

TEST(CloudWatchResourcesTest, AlarmsComeBack) {
  AlarmResource first = alarm();
  const AlarmResource read = decode_alarm(encode(first)).value();
  EXPECT_EQ(read.name, "too many");
  EXPECT_EQ(read.description, "described");
  EXPECT_FALSE(read.actions_enabled);
  EXPECT_EQ(read.actions(AlarmValue::Ok), first.ok_actions);
  EXPECT_EQ(read.actions(AlarmValue::Alarm), first.alarm_actions);
  EXPECT_TRUE(read.actions(AlarmValue::InsufficientData).empty());
  EXPECT_EQ(read.tags, first.tags);
  EXPECT_EQ(read.updated_at, kNow);
  EXPECT_EQ(read.settings, first.settings);

  MetricAlarmSettings math = *first.metric();
  math.metric.reset();
  math.queries = {{.id = "m1", .metric = query(), .return_data = false},
                  {.id = "e1", .expression = "m1 * 2", .label = "Twice", .period = 60s}};
  first.settings = math;
  EXPECT_EQ(decode_alarm(encode(first))->settings, first.settings);
  first.settings = CompositeAlarmSettings{"ALARM(a) OR OK(b)"};
  EXPECT_EQ(decode_alarm(encode(first))->settings, first.settings);
}

TEST(CloudWatchResourcesTest, StatesAndHistoryComeBack) {
  const auto state =
      decode_alarm_state(encode(AlarmStateResource{AlarmValue::Alarm, "because", "{}", kNow + 1s, kNow}))
          .value();
  EXPECT_EQ(state.value, AlarmValue::Alarm);
  EXPECT_EQ(state.reason, "because");
  EXPECT_EQ(state.updated_at, kNow + 1s);
  EXPECT_EQ(state.transitioned_at, kNow);
  const AlarmHistoryResource item{"a", true, AlarmHistoryResource::Kind::Action, kNow, "done", "{}"};
  const auto read = decode_alarm_history(encode(item)).value();
  EXPECT_EQ(read.alarm, "a");
  EXPECT_TRUE(read.composite);
  EXPECT_EQ(read.kind, AlarmHistoryResource::Kind::Action);
  EXPECT_EQ(read.summary, "done");
  EXPECT_EQ(decode_alarm_history_ends(encode(AlarmHistoryEnds{3, 9}))->next, 9u);
}

TEST(CloudWatchResourcesTest, CutOrSpoiledBytesAreCorrupt) {
  const std::string good = encode(alarm());
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode_alarm(std::string_view(good).substr(0, size))) << size;
  EXPECT_FALSE(decode_alarm_state(std::string("\x01\x03") + encode(AlarmStateResource{}).substr(2)));
}

TEST(CloudWatchResourcesTest, TheNewestHistoryStandsFirst) {
  EXPECT_LT(alarm_history_key("1", "r", 10), alarm_history_key("1", "r", 9));
  EXPECT_TRUE(alarm_history_key("1", "r", 9).starts_with(alarm_history_prefix("1", "r")));
  EXPECT_EQ(alarm_arn(alarm()), "arn:aws:cloudwatch:us-east-1:111122223333:alarm:too many");
}

TEST(CloudWatchResourcesTest, ValuesAreSpelledAsInTheApi) {
  for (const char* text : {"OK", "ALARM", "INSUFFICIENT_DATA"})
    EXPECT_EQ(to_string(parse_alarm_value(text).value()), text);
  EXPECT_FALSE(parse_alarm_value("ok"));
}

}  // namespace
}  // namespace meridian::services::cloudwatch
