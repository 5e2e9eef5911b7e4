// What probes cost and find, as metrics for operators: by Region and by phase, never by check.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "engines/health/probe.h"
#include "engines/health/vantage.h"

namespace meridian::engines::health {

class ProbeMeter {
 public:
  ProbeMeter(Metrics& metrics, const std::vector<Vantage>& vantages);
  void add(std::string_view region, const ProbeResult& result);

 private:
  struct Counts {
    Counter *healthy, *unhealthy;
  };
  std::map<std::string, Counts, std::less<>> by_region_;
  Histogram &connect_, &handshake_, &first_byte_;
};

}  // namespace meridian::engines::health
