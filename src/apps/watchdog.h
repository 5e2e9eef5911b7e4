// Whether every loop of the server still turns: each period a task goes to each, and has to have run by the
// next. Rule: a loop pays one posted task a period and nothing a query; one that is stuck is named, whoever
// else runs.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/loop.h"

namespace meridian::apps {

class Watchdog {
 public:
  struct Watched {
    std::string name;
    net::Loop* loop;
  };
  // Told each period which loops have not turned since the last one; empty: all is well.
  using OnTurn = std::function<void(const std::vector<std::string>& stuck)>;

  // Runs on `own`, which is thereby watched too: when it is stuck nobody is told anything.
  Watchdog(net::Loop& own, std::vector<Watched> watched, Duration period, OnTurn on_turn);

 private:
  void turn();
  void ask();

  net::Loop& own_;
  std::vector<Watched> watched_;
  Duration period_;
  OnTurn on_turn_;
  // Shared with the tasks, which may still wait in a loop when this is gone. True: the loop owes an answer.
  std::vector<std::shared_ptr<std::atomic<bool>>> owing_;
  std::unique_ptr<net::Timer> timer_;
};

}  // namespace meridian::apps
