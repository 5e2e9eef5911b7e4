#include "aws/iam_policy/evaluate.h"

#include <algorithm>

#include "aws/iam_policy/condition.h"
#include "aws/iam_policy/pattern.h"

namespace meridian::aws::iam_policy {
namespace {

bool is(const Principal& principal, const Caller& caller) {
  switch (principal.kind) {
    case Principal::Kind::Everybody:
      return true;
    case Principal::Kind::Account:
      return principal.value == caller.account;
    case Principal::Kind::Arn:
      return principal.value == caller.arn || principal.value == caller.role_arn;
    case Principal::Kind::Service:
      return principal.value == caller.service;
    case Principal::Kind::CanonicalUser:
      return principal.value == caller.canonical_user;
  }
  return false;
}

bool names_principal(const Statement& statement, const Caller& caller) {
  if (statement.principals.empty()) return true;
  return std::ranges::any_of(statement.principals, [&](const Principal& one) { return is(one, caller); }) !=
         statement.not_principal;
}

bool names_action(const Statement& statement, const std::string& action) {
  return std::ranges::any_of(statement.actions, [&](const std::string& wanted) {
           return matches(*pattern_of(wanted, Wildcards::Meant, nullptr), action, Case::Ignored);
         }) != statement.not_action;
}

bool names_resource(const Policy& policy, const Statement& statement, const Request& request) {
  const Context* variables = policy.has_variables ? &request.context : nullptr;
  bool unknown = false;
  const bool listed = std::ranges::any_of(statement.resources, [&](const std::string& wanted) {
    const auto pattern = pattern_of(wanted, Wildcards::Meant, variables);
    if (!pattern) unknown = true;
    return pattern && matches(*pattern, request.resource);
  });
  // As in a condition: what is not known never helps the caller.
  if (!listed && unknown && statement.not_resource) return statement.effect == Effect::Deny;
  return listed != statement.not_resource;
}

Verdict stronger(Verdict a, Verdict b) {
  return static_cast<int>(b.kind) < static_cast<int>(a.kind) ? b : a;
}

}  // namespace

StatementResult look(const Policy& policy, const Statement& statement, const Request& request) {
  if (!names_principal(statement, request.caller)) return {Mismatch::Principal};
  if (!names_action(statement, request.action)) return {Mismatch::Action};
  if (!names_resource(policy, statement, request)) return {Mismatch::Resource};
  for (std::size_t i = 0; i < statement.conditions.size(); ++i)
    if (!holds(statement.conditions[i], request.context, policy.has_variables, statement.effect))
      return {Mismatch::Condition, i};
  return {};
}

Verdict evaluate(const Policy& policy, const Request& request) {
  Verdict verdict;
  for (const Statement& statement : policy.statements) {
    if (!look(policy, statement, request).applies()) continue;
    if (statement.effect == Effect::Deny) return {Verdict::Kind::ExplicitDeny, &statement};
    if (verdict.kind == Verdict::Kind::ImplicitDeny) verdict = {Verdict::Kind::Allow, &statement};
  }
  return verdict;
}

Verdict decide(const Policies& policies, const Request& request) {
  Verdict identity;
  for (const Policy* policy : policies.identity) identity = stronger(identity, evaluate(*policy, request));
  const Verdict resource = policies.resource ? evaluate(*policies.resource, request) : Verdict{};
  const Verdict either = stronger(identity, resource);
  // A service and who has no name carry no policies of their own.
  const bool is_stranger = !request.caller.account.empty() && request.caller.account != policies.owner;
  if (either.kind != Verdict::Kind::Allow || !is_stranger) return either;
  return identity.kind == Verdict::Kind::Allow ? resource : identity;
}

}  // namespace meridian::aws::iam_policy
