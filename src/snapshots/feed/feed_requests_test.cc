// What edges tell of the requests that they served: each once while control and edge live, none lost by a
// connection or a control that ends.
#include "snapshots/feed/feed_fixture.h"

namespace meridian::snapshots::feed {
namespace {

// Tells pieces of its own, at most `window` of them before any is taken.
class Source final : public RequestSource {
 public:
  std::optional<Requests> next() override {
    if (sent == told || sent - first >= window) return std::nullopt;
    ++sent;
    return Requests{7, sent, 4, "r" + std::to_string(sent)};
  }
  void taken(const RequestsTaken& taken) override { first = std::max(first, taken.number); }
  void repeat() override { sent = first; }

  std::uint64_t told = 0, sent = 0, first = 0, window = 100;
};

class Listener final : public RequestListener {
 public:
  explicit Listener(FeedServer& server) : server_(server) {}
  void served(const std::string& edge, Requests requests) override {
    heard.push_back(edge + " " + requests.records);
    if (answers) server_.took(edge, {requests.series, requests.number});
  }

  std::vector<std::string> heard;
  bool answers = true;

 private:
  FeedServer& server_;
};

class FeedRequests : public Feed {
 protected:
  void SetUp() override {
    start_control();
    listener = std::make_unique<Listener>(*control->server);
    control->server->listen_to_requests(*listener);
    edge = std::make_unique<Edge>(loop, logger, "fra1");
    edge->requests = &source;
  }
  Source source;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Edge> edge;
};

TEST_F(FeedRequests, ArriveInOrderAndAreTaken) {
  source.told = 3;
  edge->start();
  loop.advance(milliseconds(10));
  EXPECT_THAT(listener->heard, testing::ElementsAre("fra1 r1", "fra1 r2", "fra1 r3"));
  EXPECT_EQ(source.first, 3U);
  source.told = 4;
  loop.advance(kRequestsTime);
  EXPECT_EQ(listener->heard.back(), "fra1 r4");
  EXPECT_EQ(listener->heard.size(), 4U);
}

TEST_F(FeedRequests, WhatWaitsGoesOnAsSoonAsSomeIsTaken) {
  source.told = 300;
  source.window = 2;
  edge->start();
  loop.advance(milliseconds(10));
  EXPECT_EQ(source.first, 300U) << "without waiting for the next tick";
}

TEST_F(FeedRequests, WhatWasNotTakenComesAgain) {
  listener->answers = false;
  source.told = 2;
  edge->start();
  loop.advance(milliseconds(10));
  EXPECT_EQ(listener->heard.size(), 2U);
  edge->path->up = false;
  loop.advance(seconds(6));
  edge->path->up = true;
  listener->answers = true;
  source.told = 3;
  loop.advance(seconds(10));
  EXPECT_THAT(listener->heard, testing::ElementsAre("fra1 r1", "fra1 r2", "fra1 r1", "fra1 r2", "fra1 r3"));
  EXPECT_EQ(source.first, 3U);
}

}  // namespace
}  // namespace meridian::snapshots::feed
