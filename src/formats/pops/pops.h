// Where CloudFront's edge locations are: their codes begin with the IATA code of an airport nearby
// ("FRA50-C1"). Which distributions they serve follows from the Region of AWS's price list that they are in
// (the CDK's reference of PriceClass, read on 2026-11-22; Mexico, which it does not name, is with the United
// States as on CloudFront's pricing page).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace meridian::pops {

// The cheapest class of those that include it.
enum class PriceClass : std::uint8_t { Class100, Class200, All };

struct Pop {
  double latitude = 0, longitude = 0;  // degrees
  PriceClass price_class = PriceClass::Class100;
};

// Of a location's code, or of its first three letters; nothing: AWS has none there.
std::optional<Pop> find_pop(std::string_view code);

}  // namespace meridian::pops
