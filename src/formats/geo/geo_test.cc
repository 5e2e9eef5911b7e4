#include "formats/geo/geo.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

namespace meridian::geo {
namespace {

TEST(Geo, FindsByCodes) {
  EXPECT_EQ(find_continent("OC")->name, "Oceania");
  EXPECT_EQ(find_country("DE")->name, "Germany");
  EXPECT_EQ(find_country("DE")->continent, "EU");
  EXPECT_EQ(find_subdivision("US", "CA")->name, "California");
  EXPECT_EQ(find_subdivision("UA", "30")->name, "Kyiv");
}

TEST(Geo, KnowsNothingElse) {
  for (std::string_view code : {"", "de", "D", "DEU", "BV", "CX", "EH", "HM", "ZZ", "*"})
    EXPECT_EQ(find_country(code), nullptr) << code;
  EXPECT_EQ(find_continent("XX"), nullptr);
  EXPECT_EQ(find_subdivision("US", "PR"), nullptr);
  EXPECT_EQ(find_subdivision("CA", "ON"), nullptr);
  EXPECT_EQ(find_subdivision("US", "ZZ"), nullptr);
}

// DG:resource-record-sets-values-geo names these because other lists differ.
TEST(Geo, CountriesBetweenContinentsAreWhereRoute53PutsThem) {
  for (std::string_view code : {"TR", "CY", "RU"}) EXPECT_EQ(find_country(code)->continent, "EU") << code;
  for (std::string_view code : {"GE", "AM", "AZ"}) EXPECT_EQ(find_country(code)->continent, "AS") << code;
}

TEST(Geo, TablesAreOrderedAndAgree) {
  EXPECT_EQ(continents().size(), 7u);
  EXPECT_EQ(countries().size(), 246u);
  std::set<std::tuple<std::string_view, std::string_view>> seen;
  for (const Subdivision& subdivision : subdivisions()) {
    EXPECT_NE(find_country(subdivision.country), nullptr);
    EXPECT_TRUE(seen.emplace(subdivision.country, subdivision.code).second);
    EXPECT_EQ(*seen.rbegin(), std::tuple(subdivision.country, subdivision.code)) << "in order";
    EXPECT_EQ(find_subdivision(subdivision.country, subdivision.code), &subdivision);
  }
  EXPECT_EQ(seen.size(), 27u + 51u);
  for (const Country& country : countries()) {
    EXPECT_NE(find_continent(country.continent), nullptr) << country.code;
    EXPECT_EQ(find_country(country.code), &country);
  }
}

TEST(Geo, SubdivisionsAreFoundByNameOfTheirCountryOnly) {
  ASSERT_NE(find_subdivision_named("US", "California"), nullptr);
  EXPECT_EQ(find_subdivision_named("US", "California")->code, "CA");
  EXPECT_EQ(find_subdivision_named("MX", "California"), nullptr);
  EXPECT_EQ(find_subdivision_named("US", ""), nullptr);
}

}  // namespace
}  // namespace meridian::geo
