#include "services/logs/service_fixture.h"

namespace meridian::services::logs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;

class MetricFiltersTest : public LogsTest {
 protected:
  void SetUp() override {
    make_group("g");
    make_stream("g", "s");
  }
  static api::PutMetricFilterRequest filter(std::string name, std::string pattern, std::string value = "1") {
    api::PutMetricFilterRequest input{.logGroupName = "g",
                                      .filterName = std::move(name),
                                      .filterPattern = std::move(pattern),
                                      .metricTransformations = {}};
    input.metricTransformations.push_back(
        {.metricName = "Count", .metricNamespace = "Site", .metricValue = std::move(value)});
    return input;
  }
  std::string put_filter(const api::PutMetricFilterRequest& input) {
    return refusal(logs_.PutMetricFilter(call_, input));
  }
  std::vector<std::string> names(const api::DescribeMetricFiltersRequest& input = {}) {
    std::vector<std::string> names;
    const auto out = logs_.DescribeMetricFilters(call_, input);
    EXPECT_EQ(refusal(out), "");
    for (const auto& each : *out->metricFilters) names.push_back(*each.filterName + "@" + *each.logGroupName);
    return names;
  }
};

TEST_F(MetricFiltersTest, CountsWhatMatches) {
  ASSERT_EQ(put_filter(filter("errors", "ERROR")), "");
  ASSERT_EQ(refusal(put("g", "s", {{0, "ERROR 1"}, {1, "fine"}, {2, "ERROR 2"}, {60'000, "ERROR 3"}})), "");
  ASSERT_EQ(samples_.kept.size(), 2u) << "one a minute";
  const store::Sample& first = samples_.kept[0];
  EXPECT_EQ(first.series.account, store::metric_scope("111122223333", "us-east-1"));
  EXPECT_EQ(first.series.name_space, "Site");
  EXPECT_EQ(first.series.metric, "Count");
  EXPECT_EQ(first.series.unit, "None");
  EXPECT_THAT(first.series.dimensions, IsEmpty());
  EXPECT_EQ(first.at, kNow);
  EXPECT_EQ(first.statistics.sum(), 2);
  EXPECT_EQ(samples_.kept[1].at, kNow + 60s);
}

TEST_F(MetricFiltersTest, ADefaultWhereNothingMatches) {
  auto input = filter("errors", "ERROR");
  input.metricTransformations[0].defaultValue = 0;
  ASSERT_EQ(put_filter(input), "");
  ASSERT_EQ(refusal(put("g", "s", {{0, "ERROR"}, {1, "fine"}, {60'000, "fine"}, {60'001, "fine"}})), "");
  ASSERT_EQ(samples_.kept.size(), 2u);
  EXPECT_EQ(samples_.kept[0].statistics.count(), 1);
  EXPECT_EQ(samples_.kept[1].statistics.sum(), 0);
  EXPECT_EQ(samples_.kept[1].statistics.count(), 2);
}

TEST_F(MetricFiltersTest, ValuesAndDimensionsOfJson) {
  auto input = filter("latency", "{ $.latency = * }", "$.latency");
  input.metricTransformations[0].unit = "Milliseconds";
  input.metricTransformations[0].dimensions.emplace()["Path"] = "$.request.path";
  ASSERT_EQ(put_filter(input), "");
  ASSERT_EQ(refusal(put("g", "s",
                        {{0, R"({"latency": 10, "request": {"path": "/a"}})"},
                         {1, R"({"latency": 30, "request": {"path": "/a"}})"},
                         {2, R"({"latency": 5, "request": {"path": "/b"}})"},
                         {3, R"({"latency": "much", "request": {"path": "/b"}})"},
                         {4, R"({"latency": 7})"}})),
            "");
  ASSERT_EQ(samples_.kept.size(), 2u);
  EXPECT_THAT(samples_.kept[0].series.dimensions, ElementsAre(Pair("Path", "/a")));
  EXPECT_EQ(samples_.kept[0].series.unit, "Milliseconds");
  EXPECT_EQ(samples_.kept[0].statistics.sum(), 40);
  EXPECT_EQ(samples_.kept[0].statistics.maximum(), 30);
  EXPECT_EQ(samples_.kept[1].statistics.sum(), 5);
}

TEST_F(MetricFiltersTest, ValuesOfColumns) {
  ASSERT_EQ(put_filter(filter("bytes", "[ip, ..., status = 2*, bytes]", "$bytes")), "");
  ASSERT_EQ(refusal(put("g", "s", {{0, "192.0.2.1 x 200 1000"}, {1, "192.0.2.1 x y 404 5"}})), "");
  ASSERT_EQ(samples_.kept.size(), 1u);
  EXPECT_EQ(samples_.kept[0].statistics.sum(), 1000);
}

TEST_F(MetricFiltersTest, ADryRunPublishesNothing) {
  ASSERT_EQ(put_filter(filter("errors", "ERROR")), "");
  call_.dry_run = true;
  ASSERT_EQ(refusal(put("g", "s", {{0, "ERROR"}})), "");
  EXPECT_THAT(samples_.kept, IsEmpty());
}

TEST_F(MetricFiltersTest, ListedReplacedAndDeleted) {
  make_group("h");
  ASSERT_EQ(put_filter(filter("b", "B")), "");
  ASSERT_EQ(put_filter(filter("a", "A")), "");
  auto other = filter("b", "C");
  other.logGroupName = "h";
  other.metricTransformations[0].metricName = "Other";
  ASSERT_EQ(put_filter(other), "");
  EXPECT_THAT(names(), ElementsAre("a@g", "b@g", "b@h"));
  EXPECT_THAT(names({.logGroupName = "g", .filterNamePrefix = "b"}), ElementsAre("b@g"));
  EXPECT_THAT(names({.metricName = "Other", .metricNamespace = "Site"}), ElementsAre("b@h"));
  const auto page = logs_.DescribeMetricFilters(call_, {.limit = 2});
  EXPECT_THAT(names({.nextToken = page->nextToken}), ElementsAre("b@h"));

  ASSERT_EQ(put_filter(filter("a", "AA")), "");
  const auto listed = logs_.DescribeMetricFilters(call_, {.logGroupName = "g"})->metricFilters->at(0);
  EXPECT_EQ(listed.filterPattern, "AA");
  EXPECT_EQ(listed.metricTransformations->at(0).metricValue, "1");
  EXPECT_EQ(logs_.DescribeLogGroups(call_, {})->logGroups->at(0).metricFilterCount, 2);
  ASSERT_EQ(refusal(logs_.DeleteMetricFilter(call_, {.logGroupName = "g", .filterName = "a"})), "");
  EXPECT_EQ(refusal(logs_.DeleteMetricFilter(call_, {.logGroupName = "g", .filterName = "a"})),
            "ResourceNotFoundException: The specified metric filter does not exist.");
  EXPECT_EQ(logs_.DescribeLogGroups(call_, {})->logGroups->at(0).metricFilterCount, 1);
  ASSERT_EQ(refusal(logs_.DeleteLogGroup(call_, {.logGroupName = "g"})), "");
  EXPECT_THAT(names(), ElementsAre("b@h"));
}

TEST_F(MetricFiltersTest, Bounds) {
  for (int i = 0; i < 5; ++i) ASSERT_EQ(put_filter(filter("r" + std::to_string(i), "%x%")), "");
  EXPECT_THAT(put_filter(filter("r5", "%x%")), StartsWith("LimitExceededException"));
  ASSERT_EQ(put_filter(filter("r0", "%y%")), "") << "in place of one that is there";
  for (int i = 5; i < 100; ++i) ASSERT_EQ(put_filter(filter("t" + std::to_string(i), "x")), "");
  EXPECT_EQ(put_filter(filter("more", "x")), "LimitExceededException: Resource limit exceeded.");
}

TEST_F(MetricFiltersTest, Refuses) {
  EXPECT_THAT(put_filter(filter("f", "a.b")), HasSubstr("Invalid character(s)"));
  EXPECT_THAT(put_filter(filter("f", "x", "$.latency")), StartsWith("InvalidParameterException"));
  EXPECT_THAT(put_filter(filter("f", "[a, b]", "$c")), StartsWith("InvalidParameterException"));
  EXPECT_THAT(put_filter(filter("f", "x", "much")), StartsWith("InvalidParameterException"));
  auto input = filter("f", "{ $.a = * }");
  input.metricTransformations[0].dimensions.emplace()["A"] = "$.a";
  input.metricTransformations[0].defaultValue = 0;
  EXPECT_THAT(put_filter(input), HasSubstr("mutually exclusive"));
  input.metricTransformations[0].defaultValue.reset();
  for (const char* name : {"B", "C", "D"}) (*input.metricTransformations[0].dimensions)[name] = "$.a";
  EXPECT_THAT(put_filter(input), HasSubstr("at most 3 dimensions"));
  input = filter("f", "x");
  input.applyOnTransformedLogs = true;
  EXPECT_THAT(put_filter(input), StartsWith("InvalidParameterException"));
  input = filter("f", "x");
  input.logGroupName = "h";
  EXPECT_THAT(put_filter(input), StartsWith("ResourceNotFoundException"));
}

TEST_F(MetricFiltersTest, Tried) {
  api::TestMetricFilterRequest input{.filterPattern = "[ip, ..., status = 4*, bytes]",
                                     .logEventMessages = {}};
  input.logEventMessages = {"192.0.2.1 x 200 10", "192.0.2.1 x 404 20", "short"};
  const auto matches = *logs_.TestMetricFilter(call_, input)->matches;
  ASSERT_EQ(matches.size(), 1u);
  EXPECT_EQ(matches[0].eventNumber, 2);
  EXPECT_EQ(matches[0].eventMessage, "192.0.2.1 x 404 20");
  EXPECT_THAT(*matches[0].extractedValues, ElementsAre(Pair("$2", "x"), Pair("$bytes", "20"),
                                                       Pair("$ip", "192.0.2.1"), Pair("$status", "404")));
}

}  // namespace
}  // namespace meridian::services::logs
