#include "apps/control/health_control.h"

#include <fmt/format.h>

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

Result<bool> is_healthy(std::string_view finding) {
  const auto value = json::parse(finding);
  const json::Object* const members = value ? value->get<json::Object>() : nullptr;
  const bool one = members && members->size() == 1 && members->front().first == "healthy";
  const bool* const healthy = one ? members->front().second.get<bool>() : nullptr;
  if (!healthy) return invalid(R"(what was found is {"healthy": true} or {"healthy": false})");
  return *healthy;
}

std::string settings(const HealthStates::State& state) {
  return fmt::format("{}{}", state.inverted ? " inverted" : "", state.disabled ? " disabled" : "");
}

}  // namespace

HealthControl::HealthControl(store::Store& store, HealthSide& here, snapshots::feed::FeedServer* feed,
                             const std::string& data_dir, const World& world)
    : here_(here),
      feed_(feed),
      world_(world),
      path_(data_dir + "/health-found"),
      states_(store, *this, world.logger) {}

Result<void> HealthControl::start() {
  Findings findings;
  for (const HealthTable::Entry& check : read_kept_states(path_, world_)) findings[check.id] = check.healthy;
  TRY(states_.start(std::move(findings)));
  std::set<std::string> ids;
  for (const HealthStates::State& state : states_.states()) ids.insert(state.id);
  here_.forget_but(ids);
  return {};
}

void HealthControl::set(const std::string& id, bool healthy) {
  here_.set(id, healthy);
  if (feed_) feed_->set_health(id, healthy);
}

Result<void> HealthControl::find(std::string_view id, std::string_view finding) {
  const bool healthy = TRY(is_healthy(finding));
  TRY(states_.find(id, healthy));
  world_.logger.info("health", "an operator says how a health check is found",
                     {{"id", id}, {"found", word(healthy)}});
  std::vector<HealthTable::Entry> found;
  for (const auto& [check, was_healthy] : states_.findings()) found.push_back({check, was_healthy});
  return world_.disk.replace(path_, as_bytes(snapshots::health::write_states(found)));
}

HealthCounts HealthControl::counts() const {
  HealthCounts counts;
  for (const HealthStates::State& state : states_.states())
    ++(state.healthy ? counts.healthy : counts.unhealthy);
  return counts;
}

std::string HealthControl::describe(Output output) const {
  if (output == Output::Json) {
    std::string list;
    for (const HealthStates::State& state : states_.states())
      list += fmt::format(
          R"({}{{"id":"{}","type":"{}","healthy":{},"found_healthy":{},"inverted":{},"disabled":{}}})",
          list.empty() ? "" : ",", state.id, to_string(state.type), state.healthy,
          state.found ? (*state.found ? "true" : "false") : "null", state.inverted, state.disabled);
    return fmt::format("{{\"health_checks\":[{}]}}\n", list);
  }
  std::string out = fmt::format("{:<37} {:<18} {:<10} FOUND\n", "HEALTH CHECK", "TYPE", "STATE");
  for (const HealthStates::State& state : states_.states())
    out += fmt::format("{:<37} {:<18} {:<10} {}{}\n", state.id, to_string(state.type), word(state.healthy),
                       state.found ? word(*state.found) : "-", settings(state));
  return out;
}

}  // namespace meridian::apps
