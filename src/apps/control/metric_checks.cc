#include "apps/control/metric_checks.h"

#include "base/log.h"
#include "services/cloudwatch/resources.h"

namespace meridian::apps {

using services::route53::HealthCheckResource;
using services::route53::HealthCheckType;

std::optional<MetricChecks::Check> MetricChecks::read(const HealthCheckResource& check) {
  if (check.config.type != HealthCheckType::CloudWatchMetric || check.config.disabled) return std::nullopt;
  const auto alarm = services::cloudwatch::decode_alarm(check.alarm);
  const auto* const settings = alarm ? alarm->metric() : nullptr;
  if (!settings || !settings->metric) return std::nullopt;
  Check made{*settings->metric, settings->rule, {}, {}};
  const std::string& without_data = check.config.insufficient_data_health_status;
  if (without_data != "LastKnownStatus") made.without_data = without_data == "Healthy";
  return made;
}

void MetricChecks::start() {
  await_turn();
}

void MetricChecks::await_turn() {
  timer_ = loop_.after(kMetricCheckTime, [this] {
    for (auto& [id, check] : checks_) look_at(id, check);
    await_turn();
  });
}

void MetricChecks::set(const HealthCheckResource& check) {
  auto made = read(check);
  if (!made) return remove(check.id);
  loop_.post([this, id = check.id, made = *std::move(made)] {
    Check& check = checks_.insert_or_assign(id, made).first->second;
    look_at(id, check);
  });
}

void MetricChecks::remove(const std::string& id) {
  loop_.post([this, id] { checks_.erase(id); });
}

void MetricChecks::look_at(const std::string& id, Check& check) {
  const std::optional<bool> found = judge(id, check);
  if (!found || check.told == found) return;
  check.told = found;
  on_found_(id, *found);
}

// Nothing: it stays what it is.
std::optional<bool> MetricChecks::judge(const std::string& id, const Check& check) const {
  const SystemTime minute = std::chrono::floor<std::chrono::minutes>(world_.clock.now());
  const auto values = store::last_values(series_, check.query, minute, store::periods_read(check.rule));
  if (!values) {
    world_.logger.error("health", "the metric of a health check cannot be read",
                        {{"id", id}, {"why", values.error().message}});
    return std::nullopt;
  }
  std::vector<std::optional<double>> numbers;
  for (const auto& value : *values) numbers.push_back(value ? std::optional(value->value) : std::nullopt);
  switch (store::evaluate(check.rule, numbers).verdict) {
    case store::Verdict::Ok:
      return true;
    case store::Verdict::Alarm:
      return false;
    case store::Verdict::InsufficientData:
      return check.without_data;
    case store::Verdict::Unchanged:
      break;
  }
  return std::nullopt;
}

}  // namespace meridian::apps
