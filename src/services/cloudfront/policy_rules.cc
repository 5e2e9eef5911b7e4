#include <algorithm>

#include "services/cloudfront/policies.h"

namespace meridian::services::cloudfront {

constexpr std::size_t kPolicyNameCharsMax = 128;

aws::Outcome<void> check_policy_name(std::string_view name) {
  const bool good = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (name.empty() || name.size() > kPolicyNameCharsMax || !good)
    return invalid_argument(
        "The parameter Name must have 1 to 128 letters, digits, hyphens and underscores.");
  return {};
}

}  // namespace meridian::services::cloudfront
