#include "apps/cdn_traffic/distribution_metrics.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/cdn/access_log/test_request.h"

namespace meridian::apps {
namespace {

using namespace std::chrono_literals;
using engines::cdn::access_log::TestRequest;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// By minute and metric.
class HeardMetrics final : public store::MetricSink {
 public:
  Result<void> add(std::span<const store::Sample> samples) override {
    for (const store::Sample& sample : samples) {
      EXPECT_EQ(sample.series.account, "111122223333/us-east-1");
      EXPECT_EQ(sample.series.name_space, "AWS/CloudFront");
      EXPECT_EQ(sample.series.dimensions, (std::map<std::string, std::string>{
                                              {"DistributionId", "EMLARXS9EXAMPLE"}, {"Region", "Global"}}));
      const std::string key = format_iso8601(sample.at).substr(11, 5) + " " + sample.series.metric;
      const auto [at, fresh] = heard.try_emplace(key, sample.statistics);
      if (!fresh) at->second.merge(sample.statistics);
      units[sample.series.metric] = sample.series.unit;
    }
    return {};
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& [key, statistics] : heard) out.push_back(key);
    return out;
  }
  std::map<std::string, store::Statistics> heard;
  std::map<std::string, std::string> units;
};

class DistributionMetricsTest : public testing::Test {
 protected:
  void serve(std::string_view method, int status, std::string_view result, int times = 1) {
    request.record.method = method;
    request.record.status = status;
    request.record.result = result;
    for (int i = 0; i < times; ++i) metrics.take(request.record);
  }

  ManualClock clock{SystemTime(1'575'493'351s)};
  Logger logger{clock, 2, LogFormat::Text, LogLevel::Error};
  HeardMetrics heard;
  DistributionMetrics metrics{heard, logger};
  TestRequest request;  // it ends at 21:02:31
};

TEST_F(DistributionMetricsTest, TellsWhatEveryDistributionHas) {
  serve("GET", 200, "Hit", 6);
  serve("GET", 404, "Error", 3);
  serve("GET", 503, "Error", 1);
  serve("POST", 200, "Miss", 2);
  metrics.end(clock.now());
  EXPECT_THAT(heard.names(),
              UnorderedElementsAre("21:02 Requests", "21:02 BytesDownloaded", "21:02 BytesUploaded",
                                   "21:02 TotalErrorRate", "21:02 4xxErrorRate", "21:02 5xxErrorRate"));
  EXPECT_EQ(heard.heard.at("21:02 Requests").sum(), 12);
  EXPECT_EQ(heard.heard.at("21:02 BytesDownloaded").sum(), 10 * 392);
  EXPECT_EQ(heard.heard.at("21:02 BytesUploaded").sum(), 2 * 23);
  EXPECT_DOUBLE_EQ(heard.heard.at("21:02 4xxErrorRate").average(), 25);
  EXPECT_DOUBLE_EQ(heard.heard.at("21:02 5xxErrorRate").average(), 100.0 / 12);
  EXPECT_DOUBLE_EQ(heard.heard.at("21:02 TotalErrorRate").average(), 400.0 / 12);
  EXPECT_EQ(heard.units, (std::map<std::string, std::string>{{"Requests", "None"},
                                                             {"BytesDownloaded", "None"},
                                                             {"BytesUploaded", "None"},
                                                             {"TotalErrorRate", "Percent"},
                                                             {"4xxErrorRate", "Percent"},
                                                             {"5xxErrorRate", "Percent"}}));
}

TEST_F(DistributionMetricsTest, WithASubscriptionThereAreMore) {
  request.distribution->additional_metrics = true;
  serve("GET", 200, "Hit", 2);
  serve("GET", 200, "RefreshHit", 1);
  serve("PUT", 200, "Miss", 5);
  serve("GET", 403, "Error", 1);
  request.record.origin_first_byte = 30ms;
  request.record.to_first_byte = 40ms;
  serve("GET", 200, "Miss", 1);
  metrics.end(clock.now());
  EXPECT_DOUBLE_EQ(heard.heard.at("21:02 CacheHitRate").average(), 75);
  EXPECT_EQ(heard.heard.at("21:02 OriginLatency").count(), 1);
  EXPECT_NEAR(heard.heard.at("21:02 OriginLatency").percentile(0.5), 40, 0.5);
  EXPECT_EQ(heard.units["OriginLatency"], "Milliseconds");
  EXPECT_DOUBLE_EQ(heard.heard.at("21:02 403ErrorRate").average(), 10);
  for (const char* none : {"401ErrorRate", "404ErrorRate", "502ErrorRate", "503ErrorRate", "504ErrorRate"})
    EXPECT_EQ(heard.heard.at(std::string("21:02 ") + none).average(), 0) << none;
}

TEST_F(DistributionMetricsTest, AddsToTheMinuteInWhichARequestEnded) {
  metrics.turn(clock.now());
  serve("GET", 200, "Hit");
  clock.advance(9s);
  metrics.turn(clock.now());
  EXPECT_THAT(heard.names(), IsEmpty());
  clock.advance(1s);
  metrics.turn(clock.now());
  EXPECT_EQ(heard.heard.at("21:02 Requests").sum(), 1);
  clock.advance(30s);  // 21:03
  serve("GET", 200, "Hit");
  request.record.time_taken = 30s;
  serve("GET", 200, "Hit");
  metrics.turn(clock.now());
  EXPECT_EQ(heard.heard.at("21:02 Requests").sum(), 2);
  EXPECT_EQ(heard.heard.at("21:03 Requests").sum(), 1);
}

TEST_F(DistributionMetricsTest, ARecordMayStandForManyRequests) {
  request.distribution->additional_metrics = true;
  request.record.times = 30;
  serve("GET", 200, "Hit");
  request.record.times = 10;
  serve("GET", 404, "Error");
  metrics.end(clock.now());
  EXPECT_EQ(heard.heard.at("21:02 Requests").sum(), 40);
  EXPECT_EQ(heard.heard.at("21:02 BytesDownloaded").sum(), 40 * 392);
  EXPECT_DOUBLE_EQ(heard.heard.at("21:02 4xxErrorRate").average(), 25);
  EXPECT_DOUBLE_EQ(heard.heard.at("21:02 CacheHitRate").average(), 100);
}

TEST_F(DistributionMetricsTest, AClockThatIsSetBackDoesNotSilenceThem) {
  metrics.turn(clock.now());
  serve("GET", 200, "Hit");
  clock.advance(-1h);
  metrics.turn(clock.now());
  EXPECT_EQ(heard.heard.at("21:02 Requests").sum(), 1);
}

}  // namespace
}  // namespace meridian::apps
