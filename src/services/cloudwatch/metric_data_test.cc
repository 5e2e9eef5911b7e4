#include "services/cloudwatch/service_fixture.h"

namespace meridian::services::cloudwatch {
namespace {

class MetricDataTest : public CloudWatchTest {
 protected:
  static api::MetricDataQuery query(std::string id, std::string metric, std::string stat = "Sum",
                                    int period = 60) {
    api::MetricDataQuery query{.Id = std::move(id)};
    auto& wanted = query.MetricStat.emplace();
    wanted.Metric.Namespace = "Site";
    wanted.Metric.MetricName = std::move(metric);
    wanted.Period = period;
    wanted.Stat = std::move(stat);
    return query;
  }
  static api::GetMetricDataInput ask(std::vector<api::MetricDataQuery> queries) {
    api::GetMetricDataInput input;
    input.MetricDataQueries = std::move(queries);
    input.StartTime = kNow - 1h;
    input.EndTime = kNow + 1h;
    return input;
  }
  api::GetMetricDataOutput get(const api::GetMetricDataInput& input) {
    auto out = cloudwatch_.GetMetricData(call_, input);
    EXPECT_EQ(refusal(out), "");
    return out.value_or(api::GetMetricDataOutput());
  }
  std::string refused(const api::GetMetricDataInput& input) {
    return refusal(cloudwatch_.GetMetricData(call_, input));
  }
  std::string refused(api::MetricDataQuery query) { return refused(ask({std::move(query)})); }
};

using testing::ElementsAre;

TEST_F(MetricDataTest, SeveralQueriesNewestFirst) {
  ASSERT_EQ(refusal(put({datum("A", 1, kNow), datum("A", 2, kNow + 1min), datum("B", 4, kNow)})), "");
  auto labelled = query("b", "B");
  labelled.Label = "the second";
  auto hidden = query("c", "A");
  hidden.ReturnData = false;
  auto input = ask({query("a", "A"), labelled, hidden, query("d", "None")});
  const auto out = get(input);
  ASSERT_EQ(out.MetricDataResults->size(), 3u);
  const auto& results = *out.MetricDataResults;
  EXPECT_EQ(results[0].Id, "a");
  EXPECT_EQ(results[0].Label, "A");
  EXPECT_EQ(results[0].StatusCode, "Complete");
  EXPECT_THAT(*results[0].Timestamps, ElementsAre(kNow + 1min, kNow));
  EXPECT_THAT(*results[0].Values, ElementsAre(2, 1));
  EXPECT_EQ(results[1].Label, "the second");
  EXPECT_THAT(*results[1].Values, ElementsAre(4));
  EXPECT_TRUE(results[2].Values->empty());
  EXPECT_FALSE(out.NextToken);

  input.ScanBy = "TimestampAscending";
  EXPECT_THAT(*get(input).MetricDataResults->front().Values, ElementsAre(1, 2));
}

TEST_F(MetricDataTest, PeriodsBeginAtWholeOnesAndUnitsAddUp) {
  ASSERT_EQ(
      refusal(put({datum("A", 1, kNow + 1min, {}, "Count"), datum("A", 2, kNow + 59min, {}, "Seconds")})),
      "");
  auto wanted = query("a", "A", "Sum", 3600);
  auto input = ask({wanted});
  input.StartTime = kNow + 30min;
  auto out = get(input);
  EXPECT_THAT(*out.MetricDataResults->front().Timestamps, ElementsAre(kNow));
  EXPECT_THAT(*out.MetricDataResults->front().Values, ElementsAre(3));
  input.MetricDataQueries[0].MetricStat->Unit = "Seconds";
  EXPECT_THAT(*get(input).MetricDataResults->front().Values, ElementsAre(2));
}

TEST_F(MetricDataTest, PagesLoseAndRepeatNothing) {
  std::vector<api::MetricDatum> data;
  for (int i = 0; i < 7; ++i) data.push_back(datum("A", i, kNow - std::chrono::minutes(i)));
  for (int i = 0; i < 3; ++i) data.push_back(datum("B", 10 + i, kNow - std::chrono::minutes(i)));
  ASSERT_EQ(refusal(put(data)), "");
  for (const bool ascending : {false, true}) {
    auto input = ask({query("a", "A"), query("b", "B")});
    input.ScanBy = ascending ? "TimestampAscending" : "TimestampDescending";
    input.MaxDatapoints = 3;
    std::map<std::string, std::vector<double>> values;
    int pages = 0;
    do {
      const auto out = get(input);
      std::size_t count = 0;
      for (const auto& result : *out.MetricDataResults) {
        count += result.Values->size();
        values[*result.Id].insert(values[*result.Id].end(), result.Values->begin(), result.Values->end());
      }
      EXPECT_LE(count, 3u);
      EXPECT_EQ(out.NextToken.has_value(),
                out.MetricDataResults->back().StatusCode == "PartialData" || values["b"].empty());
      input.NextToken = out.NextToken;
    } while (input.NextToken && ++pages < 10);
    if (ascending) {
      EXPECT_THAT(values["a"], ElementsAre(6, 5, 4, 3, 2, 1, 0));
      EXPECT_THAT(values["b"], ElementsAre(12, 11, 10));
    } else {
      EXPECT_THAT(values["a"], ElementsAre(0, 1, 2, 3, 4, 5, 6));
      EXPECT_THAT(values["b"], ElementsAre(10, 11, 12));
    }
  }
}

TEST_F(MetricDataTest, RefusesTokensOfOthers) {
  auto input = ask({query("a", "A")});
  for (const char* bad :
       {"", "1", "0.", "0.x", "x", "0.5y", "-1", "0.99999999999999", "0.-9223372036854775808"}) {
    input.NextToken = bad;
    EXPECT_TRUE(refused(input).starts_with("InvalidNextToken")) << bad;
  }
}

TEST_F(MetricDataTest, RefusesQueries) {
  EXPECT_TRUE(refused(query("A", "A")).starts_with("ValidationError: The value A for parameter"));
  EXPECT_TRUE(refused(query("a-b", "A")).starts_with("ValidationError"));
  EXPECT_TRUE(refused({.Id = "a"})
                  .starts_with("ValidationError: The parameter MetricDataQueries.member.1.MetricStat"));
  EXPECT_TRUE(refused({.Id = "a", .Expression = "SUM(METRICS()"}).starts_with("ValidationError"));
  EXPECT_TRUE(refused(query("a", "A", "tm90")).starts_with("ValidationError"));
  EXPECT_TRUE(refused(query("a", "A", "Sum", 45)).starts_with("ValidationError"));
  auto period = query("a", "A");
  period.Period = 60;
  EXPECT_EQ(refused(period),
            "ValidationError: The parameters MetricDataQueries.member.1.Period and "
            "MetricDataQueries.member.1.MetricStat are mutually exclusive and you have specified both.");
  auto other = query("a", "A");
  other.AccountId = "444455556666";
  EXPECT_TRUE(refused(other).starts_with("ValidationError"));
  auto dynamic = query("a", "A");
  dynamic.Label = "${MAX}";
  EXPECT_TRUE(refused(dynamic).starts_with("ValidationError"));
  EXPECT_TRUE(refused(ask({query("a", "A"), query("a", "B")})).starts_with("ValidationError"));
  EXPECT_TRUE(refused(ask({})).starts_with("ValidationError"));
  EXPECT_EQ(refused(ask(std::vector<api::MetricDataQuery>(501, query("a", "A")))),
            "ValidationError: The collection MetricDataQueries must not have a size greater than 500.");
  auto range = ask({query("a", "A")});
  range.EndTime = range.StartTime;
  EXPECT_EQ(refused(range),
            "ValidationError: The parameter StartTime must be less than the parameter EndTime.");
  range.StartTime = SystemTime::min();
  range.EndTime = SystemTime::max();
  EXPECT_EQ(refused(range), "");
  auto many = ask({query("a", "A")});
  many.MaxDatapoints = 100'801;
  EXPECT_TRUE(refused(many).starts_with("ValidationError"));
}

TEST_F(MetricDataTest, Math) {
  ASSERT_EQ(refusal(put({datum("A", 1, kNow), datum("A", 2, kNow + 1min), datum("B", 4, kNow)})), "");
  const auto math = [](std::string id, std::string expression) {
    api::MetricDataQuery query{.Id = std::move(id)};
    query.Expression = std::move(expression);
    return query;
  };
  auto a = query("a", "A"), b = query("b", "B");
  a.ReturnData = b.ReturnData = false;
  auto input = ask({math("twice", "sum * 2"), math("sum", "a + FILL(b, 0)"), a, b});
  input.StartTime = kNow;
  input.EndTime = kNow + 2min;
  auto out = get(input);
  ASSERT_EQ(out.MetricDataResults->size(), 2u);
  EXPECT_EQ(out.MetricDataResults->at(0).Label, "twice");
  EXPECT_THAT(*out.MetricDataResults->at(0).Values, ElementsAre(4, 10));
  EXPECT_THAT(*out.MetricDataResults->at(1).Values, ElementsAre(2, 5));

  input.MetricDataQueries = {math("each", "METRICS() * 10"), a, b};
  input.MaxDatapoints = 2;
  out = get(input);
  ASSERT_EQ(out.MetricDataResults->size(), 2u);
  EXPECT_EQ(out.MetricDataResults->at(0).Label, "each A");
  EXPECT_THAT(*out.MetricDataResults->at(0).Values, ElementsAre(20, 10));
  EXPECT_EQ(out.MetricDataResults->at(1).StatusCode, "PartialData");
  input.NextToken = out.NextToken;
  out = get(input);
  ASSERT_EQ(out.MetricDataResults->size(), 1u);
  EXPECT_EQ(out.MetricDataResults->at(0).Label, "each B");
  EXPECT_THAT(*out.MetricDataResults->at(0).Values, ElementsAre(40));
  EXPECT_FALSE(out.NextToken);

  EXPECT_EQ(refused(ask({math("e", "AVG(a)"), a})),
            "ValidationError: Error in expression 'e': it is a number, not a time series");
  EXPECT_EQ(refused(ask({math("e", "nobody + 1")})),
            "ValidationError: Error in expression 'e': Undefined variable nobody");
  EXPECT_EQ(refused(ask({math("e", "f + 1"), math("f", "e + 1")})),
            "ValidationError: The expressions in MetricDataQueries depend on one another in a circle.");
}

}  // namespace
}  // namespace meridian::services::cloudwatch
