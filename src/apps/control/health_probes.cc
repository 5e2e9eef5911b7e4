#include "apps/control/health_probes.h"

#include <fmt/format.h>

#include "engines/health/report_wire.h"
#include "net/source_address.h"

namespace meridian::apps {
namespace {

using engines::health::CheckSettings;
using engines::health::HttpQuestion;
using engines::health::Vantage;
using services::route53::HealthCheckConfig;
using services::route53::HealthCheckResource;
using services::route53::HealthCheckType;

std::string range(const net::IpAddress& address) {
  return fmt::format("{}/{}", address.to_string(), address.is_v4() ? 32 : 128);
}

// Where this machine speaks to the Internet from (a documentation address stands for it: nothing is sent).
std::optional<net::IpAddress> outward(bool v4) {
  return net::source_address(net::IpAddress::parse(v4 ? "192.0.2.1" : "2001:db8::1").value());
}

using Observation = services::route53::HealthObservations::Observation;
std::vector<Observation> shown(const std::vector<engines::health::Observation>& observations) {
  std::vector<Observation> all;
  for (const auto& one : observations) {
    const bool unknown = one.endpoint == net::IpAddress();  // a name that was not found
    const auto from = one.from ? one.from : unknown ? outward(true) : net::source_address(one.endpoint);
    all.push_back(
        {one.region, from ? from->to_string() : "", one.verdict.healthy, one.verdict.reason, one.checked});
  }
  return all;
}

bool searches(HealthCheckType type) {
  return type == HealthCheckType::HttpStrMatch || type == HealthCheckType::HttpsStrMatch;
}
bool encrypts(HealthCheckType type) {
  return type == HealthCheckType::Https || type == HealthCheckType::HttpsStrMatch;
}

}  // namespace

Result<CheckSettings> probe_settings(const HealthCheckResource& check) {
  const HealthCheckConfig& config = check.config;
  const bool tls = encrypts(config.type);
  const bool http = tls || config.type == HealthCheckType::Http || searches(config.type);
  if (!http && config.type != HealthCheckType::Tcp)
    return invalid(fmt::format("{} health checks are not probed", to_string(config.type)));
  if (config.disabled) return invalid("the health check is disabled");
  CheckSettings settings;
  settings.target.endpoint.port = config.port;
  if (config.ip_address.empty())
    settings.target.name = config.fully_qualified_domain_name;
  else
    settings.target.endpoint.ip = TRY(net::IpAddress::parse(config.ip_address));
  settings.interval = std::chrono::seconds(config.request_interval);
  settings.failure_threshold = config.failure_threshold;
  if (http)
    settings.target.http = HttpQuestion{config.fully_qualified_domain_name, config.resource_path, check.id,
                                        tls, tls && config.enable_sni};
  if (searches(config.type)) settings.target.search_string = config.search_string;
  return settings;
}

Result<HealthProbing> health_probing(const ServeOptions& options, Disk& disk) {
  HealthProbing probing;
  probing.on = !options.no_health_probes;
  probing.checker_live_time = std::chrono::seconds(options.health.checker_live_time_s);
  probing.steady = {std::chrono::seconds(options.health.hold_time_s), options.health.flaps_max,
                    std::chrono::seconds(options.health.flap_time_s), options.health.when_silent};
  probing.resolvers = TRY(health_resolvers(options.health.resolvers, disk));
  probing.public_only = !options.private_health_checks;
  const std::vector<std::string>& regions = options.health.check_from;
  if (regions == std::vector<std::string>{"none"})
    probing.here.clear();
  else if (!regions.empty())
    probing.here = TRY(engines::health::vantages_of(regions));
  return probing;
}

HealthProbes::HealthProbes(std::function<void(const std::string& id, bool healthy)> on_found,
                           const HealthProbing& probing, snapshots::feed::FeedServer* feed,
                           const World& world)
    : feed_(feed),
      logger_(world.logger),
      here_(probing.here),
      public_only_(probing.public_only),
      loop_(net::make_loop(), "health"),
      steadier_(loop_.loop(), probing.steady, std::move(on_found)),
      support_(loop_.loop(), probing.resolvers, world),
      meter_(world.metrics, here_),
      panel_(loop_.loop(), world.random, *this, probing.here,
             {.live_time = probing.checker_live_time, .means = support_.means()}) {}

void HealthProbes::counts(const engines::health::CheckerState& checker) {
  const std::initializer_list<LogField> fields{{"edge", checker.name}, {"region", checker.region}};
  if (checker.counted)
    logger_.info("health", "a checker counts again", fields);
  else
    logger_.warn("health", "a checker is not heard any more and does not count", fields);
}

void HealthProbes::probed(const std::string& id, const std::string& region,
                          const engines::health::ProbeResult& result) {
  meter_.add(region, result);
  if (on_measured_ && measured_.contains(id)) on_measured_(id, region, result);
}

std::optional<double> HealthProbes::percent_healthy(std::string_view id) const {
  double healthy = 0, all = 0;
  for (const engines::health::Opinion& opinion : panel_.opinions(id)) {
    if (!opinion.counted || !opinion.report.mind) continue;
    ++all;
    healthy += *opinion.report.mind;
  }
  return all == 0 ? std::nullopt : std::optional(100 * healthy / all);
}

void HealthProbes::set(const HealthCheckResource& check) {
  auto settings = probe_settings(check);
  if (!settings) return remove(check.id);
  settings->target.public_only = public_only_;
  if (feed_) feed_->set_check(check.id, check.config.regions, engines::health::write_settings(*settings));
  loop_.loop().post([this, id = check.id, settings = *std::move(settings), regions = check.config.regions,
                     measured = check.config.measure_latency] {
    if (measured)
      measured_.insert(id);
    else
      measured_.erase(id);
    panel_.set(id, settings, regions);
  });
}

void HealthProbes::remove(const std::string& id) {
  if (feed_) feed_->remove_check(id);
  loop_.loop().post([this, id] {
    measured_.erase(id);
    panel_.remove(id);
    steadier_.remove(id);
  });
}

std::vector<Observation> HealthProbes::latest(std::string_view id) const {
  return shown(panel_.observations(id));
}

std::vector<Observation> HealthProbes::last_failures(std::string_view id) const {
  return shown(panel_.last_failures(id));
}

// This machine's addresses towards the Internet, and those that only loopback endpoints see.
std::vector<std::string> HealthProbes::checker_ranges() const {
  std::vector<std::string> ranges;
  for (const bool v4 : {true, false})
    if (const auto from = outward(v4)) ranges.push_back(range(*from));
  for (const Vantage& vantage : here_) ranges.push_back(range(*vantage.loopback));
  return ranges;
}

}  // namespace meridian::apps
