// Managed policies of the account: made, shown and deleted. Each has one version: what a policy says is
// changed by making another.
#include <set>

#include "base/bytes.h"
#include "base/percent.h"
#include "gen/iam/errors.h"
#include "services/iam/managed_policies.h"
#include "services/iam/policy_documents.h"
#include "services/iam/service.h"

namespace meridian::services::iam {
namespace {

constexpr const char* kOnlyVersion = "v1";

api::Policy shown(const ManagedPolicyResource& policy, bool with_details) {
  api::Policy out;
  out.PolicyName = policy.name;
  out.PolicyId = policy.id;
  out.Arn = policy_arn(policy);
  out.Path = policy.path;
  out.DefaultVersionId = kOnlyVersion;
  out.AttachmentCount = static_cast<std::int32_t>(policy.attachments);
  out.PermissionsBoundaryUsageCount = 0;
  out.IsAttachable = true;
  out.CreateDate = out.UpdateDate = policy.created_at;
  if (!with_details) return out;
  if (!policy.description.empty()) out.Description = policy.description;
  auto& tags = out.Tags.emplace();
  for (const auto& [key, value] : policy.tags) tags.push_back({.Key = key, .Value = value});
  return out;
}

api::PolicyVersion version_of(const ManagedPolicyResource& policy, bool with_document) {
  api::PolicyVersion out;
  if (with_document) out.Document = percent_encode(policy.document);
  out.VersionId = kOnlyVersion;
  out.IsDefaultVersion = true;
  out.CreateDate = policy.created_at;
  return out;
}

}  // namespace

aws::Outcome<ManagedPolicyResource> Iam::managed_policy(const aws::Call& call, std::string_view arn) {
  auto policy = TRY(aws::or_failure(find_managed_policy(store_, call.account_id, arn)));
  if (!policy) return api::errors::NoSuchEntityException(fmt::format("Policy {} was not found.", arn));
  return *std::move(policy);
}

aws::Outcome<api::CreatePolicyResponse> Iam::CreatePolicy(aws::Call& call,
                                                          const api::CreatePolicyRequest& input) {
  TRY(check_policy_document(input.PolicyDocument, kManagedPolicySizeMax));
  ManagedPolicyResource policy;
  policy.account = call.account_id;
  policy.name = input.PolicyName;
  policy.path = input.Path.value_or("/");
  policy.id = new_unique_id(random_, "ANPA");
  policy.description = input.Description.value_or("");
  policy.document = input.PolicyDocument;
  policy.created_at = std::chrono::floor<std::chrono::seconds>(clock_.now());
  std::set<std::string> keys;
  for (const api::Tag& tag : input.Tags.value_or(std::vector<api::Tag>())) {
    if (!keys.insert(to_lower(tag.Key)).second)
      return api::errors::InvalidInputException(
          "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    policy.tags.emplace_back(tag.Key, tag.Value);
  }
  const std::string key = policy_key(policy.account, policy.name);
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        if (TRY(aws::or_failure(store_.get(key))))
          return api::errors::EntityAlreadyExistsException(fmt::format(
              "A policy called {} already exists. Duplicate names are not allowed.", policy.name));
        // One by one would be exact; that two calls at once may come to one more than the quota harms nobody.
        if (TRY(aws::or_failure(store_.range(policies_prefix(policy.account), {.limit = kPoliciesMax})))
                .items.size() >= kPoliciesMax)
          return api::errors::LimitExceededException(
              fmt::format("Cannot exceed quota for PoliciesPerAccount: {}", kPoliciesMax));
        return store::Transaction{
            .preconditions = {{key, 0}}, .puts = {{key, encode(policy)}}, .deletes = {}};
      },
      overtaken()));
  return api::CreatePolicyResponse{.Policy = shown(policy, true)};
}

aws::Outcome<api::GetPolicyResponse> Iam::GetPolicy(aws::Call& call, const api::GetPolicyRequest& input) {
  return api::GetPolicyResponse{.Policy = shown(TRY(managed_policy(call, input.PolicyArn)), true)};
}

aws::Outcome<api::GetPolicyVersionResponse> Iam::GetPolicyVersion(aws::Call& call,
                                                                  const api::GetPolicyVersionRequest& input) {
  const ManagedPolicyResource policy = TRY(managed_policy(call, input.PolicyArn));
  if (input.VersionId != kOnlyVersion)
    return api::errors::NoSuchEntityException(
        fmt::format("Policy {} version {} does not exist or is not "
                    "attachable.",
                    input.PolicyArn, input.VersionId));
  return api::GetPolicyVersionResponse{.PolicyVersion = version_of(policy, true)};
}

aws::Outcome<api::ListPolicyVersionsResponse> Iam::ListPolicyVersions(
    aws::Call& call, const api::ListPolicyVersionsRequest& input) {
  const ManagedPolicyResource policy = TRY(managed_policy(call, input.PolicyArn));
  api::ListPolicyVersionsResponse out;
  out.Versions.emplace().push_back(version_of(policy, false));
  out.IsTruncated = false;
  return out;
}

aws::Outcome<api::ListPoliciesResponse> Iam::ListPolicies(aws::Call& call,
                                                          const api::ListPoliciesRequest& input) {
  if (input.PolicyUsageFilter && *input.PolicyUsageFilter != "PermissionsPolicy")
    return api::errors::InvalidInputException("Permissions boundaries are not available in this version.");
  const auto most = static_cast<std::size_t>(input.MaxItems.value_or(kPageDefault));
  const std::string scope = input.Scope.value_or("All"), path = input.PathPrefix.value_or("/");
  std::vector<ManagedPolicyResource> all;
  if (scope != "Local") all.assign(aws_policies().begin(), aws_policies().end());
  if (scope != "AWS")
    for (const store::KeyValue& item :
         TRY(aws::or_failure(store_.range(policies_prefix(call.account_id)))).items)
      all.push_back(TRY(aws::or_failure(decode_managed_policy(item.value))));
  api::ListPoliciesResponse out;
  out.IsTruncated = false;
  out.Policies.emplace();
  bool begun = !input.Marker;
  for (const ManagedPolicyResource& policy : all) {
    // The marker is the ARN of the first policy of the next page.
    begun = begun || policy_arn(policy) == *input.Marker;
    const bool unattached = input.OnlyAttached.value_or(false) && policy.attachments == 0;
    if (!begun || unattached || !policy.path.starts_with(path)) continue;
    if (out.Policies->size() == most) {
      out.IsTruncated = true;
      out.Marker = policy_arn(policy);
      break;
    }
    out.Policies->push_back(shown(policy, false));
  }
  return out;
}

aws::Outcome<api::DeletePolicyResponse> Iam::DeletePolicy(aws::Call& call,
                                                          const api::DeletePolicyRequest& input) {
  const std::string key = policy_key(call.account_id, policy_name_of(input.PolicyArn, call.account_id));
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        TRY(managed_policy(call, input.PolicyArn));
        const auto policy = TRY(aws::read(store_, key, decode_managed_policy));
        if (!policy)
          return aws::refuse("AccessDenied", fmt::format("{} belongs to AWS.", input.PolicyArn), 403);
        if (policy->value.attachments > 0)
          return api::errors::DeleteConflictException("Cannot delete a policy attached to entities.");
        return store::Transaction{.preconditions = {{key, policy->modified}}, .puts = {}, .deletes = {key}};
      },
      overtaken()));
  return api::DeletePolicyResponse();
}

}  // namespace meridian::services::iam
