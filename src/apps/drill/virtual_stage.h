// A world in virtual time and one thread, made of the parts that a server is made of: Route 53's service over
// a store, health checkers, the compilers of health and DNS, the engine's answer().
// Rule: the same seed and the same calls give the same run, to the last byte.
#pragma once

#include <memory>

#include "apps/drill/stage.h"

namespace meridian::apps::drill {

std::unique_ptr<Stage> make_virtual_stage(std::uint64_t seed);

}  // namespace meridian::apps::drill
