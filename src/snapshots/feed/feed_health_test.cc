#include "snapshots/feed/feed_fixture.h"

namespace meridian::snapshots::feed {
namespace {

using Checks = std::map<std::string, bool>;

class FeedHealth : public Feed {
 protected:
  void flip(const std::string& id, bool healthy) { control->server->set_health(id, healthy); }
};

TEST_F(FeedHealth, AllOfItComesFirstThenEachFlipAtOnce) {
  start_control();
  flip("a", true);
  flip("b", false);
  auto edge = make_edge("fra1");
  loop.advance(seconds(1));
  EXPECT_EQ(edge->health, (Checks{{"a", true}, {"b", false}}));
  EXPECT_EQ(edge->health_told, 2);
  flip("a", false);
  loop.advance({});
  EXPECT_EQ(edge->health, (Checks{{"a", false}, {"b", false}}));
  EXPECT_EQ(edge->health_told, 3);
  EXPECT_EQ(edge->applied.size(), 1u) << "no package";
}

TEST_F(FeedHealth, WhatTheControlDoesNotKnowIsForgotten) {
  start_control();
  flip("b", false);
  auto edge = std::make_unique<Edge>(loop, logger, "fra1");
  edge->health = {{"deleted", false}, {"b", false}};
  edge->start();
  loop.advance(seconds(1));
  EXPECT_EQ(edge->health, (Checks{{"b", false}}));
  // Also by a control that knows of no check at all.
  control.reset();
  loop.advance(seconds(1));
  EXPECT_EQ(edge->health, (Checks{{"b", false}})) << "while it is gone, the last known counts";
  start_control();
  loop.advance(seconds(10));
  EXPECT_EQ(edge->health, Checks{});
}

TEST_F(FeedHealth, AfterACutTheEdgeHearsWhatItMissed) {
  start_control();
  flip("a", true);
  auto edge = make_edge("fra1");
  loop.advance(seconds(1));
  edge->path->up = false;
  flip("a", false);
  loop.advance(seconds(10));
  EXPECT_EQ(edge->health, (Checks{{"a", true}}));
  edge->path->up = true;
  loop.advance(seconds(10));
  EXPECT_EQ(edge->health, (Checks{{"a", false}}));
}

TEST_F(FeedHealth, OfManyChecksItComesInPartsAndIsWholeAtTheEnd) {
  start_control();
  Checks all;
  for (std::size_t i = 0; i < 3 * kHealthStatesMax + 7; ++i) {
    const std::string id = "check-" + std::to_string(i);
    flip(id, i % 3 == 0);
    all[id] = i % 3 == 0;
  }
  auto edge = std::make_unique<Edge>(loop, logger, "fra1");
  edge->health = {{"deleted", false}};
  edge->start();
  loop.advance(seconds(1));
  EXPECT_EQ(edge->health, all);
}

TEST_F(FeedHealth, ASlowEdgeGetsTheNewestStateNotEveryFlip) {
  start_control();
  auto edge = make_edge("fra1");
  loop.advance(seconds(1));
  edge->path->stalled = true;
  constexpr int kChecks = 100, kFlips = 1500;
  for (int i = 0; i < kFlips; ++i)
    for (int check = 0; check < kChecks; ++check) {
      flip(std::to_string(check), i % 2 == 0);
      if (check == 0) loop.advance({});
    }
  edge->path->stalled = false;
  loop.advance(kPeerDeadTime + seconds(10));
  ASSERT_EQ(edge->health.size(), static_cast<std::size_t>(kChecks));
  for (const auto& [id, healthy] : edge->health) EXPECT_FALSE(healthy) << id;
  EXPECT_LT(edge->health_told, kFlips * kChecks / 4);
}

TEST_F(FeedHealth, ComesBetweenThePartsOfAPackage) {
  std::string text(8 * kPendingBytesMax, '\0');
  for (char& c : text) c = static_cast<char>('a' + random.below(26));
  start_control(text);
  auto edge = make_edge("fra1");
  Checks known_before;
  edge->path->tamper = [&](std::string& bytes) {
    const bool first_part =
        bytes.size() > kPartBytesMax && control->count("meridian_feed_bytes_sent_total") == 0;
    if (first_part) flip("a", false);
  };
  edge->when_applying = [&] { known_before = edge->health; };
  loop.advance(seconds(2));
  EXPECT_EQ(edge->text, text);
  EXPECT_EQ(known_before, (Checks{{"a", false}}));
}

// What an edge of before health says, and what it hears.
TEST_F(FeedHealth, AnOlderEdgeIsServedWithoutIt) {
  start_control();
  flip("a", false);
  struct Heard final : net::TcpHandler {
    void on_data(net::TcpConnection&, Bytes data) override { reader.add(data); }
    void on_closed(net::TcpConnection&, const Error*) override { closed = true; }
    FrameReader reader;
    bool closed = false;
  } heard;
  auto path = std::make_shared<TestLoop::Path>();
  path->certificate = net::CertificateSummary{"old", "", {}};
  std::unique_ptr<net::TcpConnection> connection;
  const auto attempt = loop.connect(path, [&](auto connected) { connection = *std::move(connected); });
  loop.run_posted();
  connection->start(heard);
  connection->write(encode(Hello{2, "old", "1.9.0", {store, 3}}));
  loop.advance(milliseconds(10));
  flip("b", false);
  control->add("d");
  std::vector<Frame> frames;
  for (auto frame = heard.reader.next(); frame.value(); frame = heard.reader.next())
    frames.push_back(**frame);
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(std::get<Welcome>(frames[0]).protocol, 2);
  EXPECT_EQ(std::get<PackageHead>(frames[1]).to, 4u);
  EXPECT_FALSE(heard.closed);
}

TEST_F(FeedHealth, OfNoCheckIsRefused) {
  for (const char* bad : {"", "a b", "\n"}) {
    FrameReader reader;
    reader.add(as_bytes(encode(Health{true, true, {{bad, true}}})));
    EXPECT_FALSE(reader.next()) << bad;
  }
}

}  // namespace
}  // namespace meridian::snapshots::feed
