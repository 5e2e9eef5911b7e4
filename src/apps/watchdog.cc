#include "apps/watchdog.h"

namespace meridian::apps {

Watchdog::Watchdog(net::Loop& own, std::vector<Watched> watched, Duration period, OnTurn on_turn)
    : own_(own), watched_(std::move(watched)), period_(period), on_turn_(std::move(on_turn)) {
  for (std::size_t i = 0; i < watched_.size(); ++i)
    owing_.push_back(std::make_shared<std::atomic<bool>>(false));
  ask();
}

void Watchdog::ask() {
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    // A stuck loop must not collect tasks.
    if (owing_[i]->exchange(true, std::memory_order_relaxed)) continue;
    watched_[i].loop->post([owing = owing_[i]] { owing->store(false, std::memory_order_relaxed); });
  }
  timer_ = own_.after(period_, [this] { turn(); });
}

void Watchdog::turn() {
  std::vector<std::string> stuck;
  for (std::size_t i = 0; i < watched_.size(); ++i)
    if (owing_[i]->load(std::memory_order_relaxed)) stuck.push_back(watched_[i].name);
  on_turn_(stuck);
  ask();
}

}  // namespace meridian::apps
