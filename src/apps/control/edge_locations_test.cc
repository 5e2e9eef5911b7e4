#include "apps/control/edge_locations.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_disk.h"
#include "http/fake_loop.h"

namespace meridian::apps {
namespace {

using snapshots::feed::ServedAt;
using std::chrono::seconds;
using testing::ElementsAre;

net::IpAddress ip(std::uint8_t last) {
  return net::IpAddress::v4({192, 0, 2, last});
}

class EdgeLocationsTest : public testing::Test {
 protected:
  void open(std::vector<ServedLocation> own = {}) {
    locations = EdgeLocations::open(world, loop, "feed/locations", {"fra1", "fra2", "iad1"}, seconds(10),
                                    std::move(own))
                    .value();
    first = codes(locations->now());
    locations->start([this](auto now) { told = std::move(now); },
                     [this](auto map) { tiers = std::move(map); });
  }
  static std::vector<std::string> codes(const std::vector<ServedLocation>& all) {
    std::vector<std::string> out;
    for (const ServedLocation& one : all) out.push_back(one.code);
    return out;
  }
  void connect(const std::string& edge, const std::string& code, std::uint8_t last,
               const std::string& tier = "") {
    locations->located(
        edge, {{.code = code, .latitude = 5000, .longitude = 860, .price_class = 1, .addresses = {ip(last)}}},
        tier);
  }

  FakeDisk disk;
  SeededRandom random{1};
  http::FakeLoop loop;
  Metrics metrics;
  Logger logger{loop.clock(), ::open("/dev/null", O_WRONLY | O_CLOEXEC), LogFormat::Text, LogLevel::Error};
  World world{loop.clock(), random, disk, logger, metrics};
  std::unique_ptr<EdgeLocations> locations;
  std::vector<ServedLocation> told;
  snapshots::cdn::TierMap tiers;
  std::vector<std::string> first;
};

TEST_F(EdgeLocationsTest, EdgesAtOneLocationAreOneWithAllTheirAddresses) {
  open({{.code = "DEV50-C1", .addresses = {ip(9)}}});
  connect("fra1", "FRA50-C1", 1);
  connect("fra2", "FRA50-C1", 2);
  connect("iad1", "IAD12-C1", 3);
  EXPECT_THAT(codes(told), ElementsAre("DEV50-C1", "FRA50-C1", "IAD12-C1"));
  EXPECT_THAT(told[1].addresses, ElementsAre(ip(1), ip(2)));
  EXPECT_DOUBLE_EQ(told[1].longitude, 8.6);
  EXPECT_EQ(told[1].price_class, snapshots::cdn::PriceClass::Class200);
}

TEST_F(EdgeLocationsTest, WhoIsLostForTooLongIsLeftOutUntilItReturns) {
  open();
  connect("fra1", "FRA50-C1", 1);
  connect("iad1", "IAD12-C1", 3);
  locations->lost("fra1");
  loop.advance(seconds(9));
  EXPECT_THAT(codes(told), ElementsAre("FRA50-C1", "IAD12-C1"));
  loop.advance(seconds(2));
  EXPECT_THAT(codes(told), ElementsAre("IAD12-C1"));
  connect("fra1", "FRA50-C1", 1);
  EXPECT_THAT(codes(told), ElementsAre("FRA50-C1", "IAD12-C1"));
}

TEST_F(EdgeLocationsTest, WhenNobodyIsLeftNamesLeadToAll) {
  open();
  connect("fra1", "FRA50-C1", 1);
  connect("iad1", "IAD12-C1", 3);
  locations->lost("fra1");
  locations->lost("iad1");
  loop.advance(seconds(30));
  EXPECT_THAT(codes(told), ElementsAre("FRA50-C1", "IAD12-C1"));
}

TEST_F(EdgeLocationsTest, AControlThatStartsAgainExpectsThem) {
  open();
  connect("fra1", "FRA50-C1", 1);
  connect("iad1", "IAD12-C1", 3);
  locations->removed("iad1");
  EXPECT_THAT(codes(told), ElementsAre("FRA50-C1"));
  connect("iad1", "IAD12-C1", 4);
  locations.reset();
  open();
  EXPECT_THAT(first, ElementsAre("FRA50-C1", "IAD12-C1"));
  connect("fra1", "FRA50-C1", 1);
  loop.advance(seconds(11));
  EXPECT_THAT(codes(told), ElementsAre("FRA50-C1")) << "who did not come back";
}

TEST_F(EdgeLocationsTest, EdgesThatAreThereAskOneAnother) {
  open();
  connect("fra1", "FRA50-C1", 1, "192.0.2.1:7443");
  connect("iad1", "IAD12-C1", 3);
  using snapshots::cdn::TierEdge;
  const TierEdge fra{"fra1", "192.0.2.1:7443", {"eu-central-1"}}, iad{"iad1", "", {"us-east-1"}};
  EXPECT_THAT(tiers.edges, ElementsAre(fra, iad));
  locations->lost("iad1");
  loop.advance(seconds(9));
  EXPECT_THAT(tiers.edges, ElementsAre(fra, iad)) << "for now";
  loop.advance(seconds(2));
  EXPECT_THAT(tiers.edges, ElementsAre(fra));
  locations.reset();
  open();
  EXPECT_THAT(locations->tiers().edges, ElementsAre(fra, iad)) << "both are expected back";
}

}  // namespace
}  // namespace meridian::apps
