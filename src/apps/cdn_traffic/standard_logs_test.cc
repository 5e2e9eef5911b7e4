#include "apps/cdn_traffic/standard_logs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_disk.h"
#include "engines/cdn/access_log/log_lines.h"
#include "engines/cdn/access_log/test_request.h"
#include "formats/deflate/inflate.h"

namespace meridian::apps {
namespace {

using namespace std::chrono_literals;
using engines::cdn::access_log::TestRequest;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;

class Buckets final : public LogBucket {
 public:
  explicit Buckets(std::map<LogObject, std::string>& objects, bool& gone) : objects_(objects), gone_(gone) {}
  Result<void> put(const LogObject& object, std::string_view bytes) override {
    if (gone_) return fail(ErrorCode::Unavailable, "NoSuchBucket");
    std::string text;
    EXPECT_TRUE(deflate::Inflater().add(as_bytes(bytes), text, 1 << 30).value());
    objects_[object] = text;
    return {};
  }

 private:
  std::map<LogObject, std::string>& objects_;
  bool& gone_;
};

class StandardLogsTest : public testing::Test {
 protected:
  void start() {
    logs = std::make_unique<StandardLogs>(World{clock, random, disk, logger, metrics}, "data",
                                          std::make_unique<Buckets>(objects, gone));
  }
  std::string line() const {
    std::string out;
    engines::cdn::access_log::append_standard_line(out, request.record);
    return out;
  }
  void serve(int times = 1) {
    for (int i = 0; i < times; ++i) logs->take(request.record);
  }
  static std::string head() { return engines::cdn::access_log::standard_log_head(); }

  ManualClock clock{SystemTime(1'575'493'352s)};  // 2019-12-04T21:02:32Z
  SeededRandom random{1};
  FakeDisk disk;
  Logger logger{clock, 2, LogFormat::Text, LogLevel::Error};
  Metrics metrics;
  std::map<LogObject, std::string> objects;
  bool gone = false;
  std::unique_ptr<StandardLogs> logs;
  TestRequest request;
};

TEST_F(StandardLogsTest, LinesAreInTheBucketWhenTheirTimeHasCome) {
  request.distribution->log.prefix = "cdn";
  start();
  serve(2);
  logs->turn(clock.now());
  clock.advance(4min + 59s);
  serve();
  logs->turn(clock.now());
  logs->deliver();
  EXPECT_THAT(objects, IsEmpty());
  clock.advance(1s);
  logs->turn(clock.now());
  logs->deliver();
  ASSERT_THAT(objects, SizeIs(1));
  const auto& [object, text] = *objects.begin();
  EXPECT_EQ(object.account, "111122223333");
  EXPECT_EQ(object.bucket, "logs");
  EXPECT_THAT(object.key, MatchesRegex("cdn/EMLARXS9EXAMPLE\\.2019-12-04-21\\.[A-Z0-9]{11}\\.gz"));
  EXPECT_EQ(text, head() + line() + line() + line());
  EXPECT_EQ(disk.file_count(), 0U);
  serve();
  logs->end(clock.now());
  EXPECT_THAT(objects, SizeIs(2)) << "what comes later is another object";
}

TEST_F(StandardLogsTest, EachHourAndDistributionHasItsOwn) {
  start();
  serve();
  request.record.time_taken = 1h;
  serve();
  request.distribution->id = "EOTHER";
  request.distribution->log.prefix = "with/slash/";
  serve();
  request.distribution->log.enabled = false;
  serve();
  logs->end(clock.now());
  std::vector<std::string> names;
  for (const auto& [object, text] : objects) names.push_back(object.key.substr(0, object.key.size() - 15));
  EXPECT_THAT(names, ElementsAre("EMLARXS9EXAMPLE.2019-12-04-21", "EMLARXS9EXAMPLE.2019-12-04-22",
                                 "with/slash/EOTHER.2019-12-04-22"));
}

TEST_F(StandardLogsTest, WhatAKilledProcessHadWrittenIsDeliveredByTheNext) {
  start();
  serve();
  logs->turn(clock.now());
  const auto kept = disk.contents();
  logs.reset();
  objects.clear();
  disk.set_contents(kept);
  ASSERT_EQ(kept.size(), 1U);
  disk.file(kept.begin()->first) += "2019-12-04\t21:02:32\tLAX1\tha";  // as it was torn
  start();
  ASSERT_TRUE(logs->start());
  logs->end(clock.now());
  ASSERT_THAT(objects, SizeIs(1));
  EXPECT_EQ(objects.begin()->second, head() + line());
}

TEST_F(StandardLogsTest, DeliveredTwiceItIsTheSameObject) {
  start();
  serve();
  logs->turn(clock.now());
  clock.advance(5min);
  logs->turn(clock.now());
  const auto before = disk.contents();
  logs->deliver();
  ASSERT_THAT(objects, SizeIs(1));
  disk.set_contents(before);  // killed after the put
  logs->deliver();
  EXPECT_THAT(objects, SizeIs(1));
}

TEST_F(StandardLogsTest, WaitsADayForABucket) {
  start();
  gone = true;
  serve();
  logs->end(clock.now());
  EXPECT_THAT(objects, IsEmpty());
  clock.advance(23h);
  gone = false;
  const auto kept = disk.contents();
  logs->deliver();
  EXPECT_THAT(objects, SizeIs(1));
  objects.clear();
  disk.set_contents(kept);
  gone = true;
  clock.advance(1h);
  logs->deliver();
  EXPECT_EQ(disk.file_count(), 0U);
  EXPECT_THAT(metrics.prometheus_text(), HasSubstr("meridian_cdn_log_files_dropped_total 1"));
}

TEST_F(StandardLogsTest, LinesThatADiskDoesNotTakeAreCounted) {
  start();
  serve();
  logs->turn(clock.now());
  disk.full = true;
  serve(3);
  logs->turn(clock.now());
  EXPECT_THAT(metrics.prometheus_text(), HasSubstr("meridian_cdn_log_lines_dropped_total 3"));
  disk.full = false;
  serve();
  logs->end(clock.now());
  ASSERT_THAT(objects, SizeIs(2));
  std::size_t bytes = 0;
  for (const auto& [object, text] : objects) bytes += text.size() - head().size();
  EXPECT_GE(bytes, 2 * line().size()) << "those before and those after are there";
  EXPECT_EQ(bytes % line().size(), 0U) << "and no half ones";
}

TEST_F(StandardLogsTest, AFileThatIsFullIsDeliveredAtOnce) {
  start();
  const std::string long_path = "/" + std::string(8000, 'x');
  request.record.uri_stem = long_path;
  const std::size_t lines = LogSpool::kFileBytesMax / line().size() + 1;
  serve(static_cast<int>(lines));
  logs->turn(clock.now());
  logs->deliver();
  ASSERT_THAT(objects, SizeIs(1));
  EXPECT_EQ(objects.begin()->second.size(), head().size() + lines * line().size());
}

}  // namespace
}  // namespace meridian::apps
