#include <cmath>

#include "services/cloudwatch/service_fixture.h"

namespace meridian::services::cloudwatch {
namespace {

class PutMetricDataTest : public CloudWatchTest {
 protected:
  std::string refused(api::MetricDatum datum) { return refusal(put({std::move(datum)})); }
  // What the minute of kNow holds: "count sum minimum maximum".
  std::vector<double> minute(const std::string& metric) {
    const auto out = cloudwatch_.GetMetricStatistics(
        call_, {.Namespace = "Site",
                .MetricName = metric,
                .StartTime = kNow,
                .EndTime = kNow + 1min,
                .Period = 60,
                .Statistics = std::vector<std::string>{"SampleCount", "Sum", "Minimum", "Maximum"}});
    if (!out || out->Datapoints->size() != 1) return {};
    const auto& point = out->Datapoints->front();
    return {*point.SampleCount, *point.Sum, *point.Minimum, *point.Maximum};
  }
};

TEST_F(PutMetricDataTest, KeepsValuesValueListsAndSets) {
  ASSERT_EQ(refused(datum("One", 3)), "");
  ASSERT_EQ(refused(datum("One", 5)), "");
  EXPECT_EQ(minute("One"), (std::vector<double>{2, 8, 3, 5}));

  api::MetricDatum list{.MetricName = "List", .Timestamp = kNow};
  list.Values = {1, 10};
  list.Counts = {4, 2};
  ASSERT_EQ(refused(list), "");
  EXPECT_EQ(minute("List"), (std::vector<double>{6, 24, 1, 10}));
  list.MetricName = "Uncounted";
  list.Counts.reset();
  ASSERT_EQ(refused(list), "");
  EXPECT_EQ(minute("Uncounted"), (std::vector<double>{2, 11, 1, 10}));

  api::MetricDatum set{.MetricName = "Set", .Timestamp = kNow};
  set.StatisticValues = api::StatisticSet{.SampleCount = 3, .Sum = 9, .Minimum = 1, .Maximum = 5};
  ASSERT_EQ(refused(set), "");
  EXPECT_EQ(minute("Set"), (std::vector<double>{3, 9, 1, 5}));
}

TEST_F(PutMetricDataTest, WithoutATimeItIsNow) {
  ASSERT_EQ(refused({.MetricName = "Now", .Value = 7}), "");
  EXPECT_EQ(minute("Now"), (std::vector<double>{1, 7, 7, 7}));
}

TEST_F(PutMetricDataTest, RefusesWhatIsNotOneOfTheThreeForms) {
  api::MetricDatum both = datum("M", 1);
  both.Values = {1.0};
  EXPECT_EQ(refused(both),
            "InvalidParameterCombination: The parameters MetricData.member.1.Value and "
            "MetricData.member.1.Values are mutually exclusive and you have specified both.");
  both.Values.reset();
  both.StatisticValues = api::StatisticSet{1, 1, 1, 1};
  EXPECT_EQ(refused(both),
            "InvalidParameterCombination: The parameters MetricData.member.1.Value and "
            "MetricData.member.1.StatisticValues are mutually exclusive and you have specified both.");
  both.Value.reset();
  both.Values = {1.0};
  EXPECT_TRUE(refused(both).starts_with("InvalidParameterCombination"));
  EXPECT_TRUE(refused({.MetricName = "M"}).starts_with("MissingParameter: At least one of"));
  api::MetricDatum counts{.MetricName = "M", .Value = 1};
  counts.Counts = {1.0};
  EXPECT_EQ(refused(counts), "MissingParameter: The parameter MetricData.member.1.Values is required.");
}

TEST_F(PutMetricDataTest, RefusesBadValues) {
  EXPECT_EQ(refused(datum("M", std::nan(""))),
            "InvalidParameterValue: The value NaN for parameter MetricData.member.1.Value is invalid.");
  EXPECT_TRUE(refused(datum("M", INFINITY)).starts_with("InvalidParameterValue"));
  EXPECT_TRUE(refused(datum("M", std::ldexp(1.1, 360))).starts_with("InvalidParameterValue"));
  EXPECT_EQ(refused(datum("M", -std::ldexp(1, 360))), "");

  api::MetricDatum list{.MetricName = "M"};
  list.Values = std::vector<double>(151, 1.0);
  EXPECT_EQ(refused(list),
            "InvalidParameterValue: The collection MetricData.member.1.Values must not have a size greater "
            "than 150.");
  list.Values = {1, 2};
  list.Counts = {1, 2, 3};
  EXPECT_EQ(refused(list),
            "InvalidParameterValue: The parameters MetricData.member.1.Values and MetricData.member.1.Counts "
            "must be of the same size.");
  list.Counts = {1, 0};
  EXPECT_TRUE(refused(list).starts_with("InvalidParameterValue"));

  api::MetricDatum set{.MetricName = "M"};
  set.StatisticValues = api::StatisticSet{.SampleCount = 0, .Sum = 1, .Minimum = 2, .Maximum = 1};
  EXPECT_EQ(refused(set),
            "InvalidParameterValue: The parameter MetricData.member.1.StatisticValues.SampleCount must be "
            "greater than 0.\n"
            "The parameter MetricData.member.1.StatisticValues.Maximum must be greater than "
            "MetricData.member.1.StatisticValues.Minimum.");
}

TEST_F(PutMetricDataTest, RefusesOtherTimes) {
  EXPECT_EQ(refused(datum("M", 1, kNow - std::chrono::days(14))), "");
  EXPECT_EQ(refused(datum("M", 1, kNow + 2h)), "");
  EXPECT_EQ(
      refused(datum("M", 1, kNow - std::chrono::days(14) - 1s)),
      "InvalidParameterValue: The parameter MetricData.member.1.Timestamp must specify a time within the "
      "past two weeks.");
  EXPECT_TRUE(refused(datum("M", 1, kNow + 2h + 1s)).find("two hours in the future") != std::string::npos);
}

TEST_F(PutMetricDataTest, RefusesNames) {
  EXPECT_EQ(refusal(put({datum("M", 1)}, "AWS/Route53")),
            "InvalidParameterValue: The value AWS/ for parameter Namespace is invalid.");
  EXPECT_EQ(refusal(put({datum("M", 1)}, "AWS")), "");
  EXPECT_TRUE(refusal(put({datum("M", 1)}, "  ")).starts_with("InvalidParameterValue"));
  EXPECT_TRUE(refused(datum("Größe", 1)).starts_with("InvalidParameterValue"));
  EXPECT_TRUE(refused(datum("M", 1, kNow, {{":Host", "a"}})).starts_with("InvalidParameterValue"));
  EXPECT_TRUE(refused(datum("M", 1, kNow, {{"Host", " "}})).starts_with("InvalidParameterValue"));
  EXPECT_TRUE(
      refused(datum("M", 1, kNow, {{"Host", "a"}, {"Host", "b"}})).starts_with("InvalidParameterValue"));
  std::vector<api::Dimension> dimensions;
  for (int i = 0; i < 31; ++i) dimensions.push_back({"D" + std::to_string(i), "v"});
  EXPECT_EQ(
      refused(datum("M", 1, kNow, dimensions)),
      "InvalidParameterValue: The collection MetricData.member.1.Dimensions must not have a size greater "
      "than 30.");
  dimensions.pop_back();
  EXPECT_EQ(refused(datum("M", 1, kNow, dimensions)), "");
}

TEST_F(PutMetricDataTest, RefusesRequests) {
  EXPECT_EQ(refusal(put({})), "MissingParameter: The parameter MetricData is required.");
  EXPECT_EQ(refusal(put(std::vector<api::MetricDatum>(1001, datum("M", 1)))),
            "InvalidParameterValue: The collection MetricData must not have a size greater than 1000.");
  EXPECT_EQ(refusal(put(std::vector<api::MetricDatum>(1000, datum("Many", 1)))), "");
  EXPECT_EQ(minute("Many").at(0), 1000);
  api::MetricDatum resolution = datum("M", 1);
  resolution.StorageResolution = 30;
  EXPECT_EQ(
      refused(resolution),
      "InvalidParameterValue: The parameter MetricData.member.1.StorageResolution must be a value in the "
      "set [1, 60].");
  api::PutMetricDataInput entity{.Namespace = "Site"};
  entity.EntityMetricData.emplace();
  EXPECT_TRUE(refusal(cloudwatch_.PutMetricData(call_, entity)).starts_with("InvalidParameterValue"));
}

TEST_F(PutMetricDataTest, OneBadDatumAndNoneIsKept) {
  EXPECT_NE(refusal(put({datum("Good", 1), datum("Bad", INFINITY)})), "");
  EXPECT_EQ(minute("Good"), std::vector<double>{});
}

TEST_F(PutMetricDataTest, AFullStoreIsALimit) {
  for (std::size_t i = 0; i < kSeriesMax; i += 200) {
    std::vector<api::MetricDatum> data;
    for (std::size_t j = i; j < i + 200; ++j) data.push_back(datum("M" + std::to_string(j), 1));
    ASSERT_EQ(refusal(put(data)), "");
  }
  EXPECT_TRUE(refused(datum("New", 1)).starts_with("LimitExceeded: "));
  EXPECT_EQ(refused(datum("M7", 1)), "");
  call_.dry_run = true;
  EXPECT_TRUE(refused(datum("New", 1)).starts_with("LimitExceeded: "));
}

TEST_F(PutMetricDataTest, ADryRunKeepsNothing) {
  call_.dry_run = true;
  EXPECT_EQ(refused(datum("Tried", 1)), "");
  EXPECT_NE(refused(datum("Tried", INFINITY)), "");
  EXPECT_EQ(minute("Tried"), std::vector<double>{});
  EXPECT_EQ(series_->series_count(), 0u);
}

}  // namespace
}  // namespace meridian::services::cloudwatch
