// A bucket's policy beside what every policy must be: that it is of its own bucket, that its actions are S3's
// and reach what it names, and whether it lets the public in.
#pragma once

#include <string_view>

#include "aws/error.h"
#include "aws/iam_policy/policy.h"

namespace meridian::services::s3 {

inline constexpr std::size_t kBucketPolicyBytesMax = 20 * 1024;

// The failure is MalformedPolicy.
aws::Outcome<aws::iam_policy::Policy> parse_bucket_policy(std::string_view text, std::string_view bucket);
aws::Failure malformed_policy(std::string message, std::string_view detail = {});

// "The meaning of public" (S3 User Guide, "Blocking public access"): some statement allows somebody who is
// not fixed, and no condition of it fixes where requests come from.
bool is_public(const aws::iam_policy::Policy& policy);

}  // namespace meridian::services::s3
