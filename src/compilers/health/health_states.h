// Which health checks are healthy: follows the settings in the store, takes what was found about each check,
// computes calculated ones from their children, and tells a sink what changes.
// Rule: the sink hears the newest state of a check last, and of no state that never was: checks that change
// in one commit are settled together, children before parents.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "services/route53/resources.h"
#include "store/follower.h"
#include "store/store.h"

namespace meridian::compilers::health {

// Where the states go. Called on one thread at a time; it must not call back.
class HealthSink {
 public:
  virtual ~HealthSink() = default;
  virtual void set(const std::string& id, bool healthy) = 0;  // a deleted check is told as healthy
  // What probes go by: a check is new, or its settings may be others; or it is gone.
  virtual void configured(const services::route53::HealthCheckResource&) {}
  virtual void removed(const std::string& /*id*/) {}
};

using Findings = std::map<std::string, bool, std::less<>>;  // by id: whether it was found healthy

class HealthStates final : private store::FollowerReader {
 public:
  struct State {
    std::string id;
    services::route53::HealthCheckType type;
    bool healthy = true;
    std::optional<bool> found;  // by those who probe
    std::optional<bool> said;   // by an operator; counts in place of what was found
    bool inverted = false, disabled = false;
    std::string account{};
    std::optional<std::size_t> healthy_children{};  // of a calculated one
  };

  // One check, for people.
  struct Details {
    struct Child {
      std::string id;
      bool healthy = true, exists = false;
    };
    State state;
    services::route53::HealthCheckConfig config;
    std::vector<Child> children;  // of a calculated check
  };

  HealthStates(store::Store& store, HealthSink& sink, Logger& logger)
      : store_(store),
        sink_(sink),
        logger_(logger),
        follower_(store, std::string(services::route53::kHealthChecksPrefix), *this, logger, "health") {}

  // With what was found and said before; the sink hears of every check before this returns.
  Result<void> start(Findings findings, Findings said);
  // Of a check that is gone, or that nothing can be found about, nothing is kept. Thread-safe.
  void find(std::string_view id, bool healthy);
  // nullopt takes back what was said. NotFound, or Conflict for a check that nothing can be said of.
  // Thread-safe.
  Result<void> say(std::string_view id, std::optional<bool> healthy);
  Findings findings() const;          // of checks that exist. Thread-safe.
  Findings said() const;              // the same
  std::vector<State> states() const;  // by id. Thread-safe.
  // The first ones behind this id, at most so many. Thread-safe.
  std::vector<State> states(std::string_view after, std::size_t most) const;
  std::size_t size() const;                            // checks. Thread-safe.
  Result<Details> details(std::string_view id) const;  // NotFound. Thread-safe.

 private:
  struct Check {
    services::route53::HealthCheckConfig config;
    std::optional<bool> told;  // to the sink
    std::string account;
  };
  using Ids = std::set<std::string, std::less<>>;

  void all(store::Range range) override;
  void changed(const store::EventBatch& batch) override;
  void put(const store::KeyValue& item, Ids& touched);
  void remove(std::string_view id);
  void unlink(const std::string& id, const Check& check);
  void settle(const Ids& touched);
  void tell(const std::string& id, bool healthy);
  bool now(const std::string& id, const Check& check) const;
  State state_of(const std::string& id, const Check& check) const;
  std::size_t healthy_children(const services::route53::HealthCheckConfig& config) const;

  store::Store& store_;
  HealthSink& sink_;
  Logger& logger_;

  mutable std::mutex mutex_;  // of what follows
  std::map<std::string, Check, std::less<>> checks_;
  std::map<std::string, Ids, std::less<>> parents_;  // calculated checks, by child
  Findings findings_, said_;

  store::Follower follower_;  // last: it calls back
};

}  // namespace meridian::compilers::health
