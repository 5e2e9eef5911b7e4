// Which places geolocation record sets may name. They are the same for every caller and need no store.
#include <array>

#include "formats/geo/geo.h"
#include "gen/route53/errors.h"
#include "services/route53/service.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {
namespace {

api::GeoLocationDetails default_place() {
  return {.CountryCode = std::string(kAnyCountry), .CountryName = "Default"};
}
api::GeoLocationDetails place(const geo::Continent& continent) {
  return {.ContinentCode = std::string(continent.code), .ContinentName = std::string(continent.name)};
}
api::GeoLocationDetails place(const geo::Country& country) {
  return {.CountryCode = std::string(country.code), .CountryName = std::string(country.name)};
}
api::GeoLocationDetails place(const geo::Country& country, const geo::Subdivision& subdivision) {
  api::GeoLocationDetails out = place(country);
  out.SubdivisionCode = subdivision.code;
  out.SubdivisionName = subdivision.name;
  return out;
}

// In AWS's order: the default, countries each followed by its subdivisions, continents.
std::vector<api::GeoLocationDetails> all_places() {
  std::vector<api::GeoLocationDetails> all = {default_place()};
  for (const geo::Country& country : geo::countries()) {
    all.push_back(place(country));
    for (const geo::Subdivision& subdivision : geo::subdivisions())
      if (subdivision.country == country.code) all.push_back(place(country, subdivision));
  }
  for (const geo::Continent& continent : geo::continents()) all.push_back(place(continent));
  return all;
}

// Where a place stands in the list; one that is not listed stands where it would be.
using Position = std::array<std::string, 4>;
Position position(const std::optional<std::string>& continent, const std::optional<std::string>& country,
                  const std::optional<std::string>& subdivision) {
  return {continent ? "1" : "0", continent.value_or(""), country.value_or(""), subdivision.value_or("")};
}

}  // namespace

aws::Outcome<api::GetGeoLocationResponse> Route53::GetGeoLocation(aws::Call&,
                                                                  const api::GetGeoLocationRequest& input) {
  if (input.ContinentCode && (input.CountryCode || input.SubdivisionCode))
    return api::errors::InvalidInput(
        "ContinentCode cannot be given together with CountryCode or SubdivisionCode.");
  if (input.SubdivisionCode && !input.CountryCode)
    return api::errors::InvalidInput("SubdivisionCode can only be given together with CountryCode.");
  if (!input.ContinentCode && !input.CountryCode)
    return api::errors::InvalidInput("Either ContinentCode or CountryCode must be given.");
  Position wanted = position(input.ContinentCode, input.CountryCode, input.SubdivisionCode);
  for (api::GeoLocationDetails& each : all_places())
    if (position(each.ContinentCode, each.CountryCode, each.SubdivisionCode) == wanted)
      return api::GetGeoLocationResponse{.GeoLocationDetails = std::move(each)};
  return api::errors::NoSuchGeoLocation("The geographic location you specified is not supported.");
}

aws::Outcome<api::ListGeoLocationsResponse> Route53::ListGeoLocations(
    aws::Call&, const api::ListGeoLocationsRequest& input) {
  if (input.StartSubdivisionCode && !input.StartCountryCode)
    return api::errors::InvalidInput(
        "StartSubdivisionCode can only be given together with StartCountryCode.");
  if (input.StartContinentCode && input.StartCountryCode)
    return api::errors::InvalidInput("StartContinentCode cannot be given together with StartCountryCode.");
  auto most = parse_max_items(input.MaxItems, input.MaxItems ? kGeoLocationsPageMax : kGeoLocationsPage);
  if (!most) return api::errors::InvalidInput(most.error());
  Position start = position(input.StartContinentCode, input.StartCountryCode, input.StartSubdivisionCode);
  api::ListGeoLocationsResponse out;
  out.MaxItems = std::to_string(*most);
  for (api::GeoLocationDetails& each : all_places()) {
    if (position(each.ContinentCode, each.CountryCode, each.SubdivisionCode) < start) continue;
    if (out.GeoLocationDetailsList.size() == *most) {
      out.IsTruncated = true;
      out.NextContinentCode = each.ContinentCode;
      out.NextCountryCode = each.CountryCode;
      out.NextSubdivisionCode = each.SubdivisionCode;
      break;
    }
    out.GeoLocationDetailsList.push_back(std::move(each));
  }
  return out;
}

}  // namespace meridian::services::route53
