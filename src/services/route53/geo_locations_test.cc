#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

class GeoLocations : public ServiceTest {
 protected:
  aws::Outcome<api::GetGeoLocationResponse> get(const char* continent, const char* country,
                                                const char* subdivision) {
    auto text = [](const char* value) { return value ? std::optional<std::string>(value) : std::nullopt; };
    api::GetGeoLocationRequest input;
    input.ContinentCode = text(continent);
    input.CountryCode = text(country);
    input.SubdivisionCode = text(subdivision);
    return route53_.GetGeoLocation(call_, input);
  }
};

TEST_F(GeoLocations, AreNamed) {
  EXPECT_EQ(get("EU", nullptr, nullptr)->GeoLocationDetails.ContinentName, "Europe");
  auto country = get(nullptr, "DE", nullptr)->GeoLocationDetails;
  EXPECT_EQ(country.CountryName, "Germany");
  EXPECT_FALSE(country.ContinentCode.has_value());
  auto state = get(nullptr, "US", "CA")->GeoLocationDetails;
  EXPECT_EQ(state.CountryName, "United States");
  EXPECT_EQ(state.SubdivisionName, "California");
  EXPECT_EQ(get(nullptr, "*", nullptr)->GeoLocationDetails.CountryName, "Default");
}

TEST_F(GeoLocations, ThatDoNotExistOrFitAreRefused) {
  for (const char* country : {"BV", "XX", "de"}) {
    auto outcome = get(nullptr, country, nullptr);
    ASSERT_FALSE(outcome) << country;
    EXPECT_EQ(outcome.error().code, "NoSuchGeoLocation");
    EXPECT_EQ(outcome.error().status, 404);
  }
  EXPECT_EQ(get(nullptr, "DE", "BE").error().code, "NoSuchGeoLocation");
  EXPECT_EQ(get("EU", "DE", nullptr).error().code, "InvalidInput");
  EXPECT_EQ(get(nullptr, nullptr, "CA").error().code, "InvalidInput");
  EXPECT_EQ(get(nullptr, nullptr, nullptr).error().code, "InvalidInput");
}

// ListGeoLocations: countries first, subdivisions behind their country, continents last.
TEST_F(GeoLocations, AreListedInPagesInOneOrder) {
  std::vector<std::string> all;
  api::ListGeoLocationsRequest input;
  for (;;) {
    auto page = route53_.ListGeoLocations(call_, input).value();
    EXPECT_EQ(page.MaxItems, "100");
    EXPECT_LE(page.GeoLocationDetailsList.size(), 100u);
    for (const auto& each : page.GeoLocationDetailsList)
      all.push_back(each.ContinentCode.value_or("") + "/" + each.CountryCode.value_or("") + "/" +
                    each.SubdivisionCode.value_or(""));
    if (!page.IsTruncated) break;
    input.StartContinentCode = page.NextContinentCode;
    input.StartCountryCode = page.NextCountryCode;
    input.StartSubdivisionCode = page.NextSubdivisionCode;
  }
  EXPECT_EQ(all.size(), 1u + 246 + 27 + 51 + 7);
  EXPECT_EQ(all[0], "/*/");
  EXPECT_EQ(all[1], "/AD/");
  auto us = std::ranges::find(all, "/US/");
  ASSERT_NE(us, all.end());
  EXPECT_EQ(us[1], "/US/AK");
  EXPECT_EQ(us[51], "/US/WY");
  EXPECT_EQ(us[52], "/UY/");
  EXPECT_EQ(all.back(), "SA//");
  EXPECT_EQ(all[all.size() - 7], "AF//");

  api::ListGeoLocationsRequest whole;
  whole.MaxItems = "500";
  auto page = route53_.ListGeoLocations(call_, whole).value();
  EXPECT_EQ(page.GeoLocationDetailsList.size(), all.size());
  EXPECT_EQ(page.MaxItems, "500");
  EXPECT_FALSE(page.IsTruncated);
}

TEST_F(GeoLocations, ListsStartAnywhere) {
  api::ListGeoLocationsRequest input;
  input.StartContinentCode = "OC";
  EXPECT_EQ(route53_.ListGeoLocations(call_, input)->GeoLocationDetailsList.size(), 2u);
  input.StartContinentCode.reset();
  input.StartCountryCode = "EH";  // not listed
  EXPECT_EQ(route53_.ListGeoLocations(call_, input)->GeoLocationDetailsList[0].CountryCode, "ER");
  input.StartCountryCode.reset();
  input.StartSubdivisionCode = "CA";
  EXPECT_EQ(route53_.ListGeoLocations(call_, input).error().code, "InvalidInput");
}

}  // namespace
}  // namespace meridian::services::route53
