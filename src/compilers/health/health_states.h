// Which health checks are healthy: follows the settings in the store, takes what was found about each check,
// computes calculated ones from their children, and tells a sink what changes.
// Rule: the sink hears the newest state of a check last, and of no state that never was: checks that change
// in one commit are settled together, children before parents.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/log.h"
#include "services/route53/resources.h"
#include "store/store.h"

namespace meridian::compilers::health {

// Where the states go. Called on one thread at a time; it must not call back.
class HealthSink {
 public:
  virtual ~HealthSink() = default;
  virtual void set(const std::string& id, bool healthy) = 0;  // a deleted check is told as healthy
};

using Findings = std::map<std::string, bool, std::less<>>;  // by id: whether it was found healthy

class HealthStates {
 public:
  struct State {
    std::string id;
    services::route53::HealthCheckType type;
    bool healthy = true;
    std::optional<bool> found;
    bool inverted = false, disabled = false;
  };

  HealthStates(store::Store& store, HealthSink& sink, Logger& logger);
  ~HealthStates();

  // With what was found before; the sink hears of every check before this returns.
  Result<void> start(Findings findings);
  // NotFound, or Conflict for a check that nothing can be found about. Thread-safe.
  Result<void> find(std::string_view id, bool healthy);
  Findings findings() const;          // of checks that exist. Thread-safe.
  std::vector<State> states() const;  // by id. Thread-safe.

 private:
  struct Check {
    services::route53::HealthCheckConfig config;
    std::optional<bool> told;  // to the sink
  };
  using Ids = std::set<std::string, std::less<>>;

  Result<void> load();
  Result<void> follow(store::Revision from);
  void recover_when_lost();
  void on_batch(const store::EventBatch& batch);
  void put(const store::KeyValue& item, Ids& touched);
  void remove(std::string_view id);
  void unlink(const std::string& id, const Check& check);
  void settle(const Ids& touched);
  void tell(const std::string& id, bool healthy);
  bool now(const std::string& id, const Check& check) const;
  std::optional<bool> found(std::string_view id) const;

  store::Store& store_;
  HealthSink& sink_;
  Logger& logger_;

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::map<std::string, Check, std::less<>> checks_;
  std::map<std::string, Ids, std::less<>> parents_;  // calculated checks, by child
  Findings findings_;
  bool lost_ = false, stopping_ = false;

  std::unique_ptr<store::Watch> watch_;
  std::thread recovery_;
};

}  // namespace meridian::compilers::health
