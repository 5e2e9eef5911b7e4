#include "formats/regions/regions.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "formats/geo/geo.h"

namespace meridian::regions {
namespace {

TEST(Regions, EachIsFoundByItsCodeAndOnlyOnce) {
  std::set<std::string_view> codes;
  for (std::size_t i = 0; i < all().size(); ++i) {
    EXPECT_EQ(find(all()[i].code), i);
    EXPECT_TRUE(codes.insert(all()[i].code).second) << all()[i].code;
  }
  EXPECT_EQ(all().size(), kRegionCount);
}

TEST(Regions, WhatIsNoRegionIsNotFound) {
  for (const auto* code : {"", "eu-west", "eu-west-9", "EU-WEST-1", "eu-west-1 "})
    EXPECT_EQ(find(code), kNoRegion) << code;
}

TEST(Regions, EachIsInACountryAndThoseOfTheUsInAState) {
  for (const Region& region : all()) {
    EXPECT_TRUE(geo::find_country(region.country)) << region.code;
    EXPECT_EQ(region.country == "US", region.code.starts_with("us-")) << region.code;
    EXPECT_EQ(region.country == "US", geo::find_subdivision("US", region.subdivision) != nullptr)
        << region.code;
  }
}

TEST(Regions, EachIsOnTheContinentThatItsCodeNames) {
  for (const Region& region : all()) {
    const std::string_view area = region.code.substr(0, region.code.find('-'));
    SCOPED_TRACE(std::string(region.code));
    EXPECT_FALSE(region.name.empty());
    if (area == "us" || area == "ca" || area == "mx") {
      EXPECT_TRUE(region.longitude < -70 && region.longitude > -125 && region.latitude > 20);
    } else if (area == "eu" || area == "eusc") {
      EXPECT_TRUE(region.longitude > -10 && region.longitude < 20 && region.latitude > 40 &&
                  region.latitude < 60);
    } else if (area == "ap" || area == "cn") {
      EXPECT_TRUE(region.longitude > 70 && region.longitude < 175);
    } else if (area == "sa") {
      EXPECT_TRUE(region.longitude < -40 && region.latitude < 0);
    } else if (area == "af") {
      EXPECT_TRUE(region.longitude > 10 && region.latitude < -30);
    } else {
      EXPECT_TRUE(area == "me" || area == "il");
      EXPECT_TRUE(region.longitude > 30 && region.longitude < 60 && region.latitude > 20);
    }
  }
}

}  // namespace
}  // namespace meridian::regions
