// Which origins this deployment is itself: S3's buckets and their website endpoints. An edge would not find
// their names in anybody's DNS.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "snapshots/cdn/origin.h"

namespace meridian::compilers::cdn {

struct StandIns {
  std::optional<snapshots::cdn::OriginStandIn> s3, s3_website;
};

enum class OriginHost : std::uint8_t { Other, S3, S3Website };
// "bucket.s3.amazonaws.com", "bucket.s3.eu-west-1.amazonaws.com", "bucket.s3-eu-west-1.amazonaws.com",
// "bucket.s3-website-us-east-1.amazonaws.com", "bucket.s3-website.eu-central-1.amazonaws.com"; the same
// ending in ".localhost" without a Region.
OriginHost classify_origin(std::string_view domain);

// "bucket" of a name of S3's, as LoggingConfig has it too; what is no such name comes back as it is.
std::string_view bucket_of_domain(std::string_view domain);

}  // namespace meridian::compilers::cdn
