// What policies say of a request (IAM User Guide, "Policy evaluation logic").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aws/iam_policy/policy.h"
#include "aws/iam_policy/request.h"

namespace meridian::aws::iam_policy {

// Why a statement says nothing of a request: the first of its elements that does not match. Delegation: it
// allows the caller's whole account, which is the resource's too, so the account's own policies decide.
enum class Mismatch : std::uint8_t { Principal, Delegation, Action, Resource, Condition };

struct StatementResult {
  std::optional<Mismatch> mismatch{};  // none: it applies
  std::size_t condition = 0;           // which, of a Condition
  bool applies() const { return !mismatch; }
};
// `owner` is the account of the resource that carries the policy.
StatementResult look(const Policy& policy, const Statement& statement, const Request& request,
                     std::string_view owner = {});

struct Verdict {
  enum class Kind : std::uint8_t { ExplicitDeny, Allow, ImplicitDeny };
  Kind kind = Kind::ImplicitDeny;
  const Statement* statement = nullptr;  // that decided; null of an implicit deny
};
Verdict evaluate(const Policy& policy, const Request& request, std::string_view owner = {});

// All that concern a request. `owner` is the account of the resource. Within the account either side may
// allow; from another account both must. A root needs no policy of its own.
struct Policies {
  std::vector<const Policy*> identity{};
  const Policy* resource = nullptr;
  std::string_view owner{};
};
struct Decision {
  enum class Side : std::uint8_t { Nobody, Root, Identity, Resource };  // of whom the verdict comes
  Verdict verdict{};
  Side side = Side::Nobody;
  std::size_t policy = 0;  // which of the identity's
  bool allowed() const { return verdict.kind == Verdict::Kind::Allow; }
};
Decision decide(const Policies& policies, const Request& request);

}  // namespace meridian::aws::iam_policy
