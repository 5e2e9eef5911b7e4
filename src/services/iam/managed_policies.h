// Managed policies: those that an account has made, and a few of AWS's own, by their ARNs.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"

namespace meridian::services::iam {

struct ManagedPolicyResource {
  std::string account;  // "aws": one of AWS's
  std::string name;     // case kept; unique without regard to it
  std::string path;     // "/", "/division/"
  std::string id;       // "ANPA…"
  std::string description;
  std::string document;
  SystemTime created_at{};
  std::uint32_t attachments = 0;
  std::vector<std::pair<std::string, std::string>> tags;
};
std::string policy_arn(const ManagedPolicyResource& policy);
std::string policies_prefix(std::string_view account);
std::string policy_key(std::string_view account, std::string_view name);
// + ARN of a policy: nothing more, it is attached.
std::string attachments_prefix(std::string_view account, std::string_view user_name);

std::string encode(const ManagedPolicyResource& policy);
Result<ManagedPolicyResource> decode_managed_policy(std::string_view bytes);

// The last part of a policy's ARN; empty: it is none of the account's.
std::string policy_name_of(std::string_view arn, std::string_view account);

// AWS's own that are here (AWS Managed Policy Reference). Those of other services' actions are not.
std::span<const ManagedPolicyResource> aws_policies();

// The policy behind an ARN that `account` can use; nothing: there is none.
Result<std::optional<ManagedPolicyResource>> find_managed_policy(store::Store& store,
                                                                 std::string_view account,
                                                                 std::string_view arn);

}  // namespace meridian::services::iam
