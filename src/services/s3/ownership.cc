// Ownership and ACLs, as they are with ACLs disabled (BucketOwnerEnforced, what every new bucket has since
// April 2023): the bucket's owner owns all, and an ACL says only that.
#include "aws/canonical_user.h"
#include "services/s3/errors.h"
#include "services/s3/service.h"
#include "services/s3/validate.h"

namespace meridian::services::s3 {
namespace {

constexpr const char* kEnforced = "BucketOwnerEnforced";

api::Owner owner_of(const BucketResource& bucket) {
  api::Owner owner;
  owner.ID = aws::canonical_user_of_account(bucket.account);
  return owner;
}

template <typename Output>
Output acl_of(const BucketResource& bucket) {
  Output output;
  output.Owner = owner_of(bucket);
  api::Grant& grant = output.Grants.emplace().emplace_back();
  grant.Grantee.emplace().Type = "CanonicalUser";
  grant.Grantee->ID = output.Owner->ID;
  grant.Permission = "FULL_CONTROL";
  return output;
}

// "The owner has full control" may be said again; all else would change something.
template <typename Request>
aws::Outcome<void> check_acl_request(const Request& input, const BucketResource& bucket) {
  const auto refused = aws::refuse("AccessControlListNotSupported", "The bucket does not allow ACLs");
  if (input.GrantFullControl || input.GrantRead || input.GrantReadACP || input.GrantWrite ||
      input.GrantWriteACP)
    return refused;
  if (input.ACL && input.AccessControlPolicy)
    return errors::invalid_request("Specifying both Canned ACLs and Header Grants is not allowed");
  if (input.ACL) return check_acl(input.ACL);
  if (!input.AccessControlPolicy)
    return aws::refuse("MissingSecurityHeader", "Your request was missing a required header");
  const auto& policy = *input.AccessControlPolicy;
  const std::string owner = *owner_of(bucket).ID;
  const bool says_owner = policy.Owner && policy.Owner->ID == owner;
  const bool is_full_control = policy.Grants && policy.Grants->size() == 1 &&
                               policy.Grants->front().Permission == "FULL_CONTROL" &&
                               policy.Grants->front().Grantee && policy.Grants->front().Grantee->ID == owner;
  if (!says_owner || !is_full_control) return refused;
  return {};
}

}  // namespace

aws::Outcome<api::PutBucketOwnershipControlsResponse> S3::PutBucketOwnershipControls(
    aws::Call& call, const api::PutBucketOwnershipControlsRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  const auto& rules = input.OwnershipControls.Rules;
  if (rules.size() != 1)
    return aws::refuse(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema");
  if (rules.front().ObjectOwnership != kEnforced)
    return errors::not_implemented("ObjectOwnership " + rules.front().ObjectOwnership +
                                   " (ACLs are disabled in every bucket)");
  return api::PutBucketOwnershipControlsResponse{};
}

aws::Outcome<api::GetBucketOwnershipControlsOutput> S3::GetBucketOwnershipControls(
    aws::Call& call, const api::GetBucketOwnershipControlsRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  api::GetBucketOwnershipControlsOutput output;
  output.OwnershipControls.emplace().Rules.emplace_back().ObjectOwnership = kEnforced;
  return output;
}

aws::Outcome<api::GetBucketAclOutput> S3::GetBucketAcl(aws::Call& call,
                                                       const api::GetBucketAclRequest& input) {
  return acl_of<api::GetBucketAclOutput>(
      TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner)).value);
}

aws::Outcome<api::PutBucketAclResponse> S3::PutBucketAcl(aws::Call& call,
                                                         const api::PutBucketAclRequest& input) {
  const auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  TRY(check_acl_request(input, bucket.value));
  return api::PutBucketAclResponse{};
}

aws::Outcome<api::GetObjectAclOutput> S3::GetObjectAcl(aws::Call& call,
                                                       const api::GetObjectAclRequest& input) {
  const auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  TRY(check_key(input.Key));
  TRY(find_object({input.Bucket, input.Key, input.VersionId}));
  return acl_of<api::GetObjectAclOutput>(bucket.value);
}

aws::Outcome<api::PutObjectAclOutput> S3::PutObjectAcl(aws::Call& call,
                                                       const api::PutObjectAclRequest& input) {
  const auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  TRY(check_key(input.Key));
  TRY(find_object({input.Bucket, input.Key, input.VersionId}));
  TRY(check_acl_request(input, bucket.value));
  return api::PutObjectAclOutput{};
}

}  // namespace meridian::services::s3
