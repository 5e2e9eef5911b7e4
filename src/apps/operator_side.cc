#include "apps/operator_side.h"

namespace meridian::apps {
namespace {

constexpr Duration kWatchdogTimeout = std::chrono::seconds(20);  // where no service manager names one

}  // namespace

OperatorSide::OperatorSide(Logger& logger, Metrics& metrics) : logger_(logger), metrics_(metrics) {
  Gauge& dropped =
      metrics_.gauge("meridian_log_lines_dropped", "Log lines lost to a full queue since the start.");
  metrics_.on_scrape([this, &dropped] { dropped.set(static_cast<double>(logger_.dropped())); });
}

Result<net::Address> OperatorSide::start(const std::string& address, AdminSources sources) {
  loop_ = std::make_unique<LoopThread>(net::make_loop(), "admin");
  admin_ = std::make_unique<Admin>(metrics_, std::move(sources));
  server_ = std::make_unique<http::Server>(loop_->loop(), *admin_, http::ServerLimits{}, metrics_, "admin");
  const net::Address bound = TRY(server_->listen(TRY(net::Address::parse(address)), {}, nullptr));
  loop_->start();
  return bound;
}

void OperatorSide::watch(std::vector<Watchdog::Watched> loops, std::function<std::string()> state) {
  Gauge& stuck_loops =
      metrics_.gauge("meridian_stuck_loops", "Threads that did not turn in the last period of the watchdog.");
  // Half of what the service manager waits for, so that one late turn does not end the server.
  const Duration period = manager_.watchdog_timeout().value_or(kWatchdogTimeout) / 2;
  loop_->run([&] {
    watchdog_ = std::make_unique<Watchdog>(
        loop_->loop(), std::move(loops), period,
        [this, &stuck_loops, state = std::move(state)](const std::vector<std::string>& stuck) {
          stuck_loops.set(static_cast<double>(stuck.size()));
          for (const std::string& name : stuck)
            logger_.error("watchdog", "a thread does not turn", {{"thread", name}});
          if (!stuck.empty()) return;
          manager_.alive();
          if (const std::string line = state(); !line.empty()) manager_.status(line);
        });
  });
}

void OperatorSide::stop() {
  if (loop_) loop_->stop();
}

}  // namespace meridian::apps
