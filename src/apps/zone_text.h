// A record set as lines of a zone file: what `zone export` prints. Pure. Rule: what a zone file cannot say
// (aliases, routing policies) is a comment, so that whoever reads the file as one never merges record sets
// that a policy chooses among.
#pragma once

#include <string>

#include "gen/route53/types.h"

namespace meridian::apps {

std::string zone_text(const gen::route53::ResourceRecordSet& set);

}  // namespace meridian::apps
