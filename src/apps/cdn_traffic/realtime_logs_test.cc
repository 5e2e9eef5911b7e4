#include "apps/cdn_traffic/realtime_logs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_disk.h"
#include "engines/cdn/access_log/test_request.h"
#include "services/cloudfront/resources.h"
#include "store/memory/memory_store.h"

namespace meridian::apps {
namespace {

using namespace std::chrono_literals;
namespace cloudfront = services::cloudfront;
namespace kinesis = services::kinesis;
using engines::cdn::access_log::TestRequest;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

constexpr const char* kConfigArn = "arn:aws:cloudfront::111122223333:realtime-log-config/all";

class RealtimeLogsTest : public testing::Test {
 protected:
  RealtimeLogsTest() {
    stream.place = {"111122223333", "us-east-1"};
    stream.name = "requests";
    stream.id = 1;
    stream.shards = 2;
    request.distribution->behaviors.front().realtime_log_arn = kConfigArn;
  }
  void make_stream() {
    ASSERT_TRUE(
        store.commit({{}, {{kinesis::stream_key(stream.place, stream.name), kinesis::encode(stream)}}, {}}));
  }
  void configure(std::int64_t rate, std::vector<std::string> fields,
                 const std::string& arn = "arn:aws:kinesis:us-east-1:111122223333:stream/requests") {
    cloudfront::RealtimeLogConfigResource made;
    made.account = "111122223333";
    made.id = "all";
    made.config.ARN = kConfigArn;
    made.config.Name = "all";
    made.config.SamplingRate = rate;
    made.config.Fields = std::move(fields);
    auto& endpoint = made.config.EndPoints.emplace_back();
    endpoint.StreamType = "Kinesis";
    endpoint.KinesisStreamConfig.emplace().StreamARN = arn;
    endpoint.KinesisStreamConfig->RoleARN = "arn:aws:iam::111122223333:role/logs";
    ASSERT_TRUE(store.commit(
        {{},
         {{cloudfront::key_of(cloudfront::kPrefix<cloudfront::api::RealtimeLogConfig>, "111122223333", "all"),
           cloudfront::encode(made)}},
         {}}));
    store.deliver();
  }
  void serve(int times = 1) {
    for (int i = 0; i < times; ++i) logs.take(request.record);
    logs.turn(clock.now());
  }
  // Of both shards.
  std::vector<std::string> lines() {
    std::vector<std::string> out;
    for (const std::uint32_t shard : {0U, 1U}) {
      const kinesis::ShardPage page = shards.read(stream, shard, {}, 10'000).value();
      for (const auto& record : page.records) {
        EXPECT_THAT(record.partition_key, SizeIs(16));
        out.push_back(record.data);
      }
    }
    return out;
  }

  ManualClock clock{SystemTime(1'800'000'000s)};
  Logger logger{clock, 2, LogFormat::Text, LogLevel::Error};
  Metrics metrics;
  SeededRandom random{1};
  FakeDisk disk;
  store::MemoryStore store{clock, store::Delivery::Pumped};
  std::unique_ptr<store::LogStore> records =
      store::LogStore::open(disk, "streams", clock, logger, metrics,
                            {.name = "streams", .sorting = store::LogStoreOptions::Sorting::Here})
          .value();
  kinesis::ShardLog shards{*records, clock};
  kinesis::StreamResource stream;
  RealtimeLogs logs{store, shards, random, logger, metrics};
  TestRequest request;
};

TEST_F(RealtimeLogsTest, ARequestBecomesARecordOfTheChosenFields) {
  make_stream();
  configure(100, {"c-ip", "sc-status", "cs-uri-stem", "timestamp"});
  ASSERT_TRUE(logs.start());
  serve();
  EXPECT_THAT(lines(), ElementsAre("1575493351.678\t192.0.2.100\t200\t/index.html?q=%2520a\n"));
}

TEST_F(RealtimeLogsTest, FollowsTheConfiguration) {
  make_stream();
  configure(100, {"c-ip"});
  ASSERT_TRUE(logs.start());
  configure(100, {"sc-status"});
  serve();
  EXPECT_THAT(lines(), ElementsAre("200\n"));
  ASSERT_TRUE(store.commit({{},
                            {},
                            {cloudfront::key_of(cloudfront::kPrefix<cloudfront::api::RealtimeLogConfig>,
                                                "111122223333", "all")}}));
  store.deliver();
  serve();
  request.record.behavior = nullptr;
  serve();
  EXPECT_THAT(lines(), SizeIs(1));
}

TEST_F(RealtimeLogsTest, TakesItsSampleOnly) {
  make_stream();
  configure(20, {"sc-status"});
  ASSERT_TRUE(logs.start());
  serve(1000);
  EXPECT_THAT(lines(), SizeIs(AllOf(Ge(150), Le(250))));
}

TEST_F(RealtimeLogsTest, UsesAllShards) {
  make_stream();
  configure(100, {"sc-status"});
  ASSERT_TRUE(logs.start());
  serve(100);
  for (const std::uint32_t shard : {0U, 1U})
    EXPECT_THAT(shards.read(stream, shard, {}, 10'000).value().records, SizeIs(Ge(25)));
}

TEST_F(RealtimeLogsTest, WithoutAStreamRecordsAreCountedAndLost) {
  configure(100, {"sc-status"});
  ASSERT_TRUE(logs.start());
  serve(3);
  EXPECT_THAT(metrics.prometheus_text(), HasSubstr("meridian_cdn_realtime_records_dropped_total 3"));
  make_stream();
  serve();
  EXPECT_THAT(lines(), SizeIs(1));
}

TEST_F(RealtimeLogsTest, NobodyWritesIntoAnotherAccountsStream) {
  make_stream();
  configure(100, {"sc-status"}, "arn:aws:kinesis:us-east-1:444455556666:stream/requests");
  stream.place.account = "444455556666";
  make_stream();
  ASSERT_TRUE(logs.start());
  serve();
  EXPECT_THAT(lines(), IsEmpty());
}

}  // namespace
}  // namespace meridian::apps
