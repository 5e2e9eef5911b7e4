// Policies of users: inline ones, and which managed ones are attached. A user's record is written back with
// every change, so that the user's deletion cannot overlook it.
#include "base/percent.h"
#include "gen/iam/errors.h"
#include "services/iam/managed_policies.h"
#include "services/iam/policy_documents.h"
#include "services/iam/service.h"

namespace meridian::services::iam {
namespace {

aws::Failure no_such_policy(std::string_view name) {
  return api::errors::NoSuchEntityException(
      fmt::format("The user policy with name {} cannot be found.", name));
}

}  // namespace

aws::Outcome<api::PutUserPolicyResponse> Iam::PutUserPolicy(aws::Call& call,
                                                            const api::PutUserPolicyRequest& input) {
  TRY(check_policy_document(input.PolicyDocument, kInlinePoliciesSizeMax));
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        const auto user = TRY(this->user(call, input.UserName));
        const std::string prefix = user_policies_prefix(call.account_id, user.value.user_name);
        std::size_t size = policy_size(input.PolicyDocument);
        for (const store::KeyValue& item : TRY(aws::or_failure(store_.range(prefix))).items)
          if (item.key != prefix + input.PolicyName) size += policy_size(item.value);
        if (size > kInlinePoliciesSizeMax)
          return api::errors::LimitExceededException(
              fmt::format("Maximum policy size of {} bytes exceeded for user {}", kInlinePoliciesSizeMax,
                          user.value.user_name));
        const std::string guard = user_key(call.account_id, user.value.user_name);
        return store::Transaction{
            .preconditions = {{guard, user.modified}},
            .puts = {{guard, encode(user.value)}, {prefix + input.PolicyName, input.PolicyDocument}},
            .deletes = {}};
      },
      overtaken()));
  return api::PutUserPolicyResponse();
}

aws::Outcome<api::GetUserPolicyResponse> Iam::GetUserPolicy(aws::Call& call,
                                                            const api::GetUserPolicyRequest& input) {
  const auto user = TRY(this->user(call, input.UserName));
  const auto found = TRY(aws::or_failure(
      store_.get(user_policies_prefix(call.account_id, user.value.user_name) + input.PolicyName)));
  if (!found) return no_such_policy(input.PolicyName);
  return api::GetUserPolicyResponse{.UserName = user.value.user_name,
                                    .PolicyName = input.PolicyName,
                                    .PolicyDocument = percent_encode(found->value)};
}

aws::Outcome<api::ListUserPoliciesResponse> Iam::ListUserPolicies(aws::Call& call,
                                                                  const api::ListUserPoliciesRequest& input) {
  const auto user = TRY(this->user(call, input.UserName));
  const std::string prefix = user_policies_prefix(call.account_id, user.value.user_name);
  store::RangeOptions options{.limit = static_cast<std::size_t>(input.MaxItems.value_or(kPageDefault)),
                              .start_after = input.Marker ? prefix + *input.Marker : std::string()};
  const store::Range range = TRY(aws::or_failure(store_.range(prefix, options)));
  api::ListUserPoliciesResponse out;
  out.IsTruncated = range.more;
  for (const store::KeyValue& item : range.items) out.PolicyNames.push_back(item.key.substr(prefix.size()));
  if (range.more) out.Marker = out.PolicyNames.back();
  return out;
}

aws::Outcome<api::DeleteUserPolicyResponse> Iam::DeleteUserPolicy(aws::Call& call,
                                                                  const api::DeleteUserPolicyRequest& input) {
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        const auto user = TRY(this->user(call, input.UserName));
        const std::string key =
            user_policies_prefix(call.account_id, user.value.user_name) + input.PolicyName;
        const auto found = TRY(aws::or_failure(store_.get(key)));
        if (!found) return no_such_policy(input.PolicyName);
        return store::Transaction{.preconditions = {{key, found->modified}}, .puts = {}, .deletes = {key}};
      },
      overtaken()));
  return api::DeleteUserPolicyResponse();
}

aws::Outcome<void> Iam::change_attachment(const aws::Call& call, std::string_view user_name,
                                          const std::string& arn, bool attached) {
  const auto build = [&]() -> aws::Outcome<store::Transaction> {
    const auto user = TRY(this->user(call, user_name));
    const ManagedPolicyResource policy = TRY(managed_policy(call, arn));
    const std::string prefix = attachments_prefix(call.account_id, user.value.user_name);
    const std::string guard = user_key(call.account_id, user.value.user_name);
    const bool is_attached = TRY(aws::or_failure(store_.get(prefix + arn))).has_value();
    if (!attached && !is_attached)
      return api::errors::NoSuchEntityException(fmt::format("Policy {} was not found.", arn));
    store::Transaction transaction{{{guard, user.modified}}, {{guard, encode(user.value)}}, {}};
    if (attached && is_attached) return transaction;
    if (attached && TRY(aws::or_failure(store_.range(prefix))).items.size() >= kAttachedPoliciesMax)
      return api::errors::LimitExceededException(
          fmt::format("Cannot exceed quota for PoliciesPerUser: {}", kAttachedPoliciesMax));
    if (attached)
      transaction.puts.push_back({prefix + arn, {}});
    else
      transaction.deletes.push_back(prefix + arn);
    // AWS's own policies are not counted.
    const std::string key = policy_key(policy.account, policy.name);
    auto counted = TRY(aws::read(store_, key, decode_managed_policy));
    if (!counted) return transaction;
    counted->value.attachments += attached ? 1 : -1U;
    transaction.preconditions.push_back({key, counted->modified});
    transaction.puts.push_back({key, encode(counted->value)});
    return transaction;
  };
  TRY(aws::commit_built(store_, build, overtaken()));
  return {};
}

aws::Outcome<api::AttachUserPolicyResponse> Iam::AttachUserPolicy(aws::Call& call,
                                                                  const api::AttachUserPolicyRequest& input) {
  TRY(change_attachment(call, input.UserName, input.PolicyArn, true));
  return api::AttachUserPolicyResponse();
}

aws::Outcome<api::DetachUserPolicyResponse> Iam::DetachUserPolicy(aws::Call& call,
                                                                  const api::DetachUserPolicyRequest& input) {
  TRY(change_attachment(call, input.UserName, input.PolicyArn, false));
  return api::DetachUserPolicyResponse();
}

aws::Outcome<api::ListAttachedUserPoliciesResponse> Iam::ListAttachedUserPolicies(
    aws::Call& call, const api::ListAttachedUserPoliciesRequest& input) {
  const auto user = TRY(this->user(call, input.UserName));
  const std::string prefix = attachments_prefix(call.account_id, user.value.user_name);
  const std::string path = input.PathPrefix.value_or("/");
  api::ListAttachedUserPoliciesResponse out;
  out.IsTruncated = false;  // all fit into one page: kAttachedPoliciesMax
  out.AttachedPolicies.emplace();
  for (const store::KeyValue& item : TRY(aws::or_failure(store_.range(prefix))).items) {
    const std::string arn = item.key.substr(prefix.size());
    const auto policy = TRY(aws::or_failure(find_managed_policy(store_, call.account_id, arn)));
    if (policy && policy->path.starts_with(path))
      out.AttachedPolicies->push_back({.PolicyName = policy->name, .PolicyArn = arn});
  }
  return out;
}

}  // namespace meridian::services::iam
