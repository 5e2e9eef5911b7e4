// What IAM stores: users, and the access keys of users, roots and sessions; how to find a key that signed a
// request. The one header of this room that others may include. Rule: an access key's id alone leads to it,
// because that is all a request says before its signature is checked.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "store/store.h"

namespace meridian::services::iam {

struct UserResource {
  std::string account;    // 12 digits
  std::string user_name;  // case kept; unique without regard to it
  std::string path;       // "/", "/division/"
  std::string user_id;    // "AIDA…"
  SystemTime created_at;
  std::vector<std::pair<std::string, std::string>> tags;
};
std::string user_arn(const UserResource& user);

// Secrets are stored as they are: checking a signature needs them.
struct AccessKeyResource {
  std::string access_key_id;  // "AKIA…", or "ASIA…" of a session
  std::string secret_access_key;
  std::string account;
  std::string user_name;  // empty: the account's root
  std::string principal_arn;
  bool active = true;
  SystemTime created_at;
  std::string session_token;             // of a session; empty otherwise
  std::optional<SystemTime> expires_at;  // likewise
  std::string service = {};              // a service's own (service_keys.h): of no account
};

struct AccountResource {
  std::uint64_t user_count = 0;
};

std::string user_key(std::string_view account, std::string_view user_name);
std::string users_prefix(std::string_view account);
std::string access_key_key(std::string_view access_key_id);
std::string account_key(std::string_view account);
// Index of the long-lived keys of a user, or of the root where the name is empty: + access key id.
std::string access_keys_of_prefix(std::string_view account, std::string_view user_name);

std::string encode(const UserResource& user);
std::string encode(const AccessKeyResource& key);
std::string encode(const AccountResource& account);
Result<UserResource> decode_user(std::string_view bytes);
Result<AccessKeyResource> decode_access_key(std::string_view bytes);
Result<AccountResource> decode_account(std::string_view bytes);

// The key behind an id, unless it is turned off. Whether a session's key has expired is for the caller to
// judge.
Result<std::optional<AccessKeyResource>> find_active_access_key(store::Store& store,
                                                                std::string_view access_key_id);

// What policies say of a user, and what they may ask of one.
struct UserPolicies {
  struct Document {
    std::string name;  // of an inline policy; the ARN of an attached one
    std::string text;
  };
  std::string arn, user_id;  // empty: there is no such user any more
  std::vector<std::pair<std::string, std::string>> tags;
  std::vector<Document> documents;
};
Result<UserPolicies> policies_of_user(store::Store& store, std::string_view account,
                                      std::string_view user_name);
// + policy name: the document of an inline policy.
std::string user_policies_prefix(std::string_view account, std::string_view user_name);

// The user name in a principal's ARN; empty for anything but a user.
std::string user_name_of(std::string_view principal_arn);

// Identifiers and secrets in AWS's shapes: "AKIA" and 16 characters of base 32; 40 of base 64.
std::string new_unique_id(Random& random, std::string_view prefix);
std::string new_secret_access_key(Random& random);

}  // namespace meridian::services::iam
