#include "engines/cdn/access_log/request_buffers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "engines/cdn/access_log/log_lines.h"
#include "engines/cdn/access_log/test_request.h"

namespace meridian::engines::cdn::access_log {
namespace {

using testing::HasSubstr;

class RequestBuffersTest : public testing::Test {
 protected:
  std::vector<std::string> fetch() {
    std::vector<std::string> lines;
    buffers.fetch([&](const RequestRecord& record) { append_standard_line(lines.emplace_back(), record); });
    return lines;
  }

  Metrics metrics;
  RequestBuffers buffers{metrics};
};

TEST_F(RequestBuffersTest, GivesWhatWasAddedOnceWithItsText) {
  RequestLog& worker = buffers.open();
  std::string expected;
  {
    TestRequest request;
    std::string text = "/a/path";
    request.record.uri_stem = text;
    append_standard_line(expected, request.record);
    worker.add(request.record);
    text.assign("overwritten");
  }
  EXPECT_EQ(fetch(), std::vector{expected}) << "though the request and its distribution are gone";
  EXPECT_TRUE(fetch().empty());
}

TEST_F(RequestBuffersTest, OfDistributionsWithoutLogsOnlyNumbersAreKept) {
  TestRequest request;
  request.distribution->log.enabled = false;
  RequestLog& worker = buffers.open();
  worker.add(request.record);
  buffers.fetch([](const RequestRecord& record) {
    EXPECT_EQ(record.status, 200);
    EXPECT_EQ(record.sent_bytes, 392U);
    EXPECT_EQ(record.method, "GET");
    EXPECT_TRUE(record.fields.empty());
    EXPECT_EQ(record.uri_stem, "");
  });
  request.distribution->behaviors.front().realtime_log_arn =
      "arn:aws:cloudfront::111122223333:realtime-log-config/all";
  worker.add(request.record);
  buffers.fetch([](const RequestRecord& record) { EXPECT_EQ(record.uri_stem, "/index.html"); });
}

TEST_F(RequestBuffersTest, EqualNumbersAreOneRecord) {
  TestRequest request;
  RequestLog& worker = buffers.open();
  snapshots::cdn::SharedDistribution distribution = request.distribution;
  const auto count = [&](SystemTime ended, std::uint64_t sent, int status, std::string_view method = "GET") {
    const std::string said(method);
    worker.count({.distribution = distribution,
                  .ended = ended,
                  .method = said,
                  .status = status,
                  .received_bytes = 10,
                  .sent_bytes = sent,
                  .result = "Hit"});
  };
  const SystemTime noon{std::chrono::hours(12)};
  for (int i = 0; i < 1000; ++i) {
    count(noon + std::chrono::milliseconds(i), 100 + i % 2, 200);
    if (i % 10 == 0) count(noon, 100, 404);
  }
  count(noon + std::chrono::minutes(1), 100, 200);
  count(noon, 100, 200, "HEAD");
  std::map<std::string, std::uint64_t> times;
  std::size_t records = 0;
  const auto fetch_all = [&] {
    buffers.fetch([&](const RequestRecord& record) {
      ++records;
      EXPECT_EQ(record.distribution, distribution);
      EXPECT_EQ(record.result, "Hit");
      EXPECT_EQ(record.received_bytes, 10U);
      times[std::string(record.method) + std::to_string(record.status) + "," +
            std::to_string(record.sent_bytes) +
            (record.began + record.time_taken >= noon + std::chrono::minutes(1) ? " later" : "")] +=
          record.times;
    });
  };
  fetch_all();
  EXPECT_EQ(times, (std::map<std::string, std::uint64_t>{{"GET200,100", 500},
                                                         {"GET200,101", 500},
                                                         {"GET404,100", 100},
                                                         {"GET200,100 later", 1},
                                                         {"HEAD200,100", 1}}));
  EXPECT_LT(records, 20U);
  count(noon, 100, 200);
  fetch_all();
  EXPECT_EQ(times["GET200,100"], 501U) << "what was fetched is not counted on";
}

TEST_F(RequestBuffersTest, TellsOfAllWorkersAtOnce) {
  constexpr std::size_t kEach = 2000;
  RequestLog* logs[] = {&buffers.open(), &buffers.open()};
  std::size_t fetched = 0;
  {
    std::vector<std::jthread> workers;
    for (RequestLog* log : logs)
      workers.emplace_back([log] {
        const TestRequest request;
        for (std::size_t i = 0; i < kEach; ++i) log->add(request.record);
      });
    for (int i = 0; i < 10; ++i) fetched += fetch().size();
  }
  fetched += fetch().size();
  EXPECT_EQ(fetched, 2 * kEach);
}

TEST_F(RequestBuffersTest, WhatFindsNoRoomIsCounted) {
  TestRequest request;
  const std::string long_path(8000, 'x');
  request.record.uri_stem = long_path;
  RequestLog& worker = buffers.open();
  for (int i = 0; i < 2000; ++i) worker.add(request.record);
  const std::size_t kept = fetch().size();
  EXPECT_GT(kept, 500U);
  EXPECT_LE(kept, RequestBatch::kBytesMax / long_path.size());
  EXPECT_THAT(metrics.prometheus_text(),
              HasSubstr("meridian_cdn_unlogged_requests_total " + std::to_string(2000 - kept)));
  worker.add(request.record);
  EXPECT_EQ(fetch().size(), 1U) << "there is room again";
}

}  // namespace
}  // namespace meridian::engines::cdn::access_log
