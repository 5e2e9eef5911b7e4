#include "snapshots/feed/edge_table.h"

#include <gtest/gtest.h>

namespace meridian::snapshots::feed {
namespace {

using std::chrono::seconds;

class EdgeTableTest : public testing::Test {
 protected:
  void connect(const std::string& name) { table.connected(name, "0.1.0", "192.0.2.1:7", clock); }
  void acknowledge(const std::string& name, std::uint64_t revision) {
    EXPECT_TRUE(table.acknowledged(name, revision, clock.monotonic()));
  }
  void publish(std::uint64_t revision) { table.published(revision, clock.monotonic()); }
  std::uint64_t served() { return table.served(clock.monotonic()); }

  ManualClock clock{SystemTime(seconds(784111777))};
  EdgeTable table{seconds(10), 5};
};

TEST_F(EdgeTableTest, WithoutEdgesEverythingCountsAsServed) {
  EXPECT_EQ(served(), 5u);
  publish(6);
  EXPECT_EQ(served(), 6u);
}

TEST_F(EdgeTableTest, ServedIsWhatTheSlowestEdgeServes) {
  connect("a");
  connect("b");
  acknowledge("a", 5);
  acknowledge("b", 5);
  publish(6);
  EXPECT_EQ(served(), 5u);
  acknowledge("a", 6);
  EXPECT_EQ(served(), 5u);
  acknowledge("b", 6);
  EXPECT_EQ(served(), 6u);
}

TEST_F(EdgeTableTest, ALostEdgeIsWaitedForAsLongAsDocumentedAndNoLonger) {
  connect("a");
  acknowledge("a", 5);
  table.disconnected("a");
  publish(6);
  clock.advance(seconds(10) - Duration(1));
  EXPECT_EQ(served(), 5u);
  EXPECT_TRUE(table.all(clock.monotonic())[0].waited_for);
  clock.advance(Duration(1));
  EXPECT_EQ(served(), 6u);
  EXPECT_FALSE(table.all(clock.monotonic())[0].waited_for);
}

TEST_F(EdgeTableTest, ASilentEdgeCountsWhileItsConnectionStands) {
  connect("a");
  acknowledge("a", 5);
  publish(6);
  clock.advance(seconds(60));
  EXPECT_EQ(served(), 5u);
}

TEST_F(EdgeTableTest, AnEdgeThatReturnsTakesNothingBackButIsWaitedForAgain) {
  publish(8);
  EXPECT_EQ(served(), 8u);
  connect("a");
  EXPECT_EQ(served(), 8u);
  publish(9);
  EXPECT_EQ(served(), 8u);
  acknowledge("a", 7);  // on its way
  EXPECT_EQ(served(), 8u);
  acknowledge("a", 9);
  EXPECT_EQ(served(), 9u);
}

TEST_F(EdgeTableTest, AfterARestartEnrolledEdgesAreGivenTimeToComeBack) {
  table.expect("a", clock.monotonic());
  EXPECT_EQ(served(), 0u);
  EXPECT_FALSE(table.all(clock.monotonic())[0].heard_at);
  clock.advance(seconds(10));
  EXPECT_EQ(served(), 5u);
}

TEST_F(EdgeTableTest, ARemovedEdgeIsNotWaitedFor) {
  connect("a");
  EXPECT_EQ(served(), 5u);  // reached when nobody was there
  publish(6);
  EXPECT_EQ(served(), 5u);
  table.removed("a");
  EXPECT_EQ(served(), 6u);
}

TEST_F(EdgeTableTest, NobodyServesWhatWasNeverPublished) {
  connect("a");
  EXPECT_FALSE(table.acknowledged("a", 6, clock.monotonic()));
}

TEST_F(EdgeTableTest, TellsSinceWhenAnEdgeIsBehind) {
  connect("a");
  acknowledge("a", 5);
  EXPECT_FALSE(table.all(clock.monotonic())[0].behind_since);
  publish(6);
  const auto then = clock.monotonic();
  clock.advance(seconds(3));
  publish(7);
  EXPECT_EQ(table.all(clock.monotonic())[0].behind_since, then);
  acknowledge("a", 7);
  EXPECT_FALSE(table.all(clock.monotonic())[0].behind_since);
}

}  // namespace
}  // namespace meridian::snapshots::feed
