#include "apps/control/health_control.h"

#include <fmt/format.h>

#include "apps/control/explain_health.h"
#include "base/log.h"
#include "formats/json/json.h"
#include "snapshots/health/health_file.h"

namespace meridian::apps {
namespace {

using compilers::health::Findings;
using compilers::health::HealthStates;
using snapshots::health::HealthTable;

std::string_view word(bool healthy) {
  return healthy ? "healthy" : "unhealthy";
}

Result<bool> is_healthy(std::string_view words) {
  const auto value = json::parse(words);
  const json::Object* const members = value ? value->get<json::Object>() : nullptr;
  const bool one = members && members->size() == 1 && members->front().first == "healthy";
  const bool* const healthy = one ? members->front().second.get<bool>() : nullptr;
  if (!healthy) return invalid(R"(what is said is {"healthy": true} or {"healthy": false})");
  return *healthy;
}

Findings read_findings(const std::string& path, const World& world) {
  Findings findings;
  for (const HealthTable::Entry& check : read_kept_states(path, world)) findings[check.id] = check.healthy;
  return findings;
}

Result<void> write_findings(const Findings& findings, const std::string& path, const World& world) {
  std::vector<HealthTable::Entry> states;
  for (const auto& [check, healthy] : findings) states.push_back({check, healthy});
  return world.disk.replace(path, as_bytes(snapshots::health::write_states(states)));
}

std::string or_null(std::optional<bool> healthy) {
  return healthy ? fmt::to_string(*healthy) : "null";
}

std::string_view or_dash(std::optional<bool> healthy) {
  return healthy ? word(*healthy) : "-";
}

// What more there is to know of a check, each word behind a blank.
std::string remarks(const HealthStates::State& state, const engines::health::SteadyState& steady) {
  return fmt::format("{}{}{}{}{}", state.inverted ? " inverted" : "", state.disabled ? " disabled" : "",
                     steady.damped ? " flaps" : "", steady.held_until ? " held" : "",
                     steady.silent ? " silent" : "");
}

}  // namespace

HealthControl::HealthControl(store::Store& store, HealthSide& here, snapshots::feed::FeedServer* feed,
                             store::SeriesStore* series, const std::string& data_dir,
                             const HealthProbing& probing, const World& world)
    : here_(here),
      feed_(feed),
      world_(world),
      found_path_(data_dir + "/health-found"),
      said_path_(data_dir + "/health-said"),
      probes_(probing.on ? std::make_unique<HealthProbes>(
                               [this](const std::string& id, bool healthy) { found(id, healthy); }, probing,
                               feed, world)
                         : nullptr),
      remote_checkers_(probes_ && feed ? std::make_unique<RemoteCheckers>(
                                             probes_->panel(), probes_->loop().loop(), data_dir, world)
                                       : nullptr),
      states_(store, *this, world.logger) {
  if (remote_checkers_) feed_->listen_to_checkers(*remote_checkers_);
  if (!series) return;
  metrics_ = std::make_unique<HealthMetrics>(
      states_,
      [this](const std::string& id) { return probes_ ? probes_->percent_healthy(id) : std::nullopt; },
      *series, world, series_loop_.loop());
  if (!probes_) return;
  probes_->on_measured(
      [this](const std::string& id, const std::string& region, const engines::health::ProbeResult& result) {
        metrics_->measured(id, region, result);
      });
  metric_checks_ = std::make_unique<MetricChecks>(
      *series,
      [this](const std::string& id, bool healthy) {
        probes_->loop().loop().post([this, id, healthy] { found(id, healthy); });
      },
      world, series_loop_.loop());
}

Result<void> HealthControl::start() {
  TRY(states_.start(read_findings(found_path_, world_), read_findings(said_path_, world_)));
  std::set<std::string> ids;
  for (const HealthStates::State& state : states_.states()) ids.insert(state.id);
  here_.forget_but(ids);
  if (remote_checkers_) remote_checkers_->expect();
  if (probes_) probes_->start();
  if (metrics_) metrics_->start();
  if (metric_checks_) metric_checks_->start();
  series_loop_.start();
  return {};
}

void HealthControl::stop() {
  series_loop_.stop();
  if (!probes_) return;
  probes_->stop();
  if (std::exchange(keep_timer_, nullptr)) keep_found();
}

LoopThread* HealthControl::probe_loop() {
  return probes_ ? &probes_->loop() : nullptr;
}

void HealthControl::configured(const services::route53::HealthCheckResource& check) {
  if (probes_) probes_->set(check);
  if (metric_checks_) metric_checks_->set(check);
}

void HealthControl::removed(const std::string& id) {
  if (probes_) probes_->remove(id);
  if (metric_checks_) metric_checks_->remove(id);
}

// Many checks may change together: they are kept together.
void HealthControl::found(const std::string& id, bool healthy) {
  states_.find(id, healthy);
  if (keep_timer_) return;
  keep_timer_ = probes_->loop().loop().after(kHealthSaveTime, [this] {
    keep_found();
    keep_timer_ = nullptr;
  });
}

void HealthControl::keep_found() {
  if (auto kept = write_findings(states_.findings(), found_path_, world_); !kept)
    world_.logger.error("health", "a restart would not know what probes found",
                        {{"why", kept.error().message}});
}

Result<void> HealthControl::keep_said() {
  return write_findings(states_.said(), said_path_, world_);
}

void HealthControl::set(const std::string& id, bool healthy) {
  here_.set(id, healthy);
  if (feed_) feed_->set_health(id, healthy);
}

Result<void> HealthControl::say(std::string_view id, std::string_view words) {
  const bool healthy = TRY(is_healthy(words));
  TRY(states_.say(id, healthy));
  world_.logger.info("health", "an operator overrides what is found of a health check",
                     {{"id", id}, {"says", word(healthy)}});
  return keep_said();
}

Result<void> HealthControl::take_back(std::string_view id) {
  TRY(states_.say(id, std::nullopt));
  world_.logger.info("health", "a health check is again what is found of it", {{"id", id}});
  return keep_said();
}

HealthCounts HealthControl::counts() const {
  HealthCounts counts;
  for (const HealthStates::State& state : states_.states())
    ++(state.healthy ? counts.healthy : counts.unhealthy);
  return counts;
}

std::vector<engines::health::CheckerState> HealthControl::checkers() const {
  return probes_ ? probes_->panel().checkers() : std::vector<engines::health::CheckerState>{};
}

engines::health::SteadyState HealthControl::steady(std::string_view id) const {
  return probes_ ? probes_->steady(id) : engines::health::SteadyState{};
}

Result<std::string> HealthControl::explain(std::string_view id, Output output) const {
  HealthFacts facts{TRY(states_.details(id)), {}, {}};
  if (probes_) facts.opinions = probes_->panel().opinions(id);
  facts.steady = steady(id);
  return explain_health(facts, output);
}

std::string HealthControl::describe(Output output) const {
  if (output == Output::Json) {
    std::string list;
    for (const HealthStates::State& state : states_.states()) {
      const auto now = steady(state.id);
      list +=
          fmt::format(R"({}{{"id":"{}","type":"{}","healthy":{},"found_healthy":{},"override_healthy":{},)"
                      R"("inverted":{},"disabled":{},"flaps":{},"held":{},"silent":{}}})",
                      list.empty() ? "" : ",", state.id, to_string(state.type), state.healthy,
                      or_null(state.found), or_null(state.said), state.inverted, state.disabled, now.damped,
                      now.held_until.has_value(), now.silent);
    }
    return fmt::format("{{\"health_checks\":[{}]}}\n", list);
  }
  std::string out =
      fmt::format("{:<37} {:<18} {:<10} {:<10} OVERRIDE\n", "HEALTH CHECK", "TYPE", "STATE", "FOUND");
  for (const HealthStates::State& state : states_.states())
    out += fmt::format("{:<37} {:<18} {:<10} {:<10} {}{}\n", state.id, to_string(state.type),
                       word(state.healthy), or_dash(state.found), or_dash(state.said),
                       remarks(state, steady(state.id)));
  return out;
}

}  // namespace meridian::apps
