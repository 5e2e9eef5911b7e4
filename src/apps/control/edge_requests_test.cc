// What an edge's outbox sends, and what the control makes of it.
#include "apps/control/edge_requests.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <future>

#include "apps/cdn_traffic/request_outbox.h"
#include "engines/cdn/access_log/test_request.h"

namespace meridian::apps {
namespace {

namespace feed = snapshots::feed;
using engines::cdn::access_log::TestRequest;
using testing::ElementsAre;
using testing::HasSubstr;

class Listening final : public TrafficReader {
 public:
  explicit Listening(std::vector<std::string>& heard) : heard_(heard) {}
  void take(const engines::cdn::RequestRecord& record) override {
    heard_.push_back(fmt::format("{} {}", record.distribution->id, record.uri_stem));
  }
  void turn(SystemTime) override {}
  void end(SystemTime) override {}

 private:
  std::vector<std::string>& heard_;
};

class NoEdges final : public feed::EdgeAuthority, public feed::ImageSource {
 public:
  std::vector<std::string> refresh() override { return {}; }
  Result<void> admit(const net::CertificateSummary&) override { return {}; }
  Result<feed::Certificate> enrol(const feed::Enrol&) override { return invalid("no"); }
  Result<feed::Certificate> renew(const net::CertificateSummary&, const feed::Renew&) override {
    return invalid("no");
  }
  Image image() override { return {}; }
};

class EdgeRequestsTest : public testing::Test {
 protected:
  EdgeRequestsTest() {
    std::vector<std::unique_ptr<TrafficReader>> readers;
    readers.push_back(std::make_unique<Listening>(heard));
    traffic.start(std::move(readers));
  }
  ~EdgeRequestsTest() override { traffic.stop(); }

  // The edge served that; closes its piece.
  void serve(const std::string& path) {
    TestRequest request;
    request.record.uri_stem = path;
    outbox.take(request.record);
    outbox.turn({});
  }
  std::vector<std::string> told(const std::string& edge, std::optional<feed::Requests> piece) {
    if (piece) requests.served(edge, *std::move(piece));
    std::promise<void> done;
    traffic.post([&] { done.set_value(); });
    done.get_future().wait();
    return std::exchange(heard, {});
  }

  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  Metrics metrics;
  Logger logger{clock, STDERR_FILENO, LogFormat::Text, LogLevel::Error};
  std::unique_ptr<net::Loop> loop = net::make_loop();
  NoEdges no_edges;
  feed::FeedServer server{*loop, logger, metrics, no_edges, no_edges, {}};
  std::shared_ptr<const snapshots::cdn::Distribution> known = TestRequest().distribution;
  std::vector<std::string> heard;
  Traffic traffic{clock, metrics};
  EdgeRequests requests{server, traffic,
                        [this](std::string_view id) { return id == known->id ? known : nullptr; }, logger,
                        metrics};
  RequestOutbox outbox{7, metrics};
};

TEST_F(EdgeRequestsTest, WhatAnEdgeServedIsToldOnceHoweverOftenItComes) {
  serve("/a");
  serve("/b");
  const auto first = outbox.next(), second = outbox.next();
  EXPECT_FALSE(outbox.next());
  EXPECT_THAT(told("fra1", first), ElementsAre("EMLARXS9EXAMPLE /a"));
  EXPECT_THAT(told("fra1", second), ElementsAre("EMLARXS9EXAMPLE /b"));
  EXPECT_THAT(told("fra1", first), ElementsAre());
  EXPECT_THAT(told("fra1", second), ElementsAre());
  EXPECT_THAT(told("iad1", first), ElementsAre("EMLARXS9EXAMPLE /a")) << "another edge's are others";
  feed::Requests of_another_process = *first;
  of_another_process.series = 8;
  EXPECT_THAT(told("fra1", of_another_process), ElementsAre("EMLARXS9EXAMPLE /a"));
}

TEST_F(EdgeRequestsTest, WhatIsDamagedCountsForNothing) {
  serve("/a");
  feed::Requests damaged = *outbox.next();
  damaged.records.back() = static_cast<char>(damaged.records.back() ^ 1);
  EXPECT_THAT(told("fra1", damaged), ElementsAre());
  EXPECT_THAT(metrics.prometheus_text(), HasSubstr("meridian_cdn_edge_requests_refused_total 1"));
  serve("/b");
  EXPECT_THAT(told("fra1", outbox.next()), ElementsAre("EMLARXS9EXAMPLE /b")) << "what follows is told";
}

TEST_F(EdgeRequestsTest, RequestsOfDistributionsThatAreGoneAreCounted) {
  serve("/a");
  known = std::make_shared<const snapshots::cdn::Distribution>();
  EXPECT_THAT(told("fra1", outbox.next()), ElementsAre());
  EXPECT_THAT(metrics.prometheus_text(), HasSubstr("meridian_cdn_edge_requests_unknown_total 1"));
}

TEST_F(EdgeRequestsTest, AnEdgeKeepsWhatWasNotTakenAndCountsWhatFindsNoRoom) {
  serve("/a");
  serve("/b");
  EXPECT_EQ(outbox.next()->number, 1U);
  EXPECT_EQ(outbox.next()->number, 2U);
  outbox.taken({7, 1});
  outbox.taken({6, 2});  // of the process before
  outbox.repeat();
  EXPECT_EQ(outbox.next()->number, 2U);
  outbox.taken({7, 2});
  outbox.repeat();
  EXPECT_FALSE(outbox.next());

  // As with a control that is away, in text that zstd cannot make smaller.
  SeededRandom random(3);
  const std::size_t pieces = RequestOutbox::kBytesMax / RequestOutbox::kPieceBytes * 2;
  for (std::size_t i = 0; i < pieces; ++i) {
    std::string noise(RequestOutbox::kPieceBytes, '\0');
    for (char& c : noise) c = static_cast<char>(random.next());
    serve(noise);
  }
  std::size_t kept = 0, sent = 0;
  for (auto piece = outbox.next(); piece; piece = outbox.next()) sent += piece->records.size();
  EXPECT_LT(sent, RequestOutbox::kSentBytesMax + feed::kRequestsBytesMax) << "no more is under way at once";
  outbox.repeat();
  for (auto piece = outbox.next(); piece; piece = outbox.next()) {
    ++kept;
    outbox.taken({7, piece->number});
  }
  EXPECT_GT(kept, pieces / 4);
  EXPECT_LT(kept, pieces * 3 / 4);
  EXPECT_THAT(metrics.prometheus_text(),
              HasSubstr(fmt::format("meridian_cdn_unlogged_requests_total {}", pieces - kept)));
  EXPECT_THAT(metrics.prometheus_text(), HasSubstr("meridian_cdn_untold_requests_bytes 0"));
}

TEST_F(EdgeRequestsTest, ARecordThatFitsNoPieceIsCounted) {
  serve(std::string(feed::kRequestsBytesMax, 'x'));
  EXPECT_FALSE(outbox.next());
  EXPECT_THAT(metrics.prometheus_text(), HasSubstr("meridian_cdn_unlogged_requests_total 1"));
}

}  // namespace
}  // namespace meridian::apps
