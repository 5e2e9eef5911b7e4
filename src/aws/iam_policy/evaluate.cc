#include "aws/iam_policy/evaluate.h"

#include <algorithm>

#include "aws/iam_policy/condition.h"
#include "aws/iam_policy/pattern.h"

namespace meridian::aws::iam_policy {
namespace {

// How a principal means a caller: not, as one of its account, or the caller alone.
enum class Meant : std::uint8_t { No, AsOneOfAccount, Yes };

Meant meant(const Principal& principal, const Caller& caller) {
  const auto yes = [](bool is) { return is ? Meant::Yes : Meant::No; };
  const Meant account = caller.account.empty() || caller.is_root() ? Meant::Yes : Meant::AsOneOfAccount;
  switch (principal.kind) {
    case Principal::Kind::Everybody:
      return Meant::Yes;
    case Principal::Kind::Account:
      return principal.value == caller.account ? account : Meant::No;
    case Principal::Kind::Arn:
      return yes(principal.value == caller.arn || principal.value == caller.role_arn);
    case Principal::Kind::Service:
      return yes(principal.value == caller.service);
    case Principal::Kind::CanonicalUser:
      return principal.value == caller.canonical_user ? account : Meant::No;
  }
  return Meant::No;
}

// Nothing: the statement is about this caller.
std::optional<Mismatch> principal_mismatch(const Statement& statement, const Caller& caller,
                                           std::string_view owner) {
  if (statement.principals.empty()) return std::nullopt;
  Meant best = Meant::No;
  for (const Principal& one : statement.principals) best = std::max(best, meant(one, caller));
  if ((best != Meant::No) == statement.not_principal) return Mismatch::Principal;
  const bool delegates = best == Meant::AsOneOfAccount && statement.effect == Effect::Allow;
  if (delegates && caller.account == owner) return Mismatch::Delegation;
  return std::nullopt;
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

}  // namespace

StatementResult look(const Policy& policy, const Statement& statement, const Request& request,
                     std::string_view owner) {
  if (const auto mismatch = principal_mismatch(statement, request.caller, owner)) return {mismatch};
  if (!names_action(statement, request.action)) return {Mismatch::Action};
  if (!names_resource(policy, statement, request)) return {Mismatch::Resource};
  for (std::size_t i = 0; i < statement.conditions.size(); ++i)
    if (!holds(statement.conditions[i], request.context, policy.has_variables, statement.effect))
      return {Mismatch::Condition, i};
  return {};
}

Verdict evaluate(const Policy& policy, const Request& request, std::string_view owner) {
  Verdict verdict;
  for (const Statement& statement : policy.statements) {
    if (!look(policy, statement, request, owner).applies()) continue;
    if (statement.effect == Effect::Deny) return {Verdict::Kind::ExplicitDeny, &statement};
    if (verdict.kind == Verdict::Kind::ImplicitDeny) verdict = {Verdict::Kind::Allow, &statement};
  }
  return verdict;
}

Decision decide(const Policies& policies, const Request& request) {
  using Side = Decision::Side;
  Decision identity;
  if (request.caller.is_root()) identity = {{Verdict::Kind::Allow, nullptr}, Side::Root};
  for (std::size_t i = 0; i < policies.identity.size(); ++i) {
    const Verdict one = evaluate(*policies.identity[i], request);
    if (one.kind < identity.verdict.kind) identity = {one, Side::Identity, i};
  }
  Decision resource;
  if (policies.resource) resource.verdict = evaluate(*policies.resource, request, policies.owner);
  if (resource.verdict.statement) resource.side = Side::Resource;
  const Decision& either = resource.verdict.kind < identity.verdict.kind ? resource : identity;
  // A service and who has no name carry no policies of their own.
  const bool is_stranger = !request.caller.account.empty() && request.caller.account != policies.owner;
  if (!either.allowed() || !is_stranger) return either;
  return identity.allowed() ? resource : identity;
}

}  // namespace meridian::aws::iam_policy
