// Health checks in every role's process: the table that DNS answers by, kept in a file so that a restart
// answers by what was known last, whether there is a control or not.
// Rule: a change counts in the table at once; the file follows, and may lack the last kHealthSaveTime.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "apps/command_line.h"
#include "apps/loop_thread.h"
#include "apps/world.h"
#include "snapshots/health/health_table.h"

namespace meridian::apps {

inline constexpr Duration kHealthSaveTime = std::chrono::milliseconds(250);
inline constexpr std::size_t kHealthMetricsMax = 1000;  // checks with a metric of their own

struct HealthCounts {
  std::size_t healthy = 0, unhealthy = 0;
};

// The states in a file; none when there is no file, or it cannot be read, which is logged: DNS answers
// anyhow.
std::vector<snapshots::health::HealthTable::Entry> read_kept_states(const std::string& path,
                                                                    const World& world);

class HealthSide {
 public:
  // Reads what was kept in DATA_DIR/health.
  HealthSide(const std::string& data_dir, const World& world);

  const std::shared_ptr<snapshots::health::HealthTable>& table() const { return table_; }
  void set(const std::string& id, bool healthy);  // thread-safe
  // Of all others nothing is known: they are healthy. Thread-safe.
  void forget_but(const std::set<std::string>& ids);
  // The file is written on the loop's thread from now on; the loop outlives this object.
  void save_on(LoopThread& loop);
  void save();  // of that thread, or while it does not run

  HealthCounts counts() const;                // thread-safe
  std::string describe(Output output) const;  // every check and its state; thread-safe

 private:
  void changed();
  void save_soon();
  void register_metrics();

  World world_;
  std::string path_;
  std::shared_ptr<snapshots::health::HealthTable> table_;
  std::atomic<bool> changed_{false};
  std::atomic<net::Loop*> loop_{nullptr};
  std::unique_ptr<net::Timer> save_timer_;
};

}  // namespace meridian::apps
