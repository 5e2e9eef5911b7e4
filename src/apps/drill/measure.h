// What a recording comes to: for each moment at which something was done how long until who knew, and which
// expectations were met. Pure.
#pragma once

#include "apps/drill/recording.h"

namespace meridian::apps::drill {

// A check that changed after a moment, and in which order its checkers did.
struct Detection {
  std::size_t check = 0;
  bool healthy = false;                                    // what it became first
  std::optional<Duration> status;                          // since the moment, for all
  std::vector<std::pair<std::string, Duration>> checkers;  // each Region once, the fastest first
};

// Steps of one moment, and all that follows until the next moment.
struct Incident {
  Duration at{}, until{};
  std::vector<std::size_t> steps;
  std::vector<Detection> detections;
  struct Change {
    std::size_t question = 0;
    Duration after{};  // the first change of the answer
    Mix mix;           // the last one
  };
  std::vector<Change> changes;
  std::optional<Duration> all_well;  // from when on no client failed, when any did
  bool ends_badly = false;           // some client still failed when it was over
  std::uint64_t answers = 0, wrong = 0;
  std::size_t misled_most = 0, stranded_most = 0, unanswered_most = 0;  // clients at one time
};

struct Verdict {
  bool met = false;
  std::string expected, found;  // in words
};

struct Measures {
  std::vector<Incident> incidents;
  std::vector<Verdict> verdicts;  // as in the scenario
  std::uint64_t answers = 0;
  std::array<std::uint64_t, kOutcomes> attempts{};
  bool all_met() const;
};

Measures measure(const Scenario& scenario, const Recording& recording);

// "secondary", "blue 90%, green 10%", "nothing".
std::string in_words(const Scenario& scenario, const Mix& mix);
std::string in_words(const Scenario& scenario, const Step& step);  // "primary refuses connections"

}  // namespace meridian::apps::drill
