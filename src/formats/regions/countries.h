// Which continent a country is on, and the states of the US: facts, as Route 53 has them. Where geographers
// differ it counts Turkey, Cyprus and Russia as Europe, and Georgia, Armenia and Azerbaijan as Asia.
#pragma once

#include <span>
#include <string_view>

namespace meridian::regions {

struct State {
  std::string_view code, name;  // "CA", "California"
};

std::string_view continent_of(
    std::string_view country);  // AF AN AS EU NA OC SA; "": there is no such country
bool is_continent(std::string_view code);
std::span<const State> us_states();                        // with the District of Columbia
std::string_view us_state_of_name(std::string_view name);  // "": there is none

}  // namespace meridian::regions
