// A drill's report: for people in 80 columns, or as JSON. Pure.
#pragma once

#include <string>

#include "apps/drill/measure.h"

namespace meridian::apps::drill {

// How it was played.
struct Circumstances {
  bool real = false;
  std::uint64_t seed = 0;
};

std::string report_text(const Scenario& scenario, const Recording& recording, const Measures& measures,
                        const Circumstances& circumstances);
std::string report_json(const Scenario& scenario, const Recording& recording, const Measures& measures,
                        const Circumstances& circumstances);

}  // namespace meridian::apps::drill
