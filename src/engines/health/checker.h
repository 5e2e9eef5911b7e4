// One checker: probes every check it has at its interval, spread in time, and tells what it thinks of each.
// Rule: at most probes_max sockets are open; a check that is due waits for one, in turn.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/random.h"
#include "engines/health/probe.h"
#include "engines/health/streak.h"

namespace meridian::engines::health {

struct CheckSettings {
  ProbeTarget target;
  Duration interval{};  // from a result to the next probe
  unsigned failure_threshold = 3;
};

// Called on the loop's thread; it must not change the checker.
class CheckObserver {
 public:
  virtual ~CheckObserver() = default;
  // `streak` has counted it: it is the checker's mind, not the check's status.
  virtual void probed(const std::string& id, const ProbeResult& result, const Streak& streak) = 0;
};

class Checker {
 public:
  static constexpr std::size_t kProbesMax = 512;

  Checker(net::Loop& loop, Random& random, CheckObserver& observer, std::size_t probes_max = kProbesMax,
          ProbeMeans means = {})
      : loop_(loop),
        random_(random),
        observer_(observer),
        probes_max_(probes_max),
        means_(std::move(means)) {}

  // A new check, first probed at a moment drawn within its interval; or new settings of one, which keep what
  // it was found to be and count from its next probe.
  void set(const std::string& id, CheckSettings settings);
  void remove(std::string_view id);

  std::size_t checks() const { return checks_.size(); }
  std::size_t probing() const { return probing_; }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Check {
    explicit Check(CheckSettings given) : settings(std::move(given)), streak(settings.failure_threshold) {}
    CheckSettings settings;
    Streak streak;
    std::unique_ptr<net::Timer> due;
    std::unique_ptr<Probe> probe;
  };
  using Checks = std::map<std::string, Check, std::less<>>;

  void wait(Checks::value_type& check, Duration time);
  void begin(Checks::value_type& check);
  void finish(Checks::value_type& check, const ProbeResult& result);
  void begin_waiting();

  net::Loop& loop_;
  Random& random_;
  CheckObserver& observer_;
  const std::size_t probes_max_;
  const ProbeMeans means_;
  std::size_t probing_ = 0;
  Checks checks_;
  std::deque<std::string> waiting_;  // due, each once
};

}  // namespace meridian::engines::health
