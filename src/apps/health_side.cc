#include "apps/health_side.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "snapshots/health/health_file.h"

namespace meridian::apps {

using snapshots::health::HealthTable;
using snapshots::health::Slot;

std::vector<HealthTable::Entry> read_kept_states(const std::string& path, const World& world) {
  const auto read = [&]() -> Result<std::vector<HealthTable::Entry>> {
    return snapshots::health::read_states(TRY(world.disk.read(path)));
  };
  auto states = read();
  if (states) return *std::move(states);
  if (states.error().code != ErrorCode::NotFound)
    world.logger.error("health", "until something is heard, health checks count as healthy",
                       {{"file", path}, {"why", states.error().message}});
  return {};
}

HealthSide::HealthSide(const std::string& data_dir, const World& world)
    : world_(world), path_(data_dir + "/health"), table_(std::make_shared<HealthTable>()) {
  register_metrics();
  for (const HealthTable::Entry& check : read_kept_states(path_, world_))
    table_->set(check.id, check.healthy);
}

void HealthSide::set(const std::string& id, bool healthy) {
  const Slot slot = table_->slot_of(id);
  if (slot == snapshots::health::kNoCheck) {
    world_.logger.error("health", "a health check has no place in the table and counts as healthy",
                        {{"id", id}});
    return;
  }
  if (table_->healthy(slot) == healthy) return;
  table_->set(id, healthy);
  world_.logger.debug("health", healthy ? "a health check is healthy" : "a health check is unhealthy",
                      {{"id", id}});
  changed();
}

void HealthSide::forget_but(const std::set<std::string>& ids) {
  for (const HealthTable::Entry& check : table_->entries())
    if (!check.healthy && !ids.contains(check.id)) set(check.id, true);
}

void HealthSide::changed() {
  if (changed_.exchange(true)) return;
  if (net::Loop* const loop = loop_.load()) loop->post([this] { save_soon(); });
}

void HealthSide::save_on(LoopThread& loop) {
  loop.run([this, &loop] {
    loop_ = &loop.loop();
    if (changed_) save_soon();
  });
}

void HealthSide::save_soon() {
  save_timer_ = loop_.load()->after(kHealthSaveTime, [this] { save(); });
}

// Only what is unhealthy: whatever is not known counts as healthy.
void HealthSide::save() {
  if (!changed_.exchange(false)) return;
  std::vector<HealthTable::Entry> checks = table_->entries();
  std::erase_if(checks, [](const HealthTable::Entry& check) { return check.healthy; });
  if (auto kept = world_.disk.replace(path_, as_bytes(snapshots::health::write_states(checks))); !kept)
    world_.logger.error("health", "a restart would not know which health checks are unhealthy",
                        {{"why", kept.error().message}});
}

HealthCounts HealthSide::counts() const {
  HealthCounts counts;
  for (const HealthTable::Entry& check : table_->entries())
    ++(check.healthy ? counts.healthy : counts.unhealthy);
  return counts;
}

std::string HealthSide::describe(Output output) const {
  const std::vector<HealthTable::Entry> checks = table_->entries();
  if (output == Output::Json) {
    std::string list;
    for (const HealthTable::Entry& check : checks) {
      list += list.empty() ? R"({"id":)" : R"(,{"id":)";
      append_json_string(list, check.id);
      list += fmt::format(R"(,"healthy":{}}})", check.healthy);
    }
    return fmt::format("{{\"health_checks\":[{}]}}\n", list);
  }
  std::string out = fmt::format("{:<37} STATE\n", "HEALTH CHECK");
  for (const HealthTable::Entry& check : checks)
    out += fmt::format("{:<37} {}\n", check.id, check.healthy ? "healthy" : "unhealthy");
  return out;
}

void HealthSide::register_metrics() {
  Gauge& healthy = world_.metrics.gauge("meridian_health_checks", "Health checks that DNS knows of.",
                                        {{"state", "healthy"}});
  Gauge& unhealthy = world_.metrics.gauge("meridian_health_checks", "Health checks that DNS knows of.",
                                          {{"state", "unhealthy"}});
  // The table's slots stay with their checks, so that these are the same checks at each scrape.
  world_.metrics.on_scrape([table = table_, &metrics = world_.metrics, &healthy, &unhealthy] {
    const std::vector<HealthTable::Entry> checks = table->entries();
    const auto good = std::ranges::count_if(checks, &HealthTable::Entry::healthy);
    healthy.set(static_cast<double>(good));
    unhealthy.set(static_cast<double>(static_cast<std::ptrdiff_t>(checks.size()) - good));
    for (std::size_t i = 0; i < std::min(checks.size(), kHealthMetricsMax); ++i)
      metrics
          .gauge("meridian_health_check_status", "1 while the health check is healthy; of the first 1000.",
                 {{"id", checks[i].id}})
          .set(checks[i].healthy);
  });
}

}  // namespace meridian::apps
