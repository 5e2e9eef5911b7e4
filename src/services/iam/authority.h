// What users may do of services that do not decide themselves: their policies are asked for
// `service:Operation` on every resource ("*"). Rule: a root may everything in its account, a user what a
// policy allows and none denies, nobody else anything.
#pragma once

#include "aws/authority.h"
#include "aws/iam_policy/parsed.h"
#include "store/store.h"

namespace meridian::services::iam {

class PolicyAuthority final : public aws::Authority {
 public:
  explicit PolicyAuthority(store::Store& store) : store_(store) {}
  aws::Outcome<void> may(const aws::Call& call) const override;

 private:
  store::Store& store_;
  mutable aws::iam_policy::ParsedPolicies policies_{aws::iam_policy::PolicyKind::Identity};
};

}  // namespace meridian::services::iam
