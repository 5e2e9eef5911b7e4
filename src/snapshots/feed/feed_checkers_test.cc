// Edges that are checkers: what they are told to probe, and what the control hears of them.
#include "snapshots/feed/feed_fixture.h"

namespace meridian::snapshots::feed {
namespace {

using Texts = std::map<std::string, std::string>;

class FeedCheckers : public Feed {
 protected:
  void start_control_with_checkers() {
    control = std::make_unique<Control>(loop, logger, store, "abc", kHistoryBytesMax);
    control->server->listen_to_checkers(*control);
    control->listen();
  }
  std::unique_ptr<Edge> make_checker(const std::string& name, const std::string& region) {
    auto edge = std::make_unique<Edge>(loop, logger, name);
    edge->checks_from = region;
    edge->start();
    return edge;
  }
};

TEST_F(FeedCheckers, AnEdgeThatIsNoneHearsOfNoCheck) {
  start_control_with_checkers();
  control->server->set_check("a", {}, "settings");
  const auto edge = make_edge("fra1");
  loop.advance(seconds(2));
  EXPECT_EQ(edge->attempts, 1);
  EXPECT_TRUE(edge->checks.empty());
  EXPECT_TRUE(control->checkers.empty());
  EXPECT_EQ(control->edge("fra1").checker_region, "");
}

TEST_F(FeedCheckers, OneIsToldWhatItsRegionProbesAndWhatChanges) {
  start_control_with_checkers();
  control->server->set_check("a", {}, "1");
  control->server->set_check("b", {"us-east-1"}, "2");
  const auto edge = make_checker("fra1", "eu-west-1");
  edge->checks = {{"deleted", "0"}};
  loop.advance(seconds(1));
  EXPECT_EQ(edge->checks, (Texts{{"a", "1"}}));
  EXPECT_EQ(control->checkers.at("fra1"), "eu-west-1");
  EXPECT_EQ(control->edge("fra1").checker_region, "eu-west-1");
  control->server->set_check("b", {"us-east-1", "eu-west-1"}, "3");
  control->server->remove_check("a");
  loop.advance({});
  EXPECT_EQ(edge->checks, (Texts{{"b", "3"}}));
}

TEST_F(FeedCheckers, OfManyChecksItComesInParts) {
  start_control_with_checkers();
  Texts all;
  for (std::size_t i = 0; i < 2 * kCheckEntriesMax + 7; ++i) {
    const std::string id = "check-" + std::to_string(i), settings(200, static_cast<char>('a' + i % 26));
    control->server->set_check(id, {}, settings);
    all[id] = settings;
  }
  const auto edge = make_checker("fra1", "eu-west-1");
  edge->checks = {{"deleted", "0"}};
  loop.advance(seconds(1));
  EXPECT_EQ(edge->checks, all);
}

TEST_F(FeedCheckers, WhatItFindsIsHeardWithinAMoment) {
  start_control_with_checkers();
  const auto edge = make_checker("fra1", "eu-west-1");
  loop.advance(seconds(1));
  edge->say("a", "good");
  loop.advance(kReportTime);
  EXPECT_EQ(control->said["fra1"], (Texts{{"a", "good"}}));
  for (int i = 0; i < 1000; ++i) edge->say(std::to_string(i), "bad");
  loop.advance(kReportTime);
  EXPECT_EQ(control->said["fra1"].size(), 1001u);
  EXPECT_EQ(control->most_reports, kReportsMax);
}

TEST_F(FeedCheckers, WhileTheControlIsAwayItGoesOnAndTellsAllWhenItIsBack) {
  start_control_with_checkers();
  control->server->set_check("a", {}, "1");
  const auto edge = make_checker("fra1", "eu-west-1");
  loop.advance(seconds(1));
  edge->say("a", "good");
  loop.advance(seconds(1));
  control.reset();
  loop.advance(seconds(20));
  EXPECT_EQ(edge->checks, (Texts{{"a", "1"}})) << "it probes on";
  edge->say("b", "bad");
  start_control_with_checkers();
  control->server->set_check("a", {}, "2");
  loop.advance(seconds(10));
  EXPECT_EQ(control->said["fra1"], (Texts{{"a", "good"}, {"b", "bad"}}));
  EXPECT_EQ(edge->checks, (Texts{{"a", "2"}}));
}

TEST_F(FeedCheckers, TheControlIsToldWhenOneIsCutOff) {
  start_control_with_checkers();
  const auto cut = make_checker("cut", "eu-west-1");
  auto killed = make_checker("killed", "eu-west-1");
  loop.advance(seconds(1));
  killed.reset();
  loop.advance({});
  EXPECT_LT(control->lost_checkers.at("killed"), kHeartbeatTime + kReportTime);
  EXPECT_FALSE(control->lost_checkers.contains("cut"));
  cut->path->up = false;
  loop.advance(kPeerDeadTime + 2 * kHeartbeatTime);
  EXPECT_GE(control->lost_checkers.at("cut"), kPeerDeadTime);
}

TEST_F(FeedCheckers, OneThatIsRemovedIsNoCheckerAnyMore) {
  start_control_with_checkers();
  const auto edge = make_checker("fra1", "eu-west-1");
  loop.advance(seconds(1));
  control->removing = {"fra1"};
  loop.advance(seconds(1));
  EXPECT_EQ(control->removed_edges, std::vector<std::string>{"fra1"});
}

TEST_F(FeedCheckers, OneThatDoesNotCountIsAnEdgeAllTheSame) {
  start_control_with_checkers();
  control->server->set_check("a", {}, "1");
  const auto edge = make_checker("fra1", "nowhere");
  edge->say("a", "good");
  loop.advance(seconds(2));
  EXPECT_EQ(edge->attempts, 1);
  EXPECT_EQ(edge->text, "abc");
  EXPECT_TRUE(edge->checks.empty());
  EXPECT_TRUE(control->said.empty());
  // Nor is one of a control that probes nothing.
  start_control();
  loop.advance(seconds(10));
  EXPECT_EQ(control->edge("fra1").connected, true);
}

TEST_F(FeedCheckers, OneThatWasAwayForManyChangesHasWhatThereIs) {
  start_control_with_checkers();
  for (int i = 0; i < 10; ++i) control->server->set_check(std::to_string(i), {}, "1");
  const auto edge = make_checker("fra1", "eu-west-1");
  loop.advance(seconds(1));
  edge->path->stalled = true;
  for (std::size_t i = 0; i < CheckLog::kRemovalsMax + 5; ++i) {
    control->server->set_check("x" + std::to_string(i), {}, std::string(kCheckBytesMax / 2, 'x'));
    control->server->remove_check("x" + std::to_string(i));
    if (i % 100 == 0) loop.advance({});
  }
  control->server->remove_check("3");
  edge->path->stalled = false;
  loop.advance(kPeerDeadTime + seconds(10));
  EXPECT_EQ(edge->checks.size(), 9u);
  EXPECT_FALSE(edge->checks.contains("3"));
}

TEST_F(FeedCheckers, WhatTheyMayNotSayEndsTheConnection) {
  for (const Frame& frame : std::vector<Frame>{Checker{"Eu West"}, Checker{""}, Checks{true, true, {}}}) {
    start_control_with_checkers();
    struct Heard final : net::TcpHandler {
      void on_data(net::TcpConnection&, Bytes) override {}
      void on_closed(net::TcpConnection&, const Error*) override { closed = true; }
      bool closed = false;
    } heard;
    auto path = std::make_shared<TestLoop::Path>();
    path->certificate = net::CertificateSummary{"fra1", "", {}};
    std::unique_ptr<net::TcpConnection> connection;
    const auto attempt = loop.connect(path, [&](auto connected) { connection = *std::move(connected); });
    loop.run_posted();
    connection->start(heard);
    connection->write(encode(Hello{kProtocolVersion, "fra1", "1.0.0", {store, 3}}));
    loop.advance(milliseconds(10));
    EXPECT_FALSE(heard.closed);
    connection->write(encode(frame));
    loop.advance(milliseconds(10));
    EXPECT_TRUE(heard.closed) << frame.index();
  }
}

}  // namespace
}  // namespace meridian::snapshots::feed
