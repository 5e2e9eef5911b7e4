// What a document must be to be kept as an identity's policy. Rule: what would not be understood when it is
// asked is never stored.
#pragma once

#include <string_view>

#include "aws/error.h"

namespace meridian::services::iam {

// Characters without white space ("IAM and AWS STS quotas").
inline constexpr std::size_t kManagedPolicySizeMax = 6144;
inline constexpr std::size_t kInlinePoliciesSizeMax = 2048;  // of all of a user

std::size_t policy_size(std::string_view document);
aws::Outcome<void> check_policy_document(std::string_view document, std::size_t size_max);

}  // namespace meridian::services::iam
