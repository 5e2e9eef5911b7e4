// The edges of a control that are checkers: what they report reaches the panel, and which there are is kept,
// so that a control which starts again waits for them before it says what they could say otherwise.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "apps/loop_thread.h"
#include "apps/world.h"
#include "engines/health/panel.h"
#include "snapshots/feed/server.h"

namespace meridian::apps {

// Reports on their way from the feed's thread to the panel's; more are dropped: the next probe says as much.
inline constexpr std::size_t kReportsWaitingMax = 65'536;

class RemoteCheckers final : public snapshots::feed::CheckerListener {
 public:
  // The file is DATA_DIR/health-checkers.
  RemoteCheckers(engines::health::Panel& panel, net::Loop& loop, const std::string& data_dir,
                 const World& world);

  // Those that were there before; while the loop does not run.
  void expect();

  Result<void> joined(const std::string& edge, const std::string& region) override;
  void reported(const std::string& edge, std::vector<snapshots::feed::CheckBytes> reports) override;
  void lost(const std::string& edge, Duration silent_for) override;
  void removed(const std::string& edge) override;

 private:
  void take(const std::string& edge, const std::vector<snapshots::feed::CheckBytes>& reports);
  void keep();

  engines::health::Panel& panel_;
  net::Loop& loop_;
  World world_;
  std::string path_;
  Counter& reports_;
  Counter& dropped_;
  Counter& malformed_;
  std::atomic<std::size_t> waiting_{0};
  std::map<std::string, std::string> kept_;  // Regions, by edge; of the loop's thread
};

}  // namespace meridian::apps
