// Geo restriction.
#include "engines/cdn/rules/geo_rules.h"

#include <algorithm>

namespace meridian::engines::cdn::rules {

bool is_geo_blocked(const snapshots::cdn::GeoRestriction& restriction, std::string_view country) {
  using Kind = snapshots::cdn::GeoRestriction::Kind;
  if (restriction.kind == Kind::None || country.empty()) return false;
  const bool listed =
      std::ranges::binary_search(restriction.countries, country, std::ranges::less{},
                                 [](const std::string& code) { return std::string_view(code); });
  return listed == (restriction.kind == Kind::Block);
}

}  // namespace meridian::engines::cdn::rules
