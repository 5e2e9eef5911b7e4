// Two kinds of snapshots over one listener: what is told of one is not told of the other.
#include "snapshots/feed/feed_fixture.h"

namespace meridian::snapshots::feed {
namespace {

class FeedOfTwo : public Feed {
 protected:
  void start(CanaryOptions canaries = {}) {
    control = std::make_unique<Control>(loop, logger, store, "abc", kHistoryBytesMax, canaries);
    distributions = std::make_unique<Control>(loop, logger, store, "XY", kHistoryBytesMax);
    control->server->also(Subject::Cdn, *distributions->server);
    control->listen();
  }
  std::unique_ptr<Edge> follow_distributions(const std::string& name) {
    auto edge = std::make_unique<Edge>(loop, logger, name);
    edge->subject = Subject::Cdn;
    edge->start();
    return edge;
  }
  std::unique_ptr<Control> distributions;
};

TEST_F(FeedOfTwo, EachHasRevisionsAndAcknowledgementsOfItsOwn) {
  start();
  auto dns = make_edge("fra1"), cdn = follow_distributions("fra1");
  loop.advance(milliseconds(10));
  EXPECT_EQ(dns->text, "abc");
  EXPECT_EQ(cdn->text, "XY");
  cdn->serves_at_once = false;
  cdn->served = 2;
  distributions->add("Z");
  control->add("d");
  EXPECT_EQ(dns->text, "abcd");
  EXPECT_EQ(cdn->text, "XYZ");
  EXPECT_EQ(served(), 4U) << "a change of DNS does not wait for the CDN";
  EXPECT_EQ(distributions->server->served_revision(), 2U);
  cdn->served = 3;
  loop.advance(seconds(1));
  EXPECT_EQ(distributions->server->served_revision(), 3U);
  EXPECT_EQ(distributions->edge("fra1").revision, 3U);
  EXPECT_EQ(control->edge("fra1").revision, 4U);
}

TEST_F(FeedOfTwo, ALargePackageOfOneDoesNotHoldUpTheOther) {
  start();
  auto dns = make_edge("fra1"), cdn = follow_distributions("fra1");
  loop.advance(milliseconds(10));
  cdn->path->stalled = true;
  distributions->add(std::string(4'000'000, 'Z'));
  control->add("d");
  EXPECT_EQ(dns->text, "abcd");
  EXPECT_EQ(served(), 4U);
  EXPECT_EQ(cdn->text, "XY");
}

TEST_F(FeedOfTwo, AnEdgeThatIsRemovedIsRemovedFromBoth) {
  start();
  auto dns = make_edge("fra1"), cdn = follow_distributions("fra1");
  loop.advance(milliseconds(10));
  control->removing = {"fra1"};
  control->strangers = distributions->strangers = {"fra1"};
  loop.advance(seconds(3));
  EXPECT_FALSE(dns->client->state().following);
  EXPECT_FALSE(cdn->client->state().following);
  distributions->add("Z");
  EXPECT_EQ(distributions->server->served_revision(), 3U);
}

TEST_F(FeedOfTwo, SilenceOfOneConnectionEndsThatOne) {
  start();
  auto dns = make_edge("fra1"), cdn = follow_distributions("fra1");
  loop.advance(milliseconds(10));
  cdn->path->up = false;
  loop.advance(seconds(8));
  EXPECT_FALSE(distributions->edge("fra1").connected);
  EXPECT_TRUE(control->edge("fra1").connected);
  cdn->path->up = true;
  loop.advance(seconds(8));
  EXPECT_TRUE(distributions->edge("fra1").connected);
  EXPECT_EQ(cdn->applied.size(), 1U) << "it had it all";
}

TEST_F(FeedOfTwo, WhatAControlHasNotIsRefused) {
  start_control();
  auto cdn = follow_distributions("fra1");
  loop.advance(seconds(1));
  EXPECT_FALSE(cdn->client->state().following);
  EXPECT_THAT(cdn->client->state().problem, HasSubstr("nothing of that kind"));
  EXPECT_EQ(cdn->text, "");
}

}  // namespace
}  // namespace meridian::snapshots::feed
