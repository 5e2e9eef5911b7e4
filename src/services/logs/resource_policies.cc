// Resource policies: which services of AWS may put events, of the account or of one group. Route 53 asks for
// one before it logs queries.
#include <fmt/format.h>

#include "formats/json/json.h"
#include "gen/logs/errors.h"
#include "services/logs/service.h"
#include "services/logs/tokens.h"

namespace meridian::services::logs {
namespace {

constexpr std::size_t kAccountPoliciesMax = 10, kAccountDocumentBytesMax = 5120, kPerPage = 50;
constexpr std::size_t kRevisionDigits = 32;

aws::Outcome<void> check_document(const std::string& document) {
  const auto parsed = json::parse(document);
  if (!parsed || parsed->get<json::Object>() == nullptr)
    return api::errors::InvalidParameterException("The policy document is not a JSON object.");
  const json::Value* statements = parsed->find("Statement");
  const bool has_any =
      statements != nullptr &&
      (statements->get<json::Object>() != nullptr ||
       (statements->get<json::Array>() != nullptr && !statements->get<json::Array>()->empty()));
  if (!has_any) return api::errors::InvalidParameterException("The policy document has no Statement.");
  return {};
}

api::ResourcePolicy shown(const PolicyResource& policy) {
  api::ResourcePolicy out;
  out.policyDocument = policy.document;
  out.lastUpdatedTime = ms_of(policy.updated_at);
  if (!policy.name.empty()) out.policyName = policy.name;
  if (policy.resource_arn.empty()) {
    out.policyScope = "ACCOUNT";
    return out;
  }
  out.policyScope = "RESOURCE";
  out.resourceArn = policy.resource_arn;
  out.revisionId = policy.revision;
  return out;
}

aws::Failure no_such_policy(std::string_view name) {
  return api::errors::ResourceNotFoundException(fmt::format("Policy with name [{}] does not exist.", name));
}

aws::Outcome<void> check_revision(const std::optional<std::string>& expected,
                                  const std::optional<aws::Stored<PolicyResource>>& stored) {
  if (expected.value_or("") == (stored ? stored->value.revision : "")) return {};
  return api::errors::InvalidParameterException("The expected revision id is not that of the policy.");
}

}  // namespace

// A policy of one group.
aws::Outcome<api::PutResourcePolicyResponse> Logs::put_group_policy(
    const aws::Call& call, const api::PutResourcePolicyRequest& input) {
  PolicyResource policy;
  policy.name = input.policyName.value_or("");
  policy.document = *input.policyDocument;
  policy.revision = random_.text(kRevisionDigits, "0123456789abcdef");
  policy.updated_at = call.time;
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        const StoredGroup found = TRY(group(call, std::nullopt, input.resourceArn));
        policy.resource_arn = group_arn(found.value.place, found.value.name);
        const std::string key = group_policy_key(found.value.id);
        const auto before = TRY(aws::read(store_, key, decode_policy));
        TRY(check_revision(input.expectedRevisionId, before));
        return store::Transaction{
            .preconditions = {{key, before ? before->modified : 0},
                              {group_key(found.value.place, found.value.name), found.modified}},
            .puts = {{key, encode(policy)}},
            .deletes = {}};
      },
      overtaken()));
  return api::PutResourcePolicyResponse{.resourcePolicy = shown(policy), .revisionId = policy.revision};
}

aws::Outcome<api::PutResourcePolicyResponse> Logs::PutResourcePolicy(
    aws::Call& call, const api::PutResourcePolicyRequest& input) {
  if (!input.policyDocument)
    return api::errors::InvalidParameterException("The parameter policyDocument is required.");
  TRY(check_document(*input.policyDocument));
  if (input.resourceArn) return put_group_policy(call, input);
  if (!input.policyName || input.policyName->empty())
    return api::errors::InvalidParameterException("The parameter policyName is required.");
  if (input.expectedRevisionId)
    return api::errors::InvalidParameterException("A policy of the account has no revision id.");
  if (input.policyDocument->size() > kAccountDocumentBytesMax)
    return api::errors::InvalidParameterException(
        fmt::format("The policy document is larger than {} bytes.", kAccountDocumentBytesMax));
  const Place place = place_of(call);
  const PolicyResource policy{*input.policyName, "", *input.policyDocument, "", call.time};
  const std::string key = account_policy_key(place, policy.name);
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        const auto before = TRY(aws::read(store_, key, decode_policy));
        const auto all = TRY(
            aws::or_failure(store_.range(account_policies_prefix(place), {.limit = kAccountPoliciesMax})));
        if (!before && all.items.size() == kAccountPoliciesMax)
          return api::errors::LimitExceededException("Resource limit exceeded.");
        return store::Transaction{.preconditions = {{key, before ? before->modified : 0}},
                                  .puts = {{key, encode(policy)}},
                                  .deletes = {}};
      },
      overtaken()));
  return api::PutResourcePolicyResponse{.resourcePolicy = shown(policy)};
}

aws::Outcome<api::DescribeResourcePoliciesResponse> Logs::DescribeResourcePolicies(
    aws::Call& call, const api::DescribeResourcePoliciesRequest& input) {
  api::DescribeResourcePoliciesResponse out;
  auto& policies = out.resourcePolicies.emplace();
  const std::string scope = input.policyScope.value_or(input.resourceArn ? "RESOURCE" : "ACCOUNT");
  if (scope == "RESOURCE") {
    if (!input.resourceArn)
      return api::errors::InvalidParameterException("A policy of a resource is found by its resourceArn.");
    const StoredGroup found = TRY(group(call, std::nullopt, input.resourceArn));
    if (const auto policy = TRY(aws::read(store_, group_policy_key(found.value.id), decode_policy)))
      policies.push_back(shown(policy->value));
    return out;
  }
  if (input.resourceArn)
    return api::errors::InvalidParameterException("A policy of the account has no resourceArn.");
  const std::string prefix = account_policies_prefix(place_of(call));
  store::RangeOptions options{.limit = static_cast<std::size_t>(input.limit.value_or(kPerPage))};
  if (input.nextToken) options.start_after = prefix + TRY(read_page_token(*input.nextToken));
  const store::Range range = TRY(aws::or_failure(store_.range(prefix, options)));
  for (const store::KeyValue& item : range.items)
    policies.push_back(shown(TRY(aws::or_failure(decode_policy(item.value)))));
  if (range.more) out.nextToken = page_token(*policies.back().policyName);
  return out;
}

aws::Outcome<api::DeleteResourcePolicyResponse> Logs::DeleteResourcePolicy(
    aws::Call& call, const api::DeleteResourcePolicyRequest& input) {
  if (!input.resourceArn && !input.policyName)
    return api::errors::InvalidParameterException("The parameter policyName is required.");
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        std::string key;
        if (input.resourceArn)
          key = group_policy_key(TRY(group(call, std::nullopt, input.resourceArn)).value.id);
        else
          key = account_policy_key(place_of(call), *input.policyName);
        const auto stored = TRY(aws::read(store_, key, decode_policy));
        if (!stored) return no_such_policy(input.policyName.value_or(""));
        if (input.resourceArn || input.expectedRevisionId)
          TRY(check_revision(input.expectedRevisionId, stored));
        return store::Transaction{.preconditions = {{key, stored->modified}}, .puts = {}, .deletes = {key}};
      },
      overtaken()));
  return api::DeleteResourcePolicyResponse();
}

}  // namespace meridian::services::logs
