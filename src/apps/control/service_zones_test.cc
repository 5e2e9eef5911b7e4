#include "apps/control/service_zones.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/cloudfront/resources.h"
#include "store/memory/memory_store.h"

namespace meridian::apps {
namespace {

namespace cloudfront = services::cloudfront;
namespace route53 = services::route53;
using snapshots::cdn::PriceClass;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

net::IpAddress address(std::string_view text) {
  return *net::IpAddress::parse(text);
}

class ServiceZonesTest : public testing::Test {
 protected:
  void put(const std::string& id, const std::string& price_class, bool ipv6) {
    cloudfront::DistributionResource distribution;
    distribution.account = "123456789012";
    distribution.id = id;
    distribution.public_name = "d" + id + ".cloudfront.net";
    distribution.config.PriceClass = price_class;
    distribution.config.IsIPV6Enabled = ipv6;
    ASSERT_TRUE(store.commit({{}, {{key(id), encode(distribution), 0}}, {}}));
    store.deliver();
  }
  void remove(const std::string& id) {
    ASSERT_TRUE(store.commit({{}, {}, {key(id)}}));
    store.deliver();
  }
  void begin() {
    zones = std::make_unique<ServiceZones>(store, addresses, logger);
    ASSERT_TRUE(zones->start());
  }
  // "name TYPE -> what it stands for", and of hidden ones "(identifier)" too.
  std::vector<std::string> records(std::string_view zone, bool hidden) {
    std::vector<std::string> out;
    const std::string prefix =
        hidden ? route53::hidden_record_sets_prefix(zone) : route53::record_sets_prefix(zone);
    const store::Range range = store.range(prefix).value();
    for (const store::KeyValue& item : range.items) {
      const auto set = *route53::decode_record_set(item.value);
      if (set.id.type == dns::Type::NS || set.id.type == dns::Type::SOA) continue;
      std::string line = set.id.name.to_string() + " " + std::string(dns::to_string(set.id.type));
      if (hidden) line += " (" + set.id.set_identifier + ")";
      line += " ->";
      if (set.alias) line += " " + set.alias->dns_name.to_string();
      for (const auto& record : set.records) line += " " + record.text;
      out.push_back(line);
    }
    return out;
  }
  static std::string key(const std::string& id) {
    return cloudfront::key_of(cloudfront::kPrefix<cloudfront::api::DistributionConfig>, "123456789012", id);
  }

  ManualClock clock{SystemTime{}};
  Logger logger{clock, open("/dev/null", O_WRONLY | O_CLOEXEC), LogFormat::Text, LogLevel::Error};
  store::MemoryStore store{clock, store::Delivery::Pumped};
  ServiceAddresses addresses{
      {{"FRA50-C1", 50.03, 8.57, {address("192.0.2.1"), address("2001:db8::1")}, PriceClass::Class100},
       {"SYD1-C1", -33.9, 151.2, {address("192.0.2.2")}, PriceClass::All}},
      {address("192.0.2.9")}};
  std::unique_ptr<ServiceZones> zones;
};

constexpr std::string_view kDistributions = route53::kCloudFrontZone;

TEST_F(ServiceZonesTest, ADistributionsNameLeadsToTheLocationsOfItsPriceClass) {
  begin();
  EXPECT_THAT(records(kDistributions, true),
              ElementsAre("locations-0.cloudfront.net. A (FRA50-C1) -> 192.0.2.1",
                          "locations-0.cloudfront.net. AAAA (FRA50-C1) -> 2001:db8::1",
                          "locations-1.cloudfront.net. A (FRA50-C1) -> 192.0.2.1",
                          "locations-1.cloudfront.net. AAAA (FRA50-C1) -> 2001:db8::1",
                          "locations-2.cloudfront.net. A (FRA50-C1) -> 192.0.2.1",
                          "locations-2.cloudfront.net. A (SYD1-C1) -> 192.0.2.2",
                          "locations-2.cloudfront.net. AAAA (FRA50-C1) -> 2001:db8::1"));
  put("1", "PriceClass_100", true);
  put("2", "PriceClass_All", false);
  EXPECT_THAT(records(kDistributions, false),
              ElementsAre("d1.cloudfront.net. A -> locations-0.cloudfront.net.",
                          "d1.cloudfront.net. AAAA -> locations-0.cloudfront.net.",
                          "d2.cloudfront.net. A -> locations-2.cloudfront.net."));
}

TEST_F(ServiceZonesTest, NamesFollowTheirDistributions) {
  put("1", "PriceClass_100", true);
  begin();
  put("1", "PriceClass_All", false);
  EXPECT_THAT(records(kDistributions, false),
              ElementsAre("d1.cloudfront.net. A -> locations-2.cloudfront.net."));
  remove("1");
  EXPECT_THAT(records(kDistributions, false), IsEmpty());
}

TEST_F(ServiceZonesTest, AStartPutsRightWhatWasThereBefore) {
  put("1", "PriceClass_100", false);
  begin();
  zones.reset();
  remove("1");
  addresses.locations[0].addresses = {address("192.0.2.77")};
  addresses.locations.pop_back();
  begin();
  EXPECT_THAT(records(kDistributions, false), IsEmpty());
  EXPECT_THAT(records(kDistributions, true),
              Contains("locations-2.cloudfront.net. A (FRA50-C1) -> 192.0.2.77"));
  EXPECT_THAT(records(kDistributions, true),
              Not(Contains("locations-2.cloudfront.net. A (SYD1-C1) -> 192.0.2.2")));
  const store::Revision revision = store.revision();
  zones.reset();
  begin();
  EXPECT_EQ(store.revision(), revision) << "what is right is not written again";
}

TEST_F(ServiceZonesTest, WebsiteEndpointsAnswerForEveryBucketOfTheirRegion) {
  begin();
  EXPECT_THAT(records("Z3AQBSTGFYJSTF", false),
              testing::UnorderedElementsAre("s3-website-us-east-1.amazonaws.com. A -> 192.0.2.9",
                                            "*.s3-website-us-east-1.amazonaws.com. A -> 192.0.2.9"));
  addresses.s3_website.clear();
  zones.reset();
  begin();
  EXPECT_FALSE(*store.get(route53::zone_key("Z3AQBSTGFYJSTF")));
}

}  // namespace
}  // namespace meridian::apps
