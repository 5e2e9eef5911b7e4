#include "formats/pops/regional_caches.h"

#include <gtest/gtest.h>

namespace meridian::pops {
namespace {

TEST(RegionalCaches, ALocationBelongsToTheNearest) {
  EXPECT_EQ(regional_caches().size(), 13u);
  const std::pair<const char*, const char*> expected[] = {
      {"FRA50-C1", "eu-central-1"},   {"LHR61-P1", "eu-west-2"},      {"DUB56-P1", "eu-west-1"},
      {"IAD12-C1", "us-east-1"},      {"CMH68-P1", "us-east-2"},      {"SFO53-C1", "us-west-1"},
      {"SEA73-P1", "us-west-2"},      {"GRU3-C1", "sa-east-1"},       {"NRT57-C1", "ap-northeast-1"},
      {"ICN57-P1", "ap-northeast-2"}, {"SIN2-C1", "ap-southeast-1"},  {"SYD1-C1", "ap-southeast-2"},
      {"BOM78-P1", "ap-south-1"},     {"AKL50-C1", "ap-southeast-2"}, {"WAW51-P1", "eu-central-1"},
  };
  for (const auto& [code, region] : expected) EXPECT_EQ(regional_cache_of(code), region) << code;
  EXPECT_EQ(regional_cache_of("DEV50-C1"), "us-east-1");
}

TEST(RegionalCaches, ARegionThatIsNotThereHasTheNearestInItsPlace) {
  const std::string_view there[] = {"ap-southeast-2", "eu-central-1", "us-east-1"};
  EXPECT_EQ(stand_in_for("eu-central-1", there), "eu-central-1");
  EXPECT_EQ(stand_in_for("eu-west-1", there), "eu-central-1");
  EXPECT_EQ(stand_in_for("us-west-2", there), "us-east-1");
  EXPECT_EQ(stand_in_for("ap-southeast-1", there), "ap-southeast-2");
  EXPECT_EQ(stand_in_for("xx-nowhere-9", there), "ap-southeast-2");
  EXPECT_EQ(stand_in_for("eu-west-1", {}), "");
}

}  // namespace
}  // namespace meridian::pops
