// Geo restriction (CF:georestrictions).
#pragma once

#include <string_view>

#include "snapshots/cdn/distribution.h"

namespace meridian::engines::cdn::rules {

inline bool restricts(const snapshots::cdn::GeoRestriction& restriction) {
  return restriction.kind != snapshots::cdn::GeoRestriction::Kind::None;
}
// `country`: ISO 3166-1 alpha-2, upper case; "": not known, and then served.
bool is_geo_blocked(const snapshots::cdn::GeoRestriction& restriction, std::string_view country);

}  // namespace meridian::engines::cdn::rules
