// S3's lifecycles in a control's process: carried out once a day, on a thread of its own.
#pragma once

#include <memory>
#include <string>

#include "apps/loop_thread.h"
#include "apps/world.h"
#include "services/s3/lifecycle_runner.h"

namespace meridian::apps {

class LifecycleControl {
 public:
  // How often it looks whether a day has begun; the clock may jump.
  static constexpr Duration kIdle = std::chrono::minutes(1);

  LifecycleControl(store::Store& store, services::s3::S3& s3, const World& world);
  ~LifecycleControl() { stop(); }

  void start();
  void stop() { loop_.stop(); }
  net::Loop& loop() { return loop_.loop(); }

 private:
  void look();

  World world_;
  services::s3::LifecycleRunner runner_;
  LoopThread loop_;
  std::string last_failure_;  // logged once, not at every look
  std::unique_ptr<net::Timer> timer_;
};

}  // namespace meridian::apps
