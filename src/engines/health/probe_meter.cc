#include "engines/health/probe_meter.h"

namespace meridian::engines::health {
namespace {

Histogram& phase(Metrics& metrics, const char* name) {
  return metrics.histogram("meridian_health_probe_seconds",
                           "How long probes took until they were connected, from there to the end of the TLS "
                           "handshake, and until the first byte of the reply.",
                           {0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 2, 4, 10}, {{"phase", name}});
}

void observe(Histogram& histogram, const std::optional<Duration>& time) {
  if (time) histogram.observe(std::chrono::duration<double>(*time).count());
}

}  // namespace

ProbeMeter::ProbeMeter(Metrics& metrics, const std::vector<Vantage>& vantages)
    : connect_(phase(metrics, "connect")),
      handshake_(phase(metrics, "handshake")),
      first_byte_(phase(metrics, "first_byte")) {
  const auto probes = [&](const std::string& region, const char* result) {
    return &metrics.counter("meridian_health_probes_total", "Probes of health checks from here.",
                            {{"region", region}, {"result", result}});
  };
  for (const Vantage& vantage : vantages)
    by_region_[vantage.region] = {probes(vantage.region, "healthy"), probes(vantage.region, "unhealthy")};
}

void ProbeMeter::add(std::string_view region, const ProbeResult& result) {
  const auto at = by_region_.find(region);
  if (at == by_region_.end()) return;
  (result.verdict.healthy ? at->second.healthy : at->second.unhealthy)->add();
  observe(connect_, result.connected);
  observe(handshake_, result.handshake);
  observe(first_byte_, result.first_byte);
}

}  // namespace meridian::engines::health
