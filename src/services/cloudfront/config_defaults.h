// What CloudFront fills into a DistributionConfig: every list says at least that it is empty, every setting
// its default. What comes out goes in again unchanged.
#pragma once

#include "gen/cloudfront/types.h"

namespace meridian::services::cloudfront {

void fill_in_defaults(gen::cloudfront::DistributionConfig& config);

}  // namespace meridian::services::cloudfront
