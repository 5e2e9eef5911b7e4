// The operator's side of a server's process, in every role: the admin endpoint, the watchdog of all loops,
// and what the service manager hears.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/admin.h"
#include "apps/loop_thread.h"
#include "apps/service_manager.h"
#include "apps/watchdog.h"

namespace meridian::apps {

class OperatorSide {
 public:
  OperatorSide(Logger& logger, Metrics& metrics);
  ~OperatorSide() { stop(); }

  ServiceManager& manager() { return manager_; }
  LoopThread& loop() { return *loop_; }
  // Opens the endpoint; the address that it got.
  Result<net::Address> start(const std::string& address, AdminSources sources);
  // From now on the service manager hears whether all of these turn, with `state` as the line that it shows
  // of the server; "": the line that it has.
  void watch(std::vector<Watchdog::Watched> loops, std::function<std::string()> state);
  void stop();

 private:
  Logger& logger_;
  Metrics& metrics_;
  ServiceManager manager_{ServiceManager::environment()};
  std::unique_ptr<LoopThread> loop_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<Watchdog> watchdog_;
};

}  // namespace meridian::apps
