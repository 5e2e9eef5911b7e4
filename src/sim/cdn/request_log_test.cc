// What is said of a request when it is over, from the viewer's connection to the line in the log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/cdn/access_log/log_lines.h"
#include "engines/cdn/access_log/request_buffers.h"
#include "sim/cdn/virtual_cdn.h"

namespace meridian::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::SizeIs;

class RequestLogTest : public testing::Test {
 protected:
  RequestLogTest() { cdn.behavior().realtime_log_arn = "all"; }
  void play(PlayedOrigin::OnRequest how) {
    origin = std::make_unique<PlayedOrigin>(cdn.network, VirtualCdn::kFirst, std::move(how));
    cdn.publish();
  }
  // A line of each request since the last time.
  std::vector<std::string> lines(const std::vector<std::string>& fields) {
    const auto format = engines::cdn::access_log::RealtimeLines::of(fields).value();
    std::vector<std::string> out;
    buffers.fetch([&](const engines::cdn::RequestRecord& record) {
      format.append(out.emplace_back(), record);
      out.back().pop_back();
    });
    return out;
  }

  Metrics metrics;
  engines::cdn::access_log::RequestBuffers buffers{metrics};
  VirtualCdn cdn{{""}, &buffers};
  std::unique_ptr<PlayedOrigin> origin;
};

TEST_F(RequestLogTest, TellsHowEachRequestWasAnswered) {
  play([](auto& visit, auto& request) {
    if (request.starts_with("GET /missing"))
      visit.say("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
    else
      visit.ok("hello", "Content-Type: text/plain\r\n");
  });
  cdn.get("/a?b=1", "User-Agent: test\r\n");
  cdn.get("/a?b=1");
  cdn.get("/a?b=1", "Range: bytes=1-2\r\n");
  cdn.get("/missing");
  EXPECT_THAT(
      lines({"sc-status", "cs-method", "cs-host", "cs-uri-stem", "x-edge-location", "cs-user-agent",
             "x-edge-result-type", "sc-content-type", "sc-content-len", "sc-range-start", "sc-range-end"}),
      ElementsAre("200\tGET\td1.cloudfront.net\t/a?b=1\tTST0-C1\ttest\tMiss\ttext/plain\t5\t-\t-",
                  "200\tGET\td1.cloudfront.net\t/a?b=1\tTST0-C1\t-\tHit\ttext/plain\t5\t-\t-",
                  "206\tGET\td1.cloudfront.net\t/a?b=1\tTST0-C1\t-\tHit\ttext/plain\t2\t1\t2",
                  "404\tGET\td1.cloudfront.net\t/missing\tTST0-C1\t-\tError\t-\t2\t-\t-"));
}

TEST_F(RequestLogTest, TellsTheTimesOfTheOriginOnlyWhereItWasAsked) {
  play([this](auto& visit, auto&) {
    cdn.network.surely_after(30ms, [&visit] { visit.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab"); });
    cdn.network.surely_after(50ms, [&visit] { visit.say("cd"); });
  });
  cdn.get("/a");
  cdn.get("/a");
  const auto told = lines({"time-to-first-byte", "time-taken", "origin-fbl", "origin-lbl"});
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_THAT(told[0], MatchesRegex("0\\.07[0-9]\t0\\.09[0-9]\t0\\.07[0-9]\t0\\.09[0-9]"));
  EXPECT_EQ(told[1], "0.000\t0.000\t-\t-");
}

TEST_F(RequestLogTest, CountsResultsStatusesAndBytes) {
  play([](auto& visit, auto&) { visit.ok("hello"); });
  cdn.get("/a");
  cdn.get("/a");
  cdn.get("/a", "Range: bytes=9-\r\n");
  const std::string text = cdn.metrics.prometheus_text();
  for (const char* line :
       {"meridian_cdn_requests_total{result=\"Hit\"} 2", "meridian_cdn_requests_total{result=\"Miss\"} 1",
        "meridian_cdn_responses_total{status=\"2xx\"} 2", "meridian_cdn_responses_total{status=\"4xx\"} 1"})
    EXPECT_THAT(text, HasSubstr(line));
}

}  // namespace
}  // namespace meridian::sim
