#include "compilers/health/health_states.h"

#include <fmt/format.h>

#include <limits>

#include "compilers/health/effective_health.h"

namespace meridian::compilers::health {
namespace {

namespace route53 = services::route53;

bool is_calculated(const route53::HealthCheckConfig& config) {
  return config.type == route53::HealthCheckType::Calculated;
}

std::optional<bool> in(const Findings& findings, std::string_view id) {
  const auto at = findings.find(id);
  return at == findings.end() ? std::nullopt : std::optional(at->second);
}

std::string_view id_in(std::string_view key) {
  return key.substr(route53::kHealthChecksPrefix.size());
}

}  // namespace

Result<void> HealthStates::start(Findings findings, Findings said) {
  findings_ = std::move(findings);
  said_ = std::move(said);
  return follower_.start();
}

void HealthStates::all(store::Range range) {
  std::lock_guard lock(mutex_);
  Ids touched, gone;
  for (const auto& [id, check] : checks_) gone.insert(id);
  for (const store::KeyValue& item : range.items) {
    gone.erase(std::string(id_in(item.key)));
    put(item, touched);
  }
  for (const std::string& id : gone) {
    remove(id);
    touched.insert(id);
  }
  for (Findings* const findings : {&findings_, &said_})
    std::erase_if(*findings, [this](const auto& finding) { return !checks_.contains(finding.first); });
  settle(touched);
}

void HealthStates::changed(const store::EventBatch& batch) {
  std::lock_guard lock(mutex_);
  Ids touched;
  for (const store::Event& event : batch.events) {
    if (event.kind == store::Event::Kind::Put) {
      put(event.item, touched);
    } else {
      remove(id_in(event.item.key));
      touched.emplace(id_in(event.item.key));
    }
  }
  settle(touched);
}

void HealthStates::put(const store::KeyValue& item, Ids& touched) {
  auto resource = route53::decode_health_check(item.value);
  if (!resource) {
    logger_.error("health", "a health check cannot be read and keeps its last state",
                  {{"key", item.key}, {"why", resource.error().message}});
    return;
  }
  Check& check = checks_[resource->id];
  unlink(resource->id, check);
  sink_.configured(*resource);
  check.account = std::move(resource->account);
  check.config = std::move(resource->config);
  for (const std::string& child : check.config.child_health_checks) parents_[child].insert(resource->id);
  touched.insert(resource->id);
}

void HealthStates::remove(std::string_view id) {
  const auto at = checks_.find(id);
  if (at == checks_.end()) return;
  unlink(at->first, at->second);
  sink_.removed(at->first);
  findings_.erase(at->first);
  said_.erase(at->first);
  checks_.erase(at);
}

// The check is the parent of no other any more.
void HealthStates::unlink(const std::string& id, const Check& check) {
  for (const std::string& child : check.config.child_health_checks) {
    const auto parents = parents_.find(child);
    if (parents == parents_.end()) continue;
    parents->second.erase(id);
    if (parents->second.empty()) parents_.erase(parents);
  }
}

// Calculated checks are never children (services/route53 refuses it), so two rounds settle everything.
void HealthStates::settle(const Ids& touched) {
  Ids calculated;
  for (const std::string& id : touched) {
    if (const auto parents = parents_.find(id); parents != parents_.end())
      calculated.insert(parents->second.begin(), parents->second.end());
    const auto at = checks_.find(id);
    if (at == checks_.end())
      sink_.set(id, true);
    else if (is_calculated(at->second.config))
      calculated.insert(id);
    else
      tell(id, now(id, at->second));
  }
  for (const std::string& id : calculated) {
    const route53::HealthCheckConfig& config = checks_.at(id).config;
    tell(id, calculated_health(config, healthy_children(config)));
  }
}

std::size_t HealthStates::healthy_children(const route53::HealthCheckConfig& config) const {
  std::size_t healthy = 0;
  for (const std::string& child : config.child_health_checks) {
    const auto at = checks_.find(child);
    healthy += at == checks_.end() || now(child, at->second);
  }
  return healthy;
}

void HealthStates::tell(const std::string& id, bool healthy) {
  if (std::exchange(checks_.at(id).told, healthy) != healthy) sink_.set(id, healthy);
}

bool HealthStates::now(const std::string& id, const Check& check) const {
  const std::optional<bool> said = in(said_, id);
  return endpoint_health(check.config, said ? said : in(findings_, id));
}

void HealthStates::find(std::string_view id, bool healthy) {
  std::lock_guard lock(mutex_);
  const auto at = checks_.find(id);
  if (at == checks_.end() || is_calculated(at->second.config)) return;
  findings_[at->first] = healthy;
  settle({at->first});
}

Result<void> HealthStates::say(std::string_view id, std::optional<bool> healthy) {
  std::lock_guard lock(mutex_);
  auto at = checks_.find(id);
  if (at == checks_.end()) {
    // It may be new: its creation is acknowledged before the watch tells of it.
    Ids touched;
    if (const auto item = TRY(store_.get(route53::health_check_key(id)))) put(*item, touched);
    settle(touched);
    at = checks_.find(id);
  }
  if (at == checks_.end()) return fail(ErrorCode::NotFound, fmt::format("there is no health check '{}'", id));
  if (is_calculated(at->second.config))
    return fail(ErrorCode::Conflict,
                fmt::format("health check '{}' is calculated from its child health checks", id));
  if (healthy)
    said_[at->first] = *healthy;
  else
    said_.erase(at->first);
  settle({at->first});
  return {};
}

Findings HealthStates::findings() const {
  std::lock_guard lock(mutex_);
  return findings_;
}

Findings HealthStates::said() const {
  std::lock_guard lock(mutex_);
  return said_;
}

std::vector<HealthStates::State> HealthStates::states() const {
  return states("", std::numeric_limits<std::size_t>::max());
}

std::vector<HealthStates::State> HealthStates::states(std::string_view after, std::size_t most) const {
  std::lock_guard lock(mutex_);
  std::vector<State> states;
  for (auto at = checks_.upper_bound(after); at != checks_.end() && states.size() < most; ++at)
    states.push_back(state_of(at->first, at->second));
  return states;
}

std::size_t HealthStates::size() const {
  std::lock_guard lock(mutex_);
  return checks_.size();
}

HealthStates::State HealthStates::state_of(const std::string& id, const Check& check) const {
  State state{id,
              check.config.type,
              check.told.value_or(true),
              in(findings_, id),
              in(said_, id),
              check.config.inverted,
              check.config.disabled,
              check.account};
  if (is_calculated(check.config)) state.healthy_children = healthy_children(check.config);
  return state;
}

Result<HealthStates::Details> HealthStates::details(std::string_view id) const {
  std::lock_guard lock(mutex_);
  const auto at = checks_.find(id);
  if (at == checks_.end()) return fail(ErrorCode::NotFound, fmt::format("there is no health check '{}'", id));
  Details details{state_of(at->first, at->second), at->second.config, {}};
  for (const std::string& child : details.config.child_health_checks) {
    const auto found = checks_.find(child);
    const bool exists = found != checks_.end();
    details.children.push_back({child, !exists || now(child, found->second), exists});
  }
  return details;
}

}  // namespace meridian::compilers::health
