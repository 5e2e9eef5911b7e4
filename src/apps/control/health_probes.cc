#include "apps/control/health_probes.h"

#include <fmt/format.h>

namespace meridian::apps {
namespace {

using engines::health::CheckSettings;
using engines::health::HttpQuestion;
using engines::health::Vantage;
using services::route53::HealthCheckConfig;
using services::route53::HealthCheckResource;
using services::route53::HealthCheckType;

// The Regions of HealthCheckRegion in AWS's model. On one machine, an address of each tells them apart.
std::vector<Vantage> vantages() {
  std::vector<Vantage> all;
  for (const char* region : {"us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1",
                             "ap-southeast-2", "ap-northeast-1", "sa-east-1"}) {
    const auto number = static_cast<std::uint8_t>(all.size() + 1);
    all.push_back({region, net::IpAddress::v4({127, 0, 53, number})});
  }
  return all;
}

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
