// The continents, countries and subdivisions that geolocation routing knows: facts, named and listed as
// Route 53's ListGeoLocations does. A country is in one continent here, whatever a database says of it:
// Turkey, Cyprus and Russia are in Europe; Georgia, Armenia and Azerbaijan in Asia
// (DG:resource-record-sets-values-geo).
//
// BV, CX, EH and HM are no countries of Route 53's: a client there belongs to its continent only.
#pragma once

#include <span>
#include <string_view>

namespace meridian::geo {

struct Continent {
  std::string_view code, name;  // "EU", "Europe"
};
struct Country {
  std::string_view code, name;  // ISO 3166-1 alpha-2, and XK
  std::string_view continent;
};
// States of the United States and oblasts of Ukraine; no other country has any.
struct Subdivision {
  std::string_view country, code, name;  // "US", "CA", "California"
};

// In ascending order of their codes.
std::span<const Continent> continents();
std::span<const Country> countries();
std::span<const Subdivision> subdivisions();

// Codes are upper-case; nothing for one that is not listed.
const Continent* find_continent(std::string_view code);
const Country* find_country(std::string_view code);
const Subdivision* find_subdivision(std::string_view country, std::string_view code);
const Subdivision* find_subdivision_named(std::string_view country, std::string_view name);

}  // namespace meridian::geo
