// What policies say of a request (IAM User Guide, "Policy evaluation logic").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aws/iam_policy/policy.h"
#include "aws/iam_policy/request.h"

namespace meridian::aws::iam_policy {

// Why a statement says nothing of a request: the first of its elements that does not match.
enum class Mismatch : std::uint8_t { Principal, Action, Resource, Condition };

struct StatementResult {
  std::optional<Mismatch> mismatch{};  // none: it applies
  std::size_t condition = 0;           // which, of a Condition
  bool applies() const { return !mismatch; }
};
StatementResult look(const Policy& policy, const Statement& statement, const Request& request);

struct Verdict {
  enum class Kind : std::uint8_t { ExplicitDeny, Allow, ImplicitDeny };
  Kind kind = Kind::ImplicitDeny;
  const Statement* statement = nullptr;  // that decided; null of an implicit deny
};
Verdict evaluate(const Policy& policy, const Request& request);

// All that concern a request. `owner` is the account of the resource. Within the account either side may
// allow; from another account both must.
struct Policies {
  std::vector<const Policy*> identity{};
  const Policy* resource = nullptr;
  std::string_view owner{};
};
Verdict decide(const Policies& policies, const Request& request);

}  // namespace meridian::aws::iam_policy
