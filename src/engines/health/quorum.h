// What many checkers say together. Pure.
#pragma once

#include <cstddef>
#include <optional>

namespace meridian::engines::health {

// DG:dns-failover-determining-health-of-endpoints: more than 18 % of the checkers that report say healthy.
// Nothing while none reports.
inline std::optional<bool> quorum(std::size_t healthy, std::size_t reporting) {
  if (reporting == 0) return std::nullopt;
  return healthy * 100 > reporting * 18;
}

// While some are silent, only what they could not change is known.
inline std::optional<bool> early_quorum(std::size_t healthy, std::size_t unhealthy, std::size_t silent) {
  const std::size_t all = healthy + unhealthy + silent;
  if (quorum(healthy, all) == true) return true;
  if (quorum(healthy + silent, all) == false) return false;
  return std::nullopt;
}

}  // namespace meridian::engines::health
