#include "apps/drill/stage.h"

#include "engines/health/vantage.h"

namespace meridian::apps::drill {

std::optional<net::IpAddress> checker_address(std::string_view region) {
  for (const auto& vantage : engines::health::vantages())
    if (vantage.region == region) return vantage.loopback;
  return std::nullopt;
}

const std::vector<std::string>& checker_regions() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names;
    for (const auto& vantage : engines::health::vantages()) names.push_back(vantage.region);
    return names;
  }();
  return all;
}

}  // namespace meridian::apps::drill
