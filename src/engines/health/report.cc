#include "engines/health/report.h"

namespace meridian::engines::health {

void note(Report& report, const std::string& region, const net::IpAddress& endpoint,
          const ProbeResult& result, const Streak& streak, SystemTime now) {
  report.mind = streak.healthy();
  report.against = streak.against();
  // Without a connection nobody saw the checker's address: it is what it was.
  const std::optional<net::IpAddress> from = !result.from && report.last ? report.last->from : result.from;
  report.last = {region, from, result.resolved.value_or(endpoint), result.verdict, now};
  if (!result.verdict.healthy) report.last_failure = report.last;
}

}  // namespace meridian::engines::health
