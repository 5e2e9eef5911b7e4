// Health checks in a control's process: what an operator says of them is kept, what follows from it reaches
// DNS here and at the edges.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "apps/health_side.h"
#include "compilers/health/health_states.h"
#include "snapshots/feed/server.h"

namespace meridian::apps {

class HealthControl final : private compilers::health::HealthSink {
 public:
  // `feed` may be null.
  HealthControl(store::Store& store, HealthSide& here, snapshots::feed::FeedServer* feed,
                const std::string& data_dir, const World& world);

  // Reads what was said before, in DATA_DIR/health-found; edges hear of every check from then on.
  Result<void> start();
  // A development operation: until something probes, this is how a check is found healthy or not. On return
  // it counts here, is on its way to the edges, and survives a restart. `finding` is {"healthy": true} or
  // {"healthy": false}. Of one thread.
  Result<void> find(std::string_view id, std::string_view finding);
  std::string describe(Output output) const;  // thread-safe
  HealthCounts counts() const;                // thread-safe

 private:
  void set(const std::string& id, bool healthy) override;

  HealthSide& here_;
  snapshots::feed::FeedServer* feed_;
  World world_;
  std::string path_;
  compilers::health::HealthStates states_;
};

}  // namespace meridian::apps
