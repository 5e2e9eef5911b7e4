#include "services/iam/authority.h"

#include <fmt/format.h>

#include "aws/iam_policy/call.h"
#include "aws/iam_policy/evaluate.h"
#include "aws/stored.h"
#include "services/iam/resources.h"

namespace meridian::services::iam {
namespace {

using namespace aws::iam_policy;

// That everybody may ask, whatever policies say (STS API reference, GetCallerIdentity, GetSessionToken).
bool is_free(const aws::Call& call) {
  return call.service == "sts" &&
         (call.operation == "GetCallerIdentity" || call.operation == "GetSessionToken");
}

}  // namespace

aws::Outcome<void> PolicyAuthority::may(const aws::Call& call) const {
  Request request{caller_of(call), fmt::format("{}:{}", call.service, call.operation), "*"};
  if (request.caller.is_root() || is_free(call)) return {};
  request.context = context_of(call);
  std::vector<std::shared_ptr<const Policy>> kept;
  Policies policies;
  policies.owner = call.account_id;
  const std::string user = user_name_of(call.principal_arn);
  if (!user.empty()) {
    const UserPolicies own = TRY(aws::or_failure(policies_of_user(store_, call.account_id, user)));
    request.context.set("aws:userid", own.user_id);
    for (const auto& [name, value] : own.tags) request.context.set("aws:PrincipalTag/" + name, value);
    for (const UserPolicies::Document& one : own.documents) {
      kept.push_back(TRY(aws::or_failure(policies_.get(one.text))));
      policies.identity.push_back(kept.back().get());
    }
  }
  const Decision decision = decide(policies, request);
  if (decision.allowed()) return {};
  const bool denied = decision.verdict.kind == Verdict::Kind::ExplicitDeny;
  return aws::refuse(
      "AccessDenied",
      fmt::format(
          "User: {} is not authorized to perform: {} on resource: * {}", call.principal_arn, request.action,
          denied ? "with an explicit deny in an identity-based policy"
                 : fmt::format("because no identity-based policy allows the {} action", request.action)),
      403);
}

}  // namespace meridian::services::iam
