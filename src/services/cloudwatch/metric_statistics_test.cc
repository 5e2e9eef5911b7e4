#include "services/cloudwatch/service_fixture.h"

namespace meridian::services::cloudwatch {
namespace {

class MetricStatisticsTest : public CloudWatchTest {
 protected:
  static api::GetMetricStatisticsInput ask(std::string metric, Duration from = -1h, Duration to = 1h,
                                           int period = 60) {
    api::GetMetricStatisticsInput input{.Namespace = "Site", .MetricName = std::move(metric)};
    input.StartTime = kNow + from;
    input.EndTime = kNow + to;
    input.Period = period;
    input.Statistics = {"Sum"};
    return input;
  }
  api::GetMetricStatisticsOutput get(const api::GetMetricStatisticsInput& input) {
    auto out = cloudwatch_.GetMetricStatistics(call_, input);
    EXPECT_EQ(refusal(out), "");
    return out.value_or(api::GetMetricStatisticsOutput());
  }
  std::string refused(const api::GetMetricStatisticsInput& input) {
    return refusal(cloudwatch_.GetMetricStatistics(call_, input));
  }
};

TEST_F(MetricStatisticsTest, PeriodsBeginAtTheStart) {
  ASSERT_EQ(refusal(put({datum("M", 1, kNow - 43min), datum("M", 2, kNow - 42min),
                         datum("M", 4, kNow + 17min), datum("M", 8, kNow + 18min)})),
            "");
  const auto out = get(ask("M", -42min + 30s, 2h, 3600));
  EXPECT_EQ(out.Label, "M");
  ASSERT_EQ(out.Datapoints->size(), 2u);
  EXPECT_EQ((*out.Datapoints)[0].Timestamp, kNow - 42min);
  EXPECT_EQ((*out.Datapoints)[0].Sum, 6);
  EXPECT_EQ((*out.Datapoints)[1].Timestamp, kNow + 18min);
  EXPECT_EQ((*out.Datapoints)[1].Sum, 8);
  EXPECT_EQ((*out.Datapoints)[1].Average, std::nullopt);
  EXPECT_EQ((*out.Datapoints)[1].Unit, "None");
}

TEST_F(MetricStatisticsTest, TheEndIsOutside) {
  ASSERT_EQ(refusal(put({datum("M", 1, kNow), datum("M", 2, kNow + 1min)})), "");
  EXPECT_EQ(get(ask("M", 0s, 1min)).Datapoints->size(), 1u);
}

TEST_F(MetricStatisticsTest, UnitsAndDimensionsAreSeriesOfTheirOwn) {
  ASSERT_EQ(refusal(put({datum("M", 1, kNow, {}, "Seconds"), datum("M", 2, kNow, {}, "Count"),
                         datum("M", 4, kNow, {{"Host", "a"}})})),
            "");
  auto input = ask("M");
  EXPECT_EQ(get(input).Datapoints->size(), 2u);
  input.Unit = "Count";
  ASSERT_EQ(get(input).Datapoints->size(), 1u);
  EXPECT_EQ(get(input).Datapoints->front().Sum, 2);
  input.Unit.reset();
  input.Dimensions = std::vector<api::Dimension>{{"Host", "a"}};
  ASSERT_EQ(get(input).Datapoints->size(), 1u);
  EXPECT_EQ(get(input).Datapoints->front().Sum, 4);
}

TEST_F(MetricStatisticsTest, AccountsAndRegionsAreApart) {
  ASSERT_EQ(refusal(put({datum("M", 1)})), "");
  for (aws::Call other : {call_of("444455556666"), call_of("111122223333", "us-east-1")})
    EXPECT_TRUE(cloudwatch_.GetMetricStatistics(other, ask("M"))->Datapoints->empty());
}

TEST_F(MetricStatisticsTest, HighResolutionInSeconds) {
  api::MetricDatum fine = datum("M", 1, kNow + 3s);
  fine.StorageResolution = 1;
  ASSERT_EQ(refusal(put({fine, datum("Coarse", 1, kNow + 3s)})), "");
  const auto out = get(ask("M", 0s, 1min, 1));
  ASSERT_EQ(out.Datapoints->size(), 1u);
  EXPECT_EQ(out.Datapoints->front().Timestamp, kNow + 3s);
  EXPECT_TRUE(get(ask("Coarse", 0s, 1min, 1)).Datapoints->empty());
}

TEST_F(MetricStatisticsTest, PercentilesOfValuesOnly) {
  for (int i = 1; i <= 100; ++i) ASSERT_EQ(refusal(put({datum("M", i)})), "");
  api::MetricDatum set{.MetricName = "M", .Timestamp = kNow + 1min};
  set.StatisticValues = api::StatisticSet{.SampleCount = 3, .Sum = 9, .Minimum = 1, .Maximum = 5};
  ASSERT_EQ(refusal(put({set})), "");
  auto input = ask("M");
  input.Statistics.reset();
  input.ExtendedStatistics = {"p90", "PR(:50)"};
  const auto out = get(input);
  ASSERT_EQ(out.Datapoints->size(), 1u);
  const auto& values = *out.Datapoints->front().ExtendedStatistics;
  EXPECT_NEAR(values.at("p90"), 90, 1.5);
  EXPECT_NEAR(values.at("PR(:50)"), 50, 1.5);
}

TEST_F(MetricStatisticsTest, Refuses) {
  EXPECT_EQ(
      refused(ask("M", 0s, std::chrono::days(1) + 1min)),
      "InvalidParameterCombination: You have requested up to 1441 datapoints, which exceeds the limit of "
      "1440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.");
  EXPECT_EQ(refused(ask("M", 0s, std::chrono::days(1))), "");
  auto always = ask("M", 0s, 1h, 86400);
  always.StartTime = SystemTime::min();
  always.EndTime = SystemTime::max();
  EXPECT_TRUE(refused(always).starts_with("InvalidParameterCombination: You have requested up to 213503 "));
  EXPECT_EQ(refused(ask("M", 1h, 1h)),
            "InvalidParameterValue: The parameter StartTime must be less than the parameter EndTime.");
  EXPECT_TRUE(
      refused(ask("M", 0s, 1h, 61)).starts_with("InvalidParameterValue: The parameter Period must be"));
  auto input = ask("M");
  input.ExtendedStatistics = {"p50"};
  EXPECT_TRUE(refused(input).starts_with("InvalidParameterCombination"));
  input.Statistics.reset();
  EXPECT_EQ(refused(input), "");
  input.ExtendedStatistics = {"tm90"};
  EXPECT_EQ(refused(input),
            "InvalidParameterValue: The value tm90 for parameter ExtendedStatistics is not supported.");
  input.ExtendedStatistics.reset();
  EXPECT_TRUE(refused(input).starts_with("MissingParameter"));
}

class ListMetricsTest : public CloudWatchTest {
 protected:
  std::vector<std::string> list(api::ListMetricsInput input) {
    std::vector<std::string> names;
    const auto out = cloudwatch_.ListMetrics(call_, input).value();
    for (const auto& metric : *out.Metrics) {
      std::string name = *metric.Namespace + " " + *metric.MetricName;
      for (const auto& dimension : *metric.Dimensions) name += " " + dimension.Name + "=" + dimension.Value;
      names.push_back(std::move(name));
    }
    return names;
  }
};

TEST_F(ListMetricsTest, EachOnceAndByFilter) {
  using testing::ElementsAre;
  ASSERT_EQ(refusal(put({datum("A", 1, kNow, {}, "Count"), datum("A", 1, kNow, {}, "Seconds"),
                         datum("A", 1, kNow - 4h, {{"Host", "x"}}), datum("B", 1, kNow, {{"Host", "y"}})})),
            "");
  ASSERT_EQ(refusal(put({datum("C", 1)}, "Other")), "");
  EXPECT_THAT(list({}), ElementsAre("Other C", "Site A", "Site A Host=x", "Site B Host=y"));
  EXPECT_THAT(list({.Namespace = "Other"}), ElementsAre("Other C"));
  EXPECT_THAT(list({.MetricName = "A"}), ElementsAre("Site A", "Site A Host=x"));
  api::ListMetricsInput input;
  input.Dimensions = std::vector<api::DimensionFilter>{{.Name = "Host"}};
  EXPECT_THAT(list(input), ElementsAre("Site A Host=x", "Site B Host=y"));
  input.Dimensions = std::vector<api::DimensionFilter>{{.Name = "Host", .Value = "y"}};
  EXPECT_THAT(list(input), ElementsAre("Site B Host=y"));
  EXPECT_THAT(list({.MetricName = "A", .RecentlyActive = "PT3H"}), ElementsAre("Site A"));
  EXPECT_THAT(list({.OwningAccount = "444455556666"}), ElementsAre());
}

TEST_F(ListMetricsTest, FiveHundredAPage) {
  std::vector<api::MetricDatum> data;
  for (int i = 0; i < 600; ++i)
    data.push_back(datum("M", 1, kNow, {{"Host", std::to_string(1000 + i)}}, i == 499 ? "Count" : "None"));
  data.push_back(datum("M", 1, kNow, {{"Host", "1499"}}, "Seconds"));
  ASSERT_EQ(refusal(put(data)), "");
  const auto first = cloudwatch_.ListMetrics(call_, {}).value();
  ASSERT_EQ(first.Metrics->size(), 500u);
  ASSERT_TRUE(first.NextToken);
  const auto second = cloudwatch_.ListMetrics(call_, {.NextToken = first.NextToken}).value();
  ASSERT_EQ(second.Metrics->size(), 100u);
  EXPECT_EQ(second.Metrics->front().Dimensions->front().Value, "1500");
  EXPECT_FALSE(second.NextToken);
  for (const char* bad : {"", "x", "AAAA", "AQAAAAA="})
    EXPECT_TRUE(refusal(cloudwatch_.ListMetrics(call_, {.NextToken = bad})).starts_with("InvalidNextToken"));
}

}  // namespace
}  // namespace meridian::services::cloudwatch
