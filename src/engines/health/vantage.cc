#include "engines/health/vantage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>

namespace meridian::engines::health {

const std::vector<Vantage>& vantages() {
  static const std::vector<Vantage> all = [] {
    std::vector<Vantage> made;
    for (const char* region : {"us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1",
                               "ap-southeast-2", "ap-northeast-1", "sa-east-1"}) {
      const auto number = static_cast<std::uint8_t>(made.size() + 1);
      made.push_back({region, net::IpAddress::v4({127, 0, 53, number})});
    }
    return made;
  }();
  return all;
}

Result<std::vector<Vantage>> vantages_of(const std::vector<std::string>& regions) {
  for (const std::string& region : regions)
    if (std::ranges::find(vantages(), region, &Vantage::region) == vantages().end())
      return invalid(fmt::format("'{}' is no Region of health checkers; those are {}", region,
                                 fmt::join(vantages() | std::views::transform(&Vantage::region), ", ")));
  std::vector<Vantage> chosen;
  for (const Vantage& vantage : vantages())
    if (std::ranges::find(regions, vantage.region) != regions.end()) chosen.push_back(vantage);
  return chosen;
}

CheckSettings seen_from(const Vantage& vantage, CheckSettings settings) {
  settings.target.from = vantage.loopback;
  return settings;
}

}  // namespace meridian::engines::health
