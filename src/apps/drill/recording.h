// What happened in a drill, as it was seen: what reports and expectations are made of.
#pragma once

#include <string>
#include <vector>

#include "apps/drill/population.h"

namespace meridian::apps::drill {

// How a question is answered: endpoints by their places in the scenario, with their shares.
using Mix = std::map<std::size_t, double>;

struct Recording {
  struct Mind {  // of one checker
    Duration at{};
    std::size_t check = 0;
    std::string region;
    bool healthy = false;
    std::string reason;
  };
  struct Status {  // of a check, for all
    Duration at{};
    std::size_t check = 0;
    bool healthy = false;
  };
  struct Answer {
    Duration at{};
    std::size_t question = 0;
    Mix mix;
  };
  struct Group {
    std::array<std::size_t, kOutcomes> clients{};     // by what came of their last attempt
    std::array<std::uint64_t, kOutcomes> attempts{};  // since the sample before
    std::vector<std::uint64_t> endpoints;             // attempts at each, since the sample before
  };
  struct Sample {
    Duration at{};
    std::vector<Group> groups;  // as in the scenario
  };

  std::vector<Question> questions;  // names within the zone
  // By time; the first of each check and question is at zero.
  std::vector<Mind> minds;
  std::vector<Status> statuses;
  std::vector<Answer> answers;
  std::vector<Sample> samples;  // the last one at the end
};

}  // namespace meridian::apps::drill
