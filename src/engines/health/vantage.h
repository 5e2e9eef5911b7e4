// Where probes come from: a checker's Region, and its address where one machine stands for many Regions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/health/checker.h"

namespace meridian::engines::health {

struct Vantage {
  std::string region;
  // Where its probes of loopback targets come from; none: the kernel chooses.
  std::optional<net::IpAddress> loopback{};
};

// One for each Region of HealthCheckRegion in AWS's model. On one machine, an address of each tells them
// apart: 127.0.53.1 to 127.0.53.8.
const std::vector<Vantage>& vantages();
// Those of these Regions, each once. Invalid: AWS has no checkers in one of them.
Result<std::vector<Vantage>> vantages_of(const std::vector<std::string>& regions);

CheckSettings seen_from(const Vantage& vantage, CheckSettings settings);

}  // namespace meridian::engines::health
