// All the checkers of a process, one a Region: which of them probe a check, what each found, and what they
// say of it together.
// Rule: a check is said to be something only once no checker that is silent so far could make it another.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/health/checker.h"

namespace meridian::engines::health {

struct Vantage {
  std::string region;
  // Where its probes of loopback targets come from; none: the kernel chooses.
  std::optional<net::IpAddress> loopback{};
};

// What one checker found in one probe.
struct Observation {
  std::string region;
  std::optional<net::IpAddress> from;  // the checker's address, when it could be seen
  net::IpAddress endpoint;
  Verdict verdict;
  SystemTime checked{};
};

// Called on the loop's thread; it must not change the panel.
class PanelSink {
 public:
  virtual ~PanelSink() = default;
  virtual void found(const std::string& id, bool healthy) = 0;
};

// Of the loop's thread, but for what says otherwise.
class Panel {
 public:
  Panel(net::Loop& loop, Random& random, PanelSink& sink, const std::vector<Vantage>& vantages,
        std::size_t probes_max = Checker::kProbesMax);
  ~Panel();

  // In these Regions; none: in all. Regions without a checker here do not count.
  void set(const std::string& id, const CheckSettings& settings, const std::vector<std::string>& regions);
  void remove(std::string_view id);

  // By Region, of those that probed. Thread-safe.
  std::vector<Observation> observations(std::string_view id) const;
  std::vector<Observation> last_failures(std::string_view id) const;

 private:
  class Seat;
  struct Seen {
    bool seated = false;  // the check is probed there
    std::optional<bool> mind;
    std::optional<Observation> last, last_failure;
  };
  struct Check {
    net::IpAddress endpoint;
    std::optional<bool> found;
    std::vector<Seen> seen;  // by seat
  };
  using Checks = std::map<std::string, Check, std::less<>>;

  void probed(std::size_t seat, const std::string& id, const ProbeResult& result);
  void changed(std::size_t seat, const std::string& id, bool healthy);
  void settle(Checks::value_type& check);
  std::vector<Observation> seen_of(std::string_view id, std::optional<Observation> Seen::*which) const;

  const Clock& clock_;
  PanelSink& sink_;
  std::vector<std::unique_ptr<Seat>> seats_;
  mutable std::mutex mutex_;  // of what the thread-safe ones read; only the loop's thread writes
  Checks checks_;
};

}  // namespace meridian::engines::health
