// A bucket's policy and its Block Public Access.
#include <fmt/format.h>

#include "services/iam/resources.h"
#include "services/s3/bucket_policy.h"
#include "services/s3/errors.h"
#include "services/s3/service.h"

namespace meridian::services::s3 {
namespace {

using namespace aws::iam_policy;

constexpr int kNoContent = 204;

// AWS takes only principals that exist. Accounts are not known to each other; users are.
aws::Outcome<void> check_principals(store::Store& store, const Policy& policy) {
  for (const Statement& statement : policy.statements)
    for (const Principal& one : statement.principals) {
      if (one.kind != Principal::Kind::Arn || one.value.starts_with(origin_access_identity_arn("E")))
        continue;
      const std::string name = iam::user_name_of(one.value);
      constexpr std::size_t kAccountAt = std::string_view("arn:aws:iam::").size(), kAccountSize = 12;
      const auto user = name.empty()
                            ? Result<iam::UserPolicies>(iam::UserPolicies{})
                            : iam::policies_of_user(store, one.value.substr(kAccountAt, kAccountSize), name);
      if (TRY(aws::or_failure(user)).arn != one.value)
        return malformed_policy("Invalid principal in policy", fmt::format("\"AWS\" : \"{}\"", one.value));
    }
  return {};
}

}  // namespace

aws::Outcome<AccessResource> S3::find_access(const aws::Call& call, std::string_view bucket,
                                             const std::optional<std::string>& expected_owner) {
  TRY(find_bucket(call, bucket, expected_owner));
  return TRY(aws::read_or_default(store_, access_key(bucket), decode_access)).value;
}

aws::Outcome<void> S3::change_access(const aws::Call& call, std::string_view bucket,
                                     const std::optional<std::string>& expected_owner,
                                     const ChangeAccess& change) {
  const std::string place = access_key(bucket);
  const auto build = [&]() -> aws::Outcome<store::Transaction> {
    const auto owner = TRY(find_bucket(call, bucket, expected_owner));
    auto access = TRY(aws::read_or_default(store_, place, decode_access));
    TRY(change(access.value));
    return store::Transaction{{{bucket_key(bucket), owner.modified}, {place, access.modified}},
                              {{place, encode(access.value)}},
                              {}};
  };
  TRY(aws::commit_built(store_, build, errors::conflict()));
  return {};
}

aws::Outcome<api::PutBucketPolicyResponse> S3::PutBucketPolicy(aws::Call& call,
                                                               const api::PutBucketPolicyRequest& input) {
  const auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  const Policy policy = TRY(parse_bucket_policy(input.Policy, input.Bucket));
  TRY(check_principals(store_, policy));
  const Wish again{"s3:PutBucketPolicy", input.Bucket};
  const Request request{caller_of(call), again.action, again.resource(), context_of(call)};
  // Who would lock out himself must say that he wants to; the root cannot.
  if (!input.ConfirmRemoveSelfBucketAccess.value_or(false) && !request.caller.is_root() &&
      evaluate(policy, request, bucket.value.account).kind == Verdict::Kind::ExplicitDeny)
    return errors::access_denied();
  TRY(change_access(
      call, input.Bucket, input.ExpectedBucketOwner, [&](AccessResource& access) -> aws::Outcome<void> {
        if (access.block && access.block->block_public_policy && is_public(policy))
          return aws::refuse(
              "AccessDenied",
              fmt::format(
                  "User: {} is not authorized to perform: s3:PutBucketPolicy on resource: \"{}\" "
                  "because public policies are prevented by the BlockPublicPolicy setting in S3 Block "
                  "Public Access.",
                  call.principal_arn, again.resource()),
              403);
        access.policy = input.Policy;
        return {};
      }));
  call.status = kNoContent;
  return api::PutBucketPolicyResponse{};
}

aws::Outcome<api::GetBucketPolicyOutput> S3::GetBucketPolicy(aws::Call& call,
                                                             const api::GetBucketPolicyRequest& input) {
  AccessResource access = TRY(find_access(call, input.Bucket, input.ExpectedBucketOwner));
  if (!access.policy) return errors::no_such_bucket_policy(input.Bucket);
  api::GetBucketPolicyOutput output;
  output.Policy = std::move(access.policy);
  return output;
}

aws::Outcome<api::DeleteBucketPolicyResponse> S3::DeleteBucketPolicy(
    aws::Call& call, const api::DeleteBucketPolicyRequest& input) {
  TRY(change_access(call, input.Bucket, input.ExpectedBucketOwner,
                    [](AccessResource& access) -> aws::Outcome<void> {
                      access.policy.reset();
                      return {};
                    }));
  return api::DeleteBucketPolicyResponse{};
}

aws::Outcome<api::GetBucketPolicyStatusOutput> S3::GetBucketPolicyStatus(
    aws::Call& call, const api::GetBucketPolicyStatusRequest& input) {
  const AccessResource access = TRY(find_access(call, input.Bucket, input.ExpectedBucketOwner));
  if (!access.policy) return errors::no_such_bucket_policy(input.Bucket);
  api::GetBucketPolicyStatusOutput output;
  output.PolicyStatus.emplace().IsPublic = is_public(TRY(parse_bucket_policy(*access.policy, input.Bucket)));
  return output;
}

aws::Outcome<api::PutPublicAccessBlockResponse> S3::PutPublicAccessBlock(
    aws::Call& call, const api::PutPublicAccessBlockRequest& input) {
  const auto& asked = input.PublicAccessBlockConfiguration;
  const PublicAccessBlock block{asked.BlockPublicAcls.value_or(false), asked.IgnorePublicAcls.value_or(false),
                                asked.BlockPublicPolicy.value_or(false),
                                asked.RestrictPublicBuckets.value_or(false)};
  TRY(change_access(call, input.Bucket, input.ExpectedBucketOwner,
                    [&](AccessResource& access) -> aws::Outcome<void> {
                      access.block = block;
                      return {};
                    }));
  return api::PutPublicAccessBlockResponse{};
}

aws::Outcome<api::GetPublicAccessBlockOutput> S3::GetPublicAccessBlock(
    aws::Call& call, const api::GetPublicAccessBlockRequest& input) {
  const AccessResource access = TRY(find_access(call, input.Bucket, input.ExpectedBucketOwner));
  if (!access.block) {
    aws::Failure failure = aws::refuse("NoSuchPublicAccessBlockConfiguration",
                                       "The public access block configuration was not found", 404);
    failure.error().facts.emplace_back("BucketName", input.Bucket);
    return failure;
  }
  api::GetPublicAccessBlockOutput output;
  auto& told = output.PublicAccessBlockConfiguration.emplace();
  told.BlockPublicAcls = access.block->block_public_acls;
  told.IgnorePublicAcls = access.block->ignore_public_acls;
  told.BlockPublicPolicy = access.block->block_public_policy;
  told.RestrictPublicBuckets = access.block->restrict_public_buckets;
  return output;
}

aws::Outcome<api::DeletePublicAccessBlockResponse> S3::DeletePublicAccessBlock(
    aws::Call& call, const api::DeletePublicAccessBlockRequest& input) {
  TRY(change_access(call, input.Bucket, input.ExpectedBucketOwner,
                    [](AccessResource& access) -> aws::Outcome<void> {
                      access.block.reset();
                      return {};
                    }));
  return api::DeletePublicAccessBlockResponse{};
}

}  // namespace meridian::services::s3
