// Which IAM actions each operation of S3 needs, and on what (S3 User Guide, "Required permissions for Amazon
// S3 API operations"; Service Authorization Reference, "Actions, resources, and condition keys for Amazon
// S3"). Rule: an operation that is not in the table is reached by nobody.
#pragma once

#include <span>
#include <string_view>

namespace meridian::services::s3 {

enum class On : std::uint8_t {
  Account,    // arn:aws:s3:::*
  NewBucket,  // that may not be there yet
  Bucket,
  Object,
};

struct Permission {
  std::string_view operation;
  On on;
  std::string_view action;               // empty: decided for each key of the input
  std::string_view version_action = {};  // instead, when the input has a version id
};
// All that it needs; empty: it is not in the table.
std::span<const Permission> permissions_of(std::string_view operation);

// Operations of a bucket's policy are for its own account only, whatever a policy says.
bool is_for_owner_only(std::string_view operation);

// For policies: every action there is, with what it acts on.
struct Action {
  std::string_view name;
  On on;
};
std::span<const Action> known_actions();

}  // namespace meridian::services::s3
