#include "apps/control/health_probes.h"

#include <fmt/format.h>

namespace meridian::apps {
namespace {

using engines::health::CheckSettings;
using engines::health::HttpQuestion;
using engines::health::vantages;
using services::route53::HealthCheckConfig;
using services::route53::HealthCheckResource;
using services::route53::HealthCheckType;

bool searches(HealthCheckType type) {
  return type == HealthCheckType::HttpStrMatch || type == HealthCheckType::HttpsStrMatch;
}

}  // namespace

Result<CheckSettings> probe_settings(const HealthCheckResource& check) {
  const HealthCheckConfig& config = check.config;
  const bool http = config.type == HealthCheckType::Http || config.type == HealthCheckType::HttpStrMatch;
  if (!http && config.type != HealthCheckType::Tcp)
    return invalid(fmt::format("{} health checks are not probed", to_string(config.type)));
  if (config.disabled) return invalid("the health check is disabled");
  if (config.ip_address.empty()) return invalid("endpoints without an IPAddress are not probed");
  CheckSettings settings;
  settings.target.endpoint = {TRY(net::IpAddress::parse(config.ip_address)), config.port};
  settings.interval = std::chrono::seconds(config.request_interval);
  settings.failure_threshold = config.failure_threshold;
  if (http)
    settings.target.http =
        HttpQuestion{config.fully_qualified_domain_name, config.resource_path, check.id, false};
  if (searches(config.type)) settings.target.search_string = config.search_string;
  return settings;
}

HealthProbes::HealthProbes(Random& random, std::function<void(const std::string& id, bool healthy)> on_found)
    : on_found_(std::move(on_found)),
      loop_(net::make_loop(), "health"),
      panel_(loop_.loop(), random, *this, vantages()) {}

void HealthProbes::set(const HealthCheckResource& check) {
  auto settings = probe_settings(check);
  if (!settings) return remove(check.id);
  loop_.loop().post([this, id = check.id, settings = *std::move(settings), regions = check.config.regions] {
    panel_.set(id, settings, regions);
  });
}

void HealthProbes::remove(const std::string& id) {
  loop_.loop().post([this, id] { panel_.remove(id); });
}

}  // namespace meridian::apps
