// IAM: users, their access keys and their policies. What policies allow is decided where it is asked:
// authority.h, and S3 by itself.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

#include "aws/stored.h"
#include "base/clock.h"
#include "base/random.h"
#include "gen/iam/api.h"
#include "services/iam/managed_policies.h"
#include "services/iam/resources.h"
#include "store/store.h"

namespace meridian::services::iam {

namespace api = gen::iam;

inline constexpr std::uint64_t kUsersMax = 5000;         // an account
inline constexpr std::size_t kAccessKeysMax = 2;         // a user, or the root
inline constexpr std::size_t kPoliciesMax = 1500;        // an account
inline constexpr std::size_t kAttachedPoliciesMax = 10;  // a user
inline constexpr std::size_t kPageDefault = 100;

class Iam final : public api::Api {
 public:
  Iam(store::Store& store, const Clock& clock, Random& random)
      : store_(store), clock_(clock), random_(random) {}

  // users.cc
  aws::Outcome<api::CreateUserResponse> CreateUser(aws::Call&, const api::CreateUserRequest&) override;
  aws::Outcome<api::GetUserResponse> GetUser(aws::Call&, const api::GetUserRequest&) override;
  aws::Outcome<api::ListUsersResponse> ListUsers(aws::Call&, const api::ListUsersRequest&) override;
  aws::Outcome<api::DeleteUserResponse> DeleteUser(aws::Call&, const api::DeleteUserRequest&) override;

  // access_keys.cc
  aws::Outcome<api::CreateAccessKeyResponse> CreateAccessKey(aws::Call&,
                                                             const api::CreateAccessKeyRequest&) override;
  aws::Outcome<api::ListAccessKeysResponse> ListAccessKeys(aws::Call&,
                                                           const api::ListAccessKeysRequest&) override;
  aws::Outcome<api::UpdateAccessKeyResponse> UpdateAccessKey(aws::Call&,
                                                             const api::UpdateAccessKeyRequest&) override;
  aws::Outcome<api::DeleteAccessKeyResponse> DeleteAccessKey(aws::Call&,
                                                             const api::DeleteAccessKeyRequest&) override;

  // policies.cc
  aws::Outcome<api::CreatePolicyResponse> CreatePolicy(aws::Call&, const api::CreatePolicyRequest&) override;
  aws::Outcome<api::GetPolicyResponse> GetPolicy(aws::Call&, const api::GetPolicyRequest&) override;
  aws::Outcome<api::GetPolicyVersionResponse> GetPolicyVersion(aws::Call&,
                                                               const api::GetPolicyVersionRequest&) override;
  aws::Outcome<api::ListPolicyVersionsResponse> ListPolicyVersions(
      aws::Call&, const api::ListPolicyVersionsRequest&) override;
  aws::Outcome<api::ListPoliciesResponse> ListPolicies(aws::Call&, const api::ListPoliciesRequest&) override;
  aws::Outcome<api::DeletePolicyResponse> DeletePolicy(aws::Call&, const api::DeletePolicyRequest&) override;

  // user_policies.cc
  aws::Outcome<api::PutUserPolicyResponse> PutUserPolicy(aws::Call&,
                                                         const api::PutUserPolicyRequest&) override;
  aws::Outcome<api::GetUserPolicyResponse> GetUserPolicy(aws::Call&,
                                                         const api::GetUserPolicyRequest&) override;
  aws::Outcome<api::ListUserPoliciesResponse> ListUserPolicies(aws::Call&,
                                                               const api::ListUserPoliciesRequest&) override;
  aws::Outcome<api::DeleteUserPolicyResponse> DeleteUserPolicy(aws::Call&,
                                                               const api::DeleteUserPolicyRequest&) override;
  aws::Outcome<api::AttachUserPolicyResponse> AttachUserPolicy(aws::Call&,
                                                               const api::AttachUserPolicyRequest&) override;
  aws::Outcome<api::DetachUserPolicyResponse> DetachUserPolicy(aws::Call&,
                                                               const api::DetachUserPolicyRequest&) override;
  aws::Outcome<api::ListAttachedUserPoliciesResponse> ListAttachedUserPolicies(
      aws::Call&, const api::ListAttachedUserPoliciesRequest&) override;

  // account.cc
  aws::Outcome<api::GetAccountSummaryResponse> GetAccountSummary(
      aws::Call&, const api::GetAccountSummaryRequest&) override;
  aws::Outcome<api::ListAccountAliasesResponse> ListAccountAliases(
      aws::Call&, const api::ListAccountAliasesRequest&) override;

 private:
  aws::Outcome<aws::Stored<UserResource>> user(const aws::Call& call, std::string_view user_name);
  // Whose keys an operation means: the user named, or the caller. Nothing: the root.
  aws::Outcome<std::optional<aws::Stored<UserResource>>> owner(const aws::Call& call,
                                                               const std::optional<std::string>& user_name);
  // An access key of the account that belongs to the owner named.
  aws::Outcome<aws::Stored<AccessKeyResource>> owned_key(const aws::Call& call,
                                                         std::string_view access_key_id,
                                                         const std::optional<std::string>& user_name);

  // One of the account's, or of AWS's.
  aws::Outcome<ManagedPolicyResource> managed_policy(const aws::Call& call, std::string_view arn);
  aws::Outcome<void> change_attachment(const aws::Call& call, std::string_view user_name,
                                       const std::string& arn, bool attached);

  store::Store& store_;
  const Clock& clock_;
  Random& random_;
};

// Others changed the same things faster every time.
aws::Failure overtaken();

}  // namespace meridian::services::iam
