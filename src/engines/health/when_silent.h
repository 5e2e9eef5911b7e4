// What a health check is while no checker of it is heard. A file of its own for who only names it.
#pragma once

#include <cstdint>

namespace meridian::engines::health {

enum class WhenSilent : std::uint8_t { Keep, Healthy, Unhealthy };

}  // namespace meridian::engines::health
