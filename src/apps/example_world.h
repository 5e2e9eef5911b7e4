// The small world that `--example` makes in a new data directory, through the same operations that clients
// call.
#pragma once

#include <string>

#include "base/clock.h"
#include "services/route53/service.h"

namespace meridian::apps {

// Nothing happens when the account has a hosted zone already.
Result<void> make_example_world(services::route53::Route53& route53, const std::string& account_id,
                                const Clock& clock);

}  // namespace meridian::apps
