// What counts of what a panel finds: where operators choose so, a check that flaps is held down, one that
// changed stays so for a while, and one whose checkers are all silent is something definite. AWS does none of
// it, and so it is off unless asked for: then whatever is found counts at once.
// Rule: what counts is always told in the end: nothing that was found is lost, only late.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "engines/health/when_silent.h"
#include "net/loop.h"

namespace meridian::engines::health {

struct SteadyOptions {
  static constexpr unsigned kFlapsMax = 1000;

  Duration hold_time{};                          // between two changes, at least; zero: off
  unsigned flaps_max = 0;                        // within flap_time, before a check is held down; 0: off
  Duration flap_time = std::chrono::minutes(5);  // also how long it must be quiet then
  WhenSilent when_silent = WhenSilent::Keep;
};

// For people.
struct SteadyState {
  std::optional<bool> found;             // by the checkers that count
  std::optional<SystemTime> held_until;  // while something else was found since the last change
  bool damped = false, silent = false;
};

// Of the loop's thread, but for state().
class Steadier {
 public:
  using Tell = std::function<void(const std::string& id, bool healthy)>;
  Steadier(net::Loop& loop, const SteadyOptions& options, Tell tell)
      : loop_(loop), options_(options), tell_(std::move(tell)) {}

  void found(const std::string& id, bool healthy);
  void silent(const std::string& id);  // none of its checkers is heard
  void remove(std::string_view id);

  SteadyState state(std::string_view id) const;  // thread-safe

 private:
  struct Check {
    std::optional<bool> found, told;
    bool silent = false, damped = false;
    std::deque<MonotonicTime> flaps;       // at most flaps_max and one
    std::optional<MonotonicTime> changed;  // when it was told otherwise last
    std::optional<SystemTime> held_until;
    std::unique_ptr<net::Timer> quiet, held;
  };
  using Checks = std::map<std::string, Check, std::less<>>;

  void flapped(Checks::value_type& check);
  void settle(Checks::value_type& check);
  std::optional<bool> wanted(const Check& check) const;

  net::Loop& loop_;
  const SteadyOptions options_;
  const Tell tell_;
  mutable std::mutex mutex_;  // only the loop's thread writes
  Checks checks_;
};

}  // namespace meridian::engines::health
