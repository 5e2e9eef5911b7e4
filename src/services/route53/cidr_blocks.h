// What changes do to the blocks of a CIDR collection. Pure. Rules: a block is in one location; a location
// without blocks is none; only the outcome counts, so that a request may move blocks in any order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/route53/resources.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {

// What Route 53 routes by: IPv4 /1 to /24, IPv6 /1 to /48, no bits beyond the prefix.
Checked<net::Cidr> parse_cidr_block(std::string_view text);

struct CidrChange {
  std::string location;
  bool put = false;  // or delete what is there
  std::vector<net::Cidr> blocks;
};

struct CidrOutcome {
  std::vector<CidrLocation> locations;
  std::vector<std::string> emptied;  // locations that are gone
  std::size_t block_count = 0;
  std::string conflict;  // a block would be in two locations
};
CidrOutcome apply_cidr_changes(const std::vector<CidrLocation>& before,
                               const std::vector<CidrChange>& changes);

}  // namespace meridian::services::route53
