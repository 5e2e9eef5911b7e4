// Viewers who ask at one moment, and are answered together at its end.
#include <gtest/gtest.h>

#include "sim/cdn/virtual_cdn.h"

namespace meridian::sim {
namespace {

using namespace std::chrono_literals;

class AtOneMoment : public testing::Test {
 protected:
  AtOneMoment() {
    cdn.publish();
    for (std::size_t i = 0; i < kObjects; ++i) cdn.get(path(i));
    cdn.viewers.clear();
    asked_of_origin = 0;
  }
  static std::string path(std::size_t i) { return "/" + std::to_string(i); }
  static std::string request(const std::string& target) {
    return "GET " + target + " HTTP/1.1\r\nHost: d1.cloudfront.net\r\n\r\n";
  }
  // Connected, and silent.
  std::vector<PlayedViewer*> connect(std::size_t count) {
    std::vector<PlayedViewer*> viewers;
    for (std::size_t i = 0; i < count; ++i) viewers.push_back(&cdn.viewer());
    cdn.network.advance(1s);
    return viewers;
  }
  std::uint64_t counted() {
    return cdn.shared->counters.result(engines::cdn::rules::CacheResult::Hit).value();
  }

  static constexpr std::size_t kObjects = 20;
  VirtualCdn cdn;
  int asked_of_origin = 0;
  PlayedOrigin origin{cdn.network, VirtualCdn::kFirst, [this](auto& visit, const std::string& request) {
                        ++asked_of_origin;
                        visit.ok("body of " + request.substr(4, request.find(' ', 4) - 4),
                                 "Cache-Control: max-age=600\r\n");
                      }};
};

TEST_F(AtOneMoment, EachHearsWhatItAskedFor) {
  const std::uint64_t before = counted();
  const auto viewers = connect(100);
  for (int round = 0; round < 3; ++round) {
    for (PlayedViewer* const each : viewers) each->heard.clear();
    for (std::size_t i = 0; i < viewers.size(); ++i) viewers[i]->send(request(path(i % kObjects)));
    cdn.network.advance(1s);
    for (std::size_t i = 0; i < viewers.size(); ++i) {
      EXPECT_EQ(viewers[i]->body(), "body of " + path(i % kObjects));
      EXPECT_EQ(viewers[i]->field("X-Cache"), "Hit from cloudfront");
    }
  }
  EXPECT_EQ(asked_of_origin, 0);
  EXPECT_EQ(counted() - before, 300u);
}

TEST_F(AtOneMoment, WhatIsMissingIsFetchedOnceAndOthersDoNotWaitForIt) {
  const auto viewers = connect(10);
  for (std::size_t i = 0; i < viewers.size(); ++i) viewers[i]->send(request(i % 2 == 0 ? "/new" : path(i)));
  cdn.network.advance(1s);
  for (std::size_t i = 0; i < viewers.size(); ++i)
    EXPECT_EQ(viewers[i]->body(), i % 2 == 0 ? "body of /new" : "body of " + path(i));
  EXPECT_EQ(asked_of_origin, 1);
  EXPECT_LT(viewers[9]->first_byte, viewers[0]->first_byte);
}

// An exchange of which this has the transport's side.
struct PlayedStream final : engines::cdn::ViewerStream {
  explicit PlayedStream(net::Loop& its) : its_loop(its) {}
  const engines::cdn::ViewerConnection& connection() const override { return its_connection; }
  net::Loop& loop() override { return its_loop; }
  void reply(const engines::cdn::ReplyHead& head) override {
    status = head.status;
    if (on_reply) on_reply();
  }
  void send(Piece) override {}
  std::size_t unsent() const override { return 0; }
  void finish() override {}
  void abort() override {}
  void read_body() override {}
  std::uint64_t sent_bytes() const override { return 0; }
  bool writes_at_turn_end() const override { return true; }

  net::Loop& its_loop;
  engines::cdn::ViewerConnection its_connection;
  std::function<void()> on_reply;
  int status = 0;
};

TEST_F(AtOneMoment, WhoEndsBeforeItWasAnsweredIsForgotten) {
  const http1::Field host{"host", "d1.cloudfront.net"};
  engines::cdn::ViewerRequest request;
  request.method = "GET";
  request.host = host.value;
  request.target = request.path = "/1";
  request.fields = {&host, 1};
  std::deque<PlayedStream> streams;
  std::vector<std::unique_ptr<engines::cdn::Exchange>> exchanges;
  for (int i = 0; i < 40; ++i) {
    streams.emplace_back(cdn.network);
    exchanges.push_back(cdn.worker->site(0).begin(request, streams.back()));
  }
  exchanges[3].reset();
  exchanges[20].reset();
  streams[5].on_reply = [&] { exchanges[6].reset(), exchanges[30].reset(); };
  cdn.network.run_posted();
  for (std::size_t i = 0; i < streams.size(); ++i)
    EXPECT_EQ(streams[i].status, i == 3 || i == 6 || i == 20 || i == 30 ? 0 : 200) << i;
}

TEST_F(AtOneMoment, RequestsOfOneConnectionKeepTheirOrder) {
  const auto viewers = connect(3);
  for (PlayedViewer* const each : viewers)
    each->send(request(path(1)) + request("/new") + request(path(2)) + request(path(3)));
  cdn.network.advance(1s);
  for (PlayedViewer* const each : viewers) {
    std::size_t at = 0;
    for (const char* target : {"/1", "/new", "/2", "/3"}) {
      at = each->heard.find("body of " + std::string(target), at);
      EXPECT_NE(at, std::string::npos) << target << " in " << each->heard;
    }
  }
}

}  // namespace
}  // namespace meridian::sim
