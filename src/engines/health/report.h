// What a checker says of a health check: what it found last, and what it thinks.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "engines/health/probe.h"
#include "engines/health/streak.h"
#include "net/address.h"

namespace meridian::engines::health {

// What one checker found in one probe.
struct Observation {
  std::string region;
  std::optional<net::IpAddress> from;  // the checker's address, when it could be seen
  net::IpAddress endpoint;
  Verdict verdict;
  SystemTime checked{};
  bool operator==(const Observation&) const = default;
};

struct Report {
  std::optional<bool> mind;  // none: it cannot probe this check, and counts as no checker of it
  unsigned against = 0;      // probes in a row that speak against its mind
  std::optional<Observation> last, last_failure;
  bool operator==(const Report&) const = default;
};

// Takes in a probe; `streak` has counted it.
void note(Report& report, const std::string& region, const net::IpAddress& endpoint,
          const ProbeResult& result, const Streak& streak, SystemTime now);

}  // namespace meridian::engines::health
