#include "formats/regions/countries.h"

#include <gtest/gtest.h>

#include <set>

namespace meridian::regions {
namespace {

TEST(Countries, AreOnTheContinentThatRoute53Says) {
  for (const auto* country : {"TR", "CY", "RU", "DE", "GB", "XK", "UA"})
    EXPECT_EQ(continent_of(country), "EU") << country;
  for (const auto* country : {"GE", "AM", "AZ", "CN", "IL", "KZ"})
    EXPECT_EQ(continent_of(country), "AS") << country;
  EXPECT_EQ(continent_of("US"), "NA");
  EXPECT_EQ(continent_of("BR"), "SA");
  EXPECT_EQ(continent_of("EG"), "AF");
  EXPECT_EQ(continent_of("NZ"), "OC");
  EXPECT_EQ(continent_of("AQ"), "AN");
}

TEST(Countries, WhatIsNoneHasNoContinent) {
  for (const auto* country : {"", "D", "de", "ZZ", "DEU", "E ", " D", "R"})
    EXPECT_EQ(continent_of(country), "") << country;
}

TEST(Countries, EachIsOnOneContinent) {
  // Every pair of letters, so that no two neighbours in the table read as a third.
  std::size_t countries = 0;
  for (char a = 'A'; a <= 'Z'; ++a) {
    for (char b = 'A'; b <= 'Z'; ++b) {
      const std::array pair = {a, b};
      const auto continent = continent_of({pair.data(), 2});
      if (continent.empty()) continue;
      ++countries;
      EXPECT_TRUE(is_continent(continent));
    }
  }
  EXPECT_EQ(countries, 250u);  // 249 of ISO 3166-1, and Kosovo
  EXPECT_FALSE(is_continent("US"));
  EXPECT_FALSE(is_continent(""));
}

TEST(States, AreFoundByName) {
  EXPECT_EQ(us_states().size(), 51u);
  EXPECT_EQ(us_state_of_name("California"), "CA");
  EXPECT_EQ(us_state_of_name("District of Columbia"), "DC");
  EXPECT_EQ(us_state_of_name("Hesse"), "");
  EXPECT_EQ(us_state_of_name(""), "");
  std::set<std::string_view> codes;
  for (const State& state : us_states()) EXPECT_TRUE(codes.insert(state.code).second) << state.code;
}

}  // namespace
}  // namespace meridian::regions
