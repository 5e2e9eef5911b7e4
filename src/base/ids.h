// Identifiers in the shapes AWS gives them.
#pragma once

#include <string>

#include "base/random.h"

namespace meridian {

std::string make_uuid(Random& random);                              // version 4, lower case
std::string make_id(Random& random, char prefix, std::size_t size);  // "Z0123456789ABCDEFGHIJ": prefix + [0-9A-Z]

}  // namespace meridian
