// The checkers that a control listens to: those of its own process, one a Region, and those of edges. Which
// of them probe a check, what each found, and what they say of it together.
// Rule: a check is said to be something only once no checker that is silent so far could make it another; a
// checker that is not heard any more is not believed either.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/health/checker.h"
#include "engines/health/report.h"
#include "engines/health/vantage.h"

namespace meridian::engines::health {

inline constexpr std::size_t kCheckersMax = 256;  // of one panel
// For which a checker that is not heard any more counts with what it said last, unless told otherwise.
inline constexpr Duration kCheckerLiveTime = std::chrono::seconds(15);
// A check of which a checker reports nothing is not believed after its interval and this: longer than any
// probe, and than a report waits.
inline constexpr Duration kReportSlack = std::chrono::seconds(60);
inline constexpr Duration kSweepTime = std::chrono::seconds(5);  // how often that is looked for

// One checker, for people.
struct CheckerState {
  std::string name;  // of its edge; empty: in this process
  std::string region;
  bool connected = true;  // of this process: always
  bool counted = true;
  std::optional<SystemTime> lost_at{};  // when its connection was gone
  std::size_t checks = 0;               // that it probes
};

// Called on the loop's thread; it must not change the panel.
class PanelSink {
 public:
  virtual ~PanelSink() = default;
  virtual void found(const std::string& id, bool healthy) = 0;
  // One probe of a checker of this process, whatever follows from it.
  virtual void probed(const std::string& /*id*/, const std::string& /*region*/, const ProbeResult&) {}
  // No checker of it is heard any more, or there is none; found() tells when one is.
  virtual void silent(const std::string& /*id*/) {}
  // A checker elsewhere counts no more, or again.
  virtual void counts(const CheckerState&) {}
};

// What one checker says of one check.
struct Opinion {
  CheckerState checker;
  bool counted = false;  // in the rule, or awaited by it
  Report report;
};

// Of the loop's thread, but for what says otherwise.
class Panel {
 public:
  struct Options {
    std::size_t probes_max = Checker::kProbesMax;  // of each checker here
    Duration live_time = kCheckerLiveTime;
    ProbeMeans means{};
  };

  Panel(net::Loop& loop, Random& random, PanelSink& sink, const std::vector<Vantage>& here, Options options);
  Panel(net::Loop& loop, Random& random, PanelSink& sink, const std::vector<Vantage>& here);
  ~Panel();

  // In these Regions; none: in all. Regions without a checker do not count.
  void set(const std::string& id, const CheckSettings& settings, const std::vector<std::string>& regions);
  void remove(std::string_view id);

  // A checker of another process is there, or there again. False: there are too many.
  bool join(const std::string& name, const std::string& region);
  // One that was there before this process began, and may be back: its Region waits for it a while.
  void expect(const std::string& name, const std::string& region);
  // What it does not probe, or is not known here, is ignored.
  void report(std::string_view name, const std::string& id, Report report);
  // Its connection is gone, and nothing was heard for so long: it counts for the rest of live_time.
  void lose(std::string_view name, Duration silent_for);
  void expel(std::string_view name);  // it counts no more

  // By checker, of those that probed and are believed. Thread-safe.
  std::vector<Observation> observations(std::string_view id) const;
  std::vector<Observation> last_failures(std::string_view id) const;
  // Of each checker that probes the check. Thread-safe.
  std::vector<Opinion> opinions(std::string_view id) const;
  std::vector<CheckerState> checkers() const;  // thread-safe

 private:
  class Seat;
  struct Seen {
    bool seated = false;  // the check is probed there
    bool stale = false;   // nothing was heard of it for too long
    std::optional<Report> report;
    MonotonicTime heard{};  // of a checker elsewhere: when it reported last, or was asked to
  };
  struct Check {
    Duration interval{};
    net::IpAddress endpoint;
    std::vector<std::string> regions;
    std::optional<bool> found;
    bool silent = false;     // none of its checkers counts
    std::vector<Seen> seen;  // by seat
  };
  using Checks = std::map<std::string, Check, std::less<>>;

  void probed(std::size_t seat, const std::string& id, const ProbeResult& result, const Streak& streak);
  void seat_at(std::size_t index, Check& check);
  void exclude(Seat& seat);
  CheckerState state_of(const Seat& seat) const;
  void settle(Checks::value_type& check);
  void settle_all();
  void sweep();
  bool counts(std::size_t index, const Seen& seen) const;
  Seat* find(std::string_view name);
  Seat* seat_for(const std::string& name, const std::string& region);
  std::vector<Observation> seen_of(std::string_view id, std::optional<Observation> Report::*which) const;

  net::Loop& loop_;
  PanelSink& sink_;
  const Options options_;
  mutable std::mutex mutex_;  // of what the thread-safe ones read; only the loop's thread writes
  std::vector<std::unique_ptr<Seat>> seats_;  // null: a checker was there
  Checks checks_;
  std::unique_ptr<net::Timer> sweep_timer_;
};

}  // namespace meridian::engines::health
