// An IAM policy document as it was written (IAM User Guide, "Grammar of the IAM JSON policy language").
// Rule: what is here was understood whole; a document with anything else is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace meridian::aws::iam_policy {

inline constexpr std::size_t kPolicyBytesMax = 128 * 1024;  // a service may have a lower limit of its own
inline constexpr std::size_t kStatementsMax = 1000;
inline constexpr std::size_t kValuesMax = 5000;  // of all lists of a document together

enum class Effect : std::uint8_t { Allow, Deny };

struct Principal {
  enum class Kind : std::uint8_t {
    Everybody,
    Account,        // `value` is its id: all of its users and roles
    Arn,            // of one user, role or session
    Service,        // cloudfront.amazonaws.com
    CanonicalUser,  // of an account, or of an origin access identity
  };
  Kind kind = Kind::Everybody;
  std::string value{};
  bool operator==(const Principal&) const = default;
};

enum class Comparison : std::uint8_t {
  StringEquals,
  StringEqualsIgnoreCase,
  StringLike,
  NumericEquals,
  NumericLessThan,
  NumericLessThanEquals,
  NumericGreaterThan,
  NumericGreaterThanEquals,
  DateEquals,
  DateLessThan,
  DateLessThanEquals,
  DateGreaterThan,
  DateGreaterThanEquals,
  Bool,
  BinaryEquals,
  IpAddress,
  ArnLike,  // ArnEquals is the same
  Null,
};

struct Condition {
  enum class Quantifier : std::uint8_t { None, ForAllValues, ForAnyValue };
  Comparison comparison = Comparison::StringEquals;
  bool negated = false;
  bool if_exists = false;
  Quantifier quantifier = Quantifier::None;
  std::string key;  // lower case: keys of a context do not distinguish
  std::vector<std::string> values;
};

struct Statement {
  std::string sid;
  Effect effect = Effect::Deny;
  std::vector<Principal> principals;  // empty in an identity policy
  bool not_principal = false;
  std::vector<std::string> actions;
  bool not_action = false;
  std::vector<std::string> resources;
  bool not_resource = false;
  std::vector<Condition> conditions;  // all must hold
};

struct Policy {
  bool has_variables = false;  // Version 2012-10-17
  std::string id;
  std::vector<Statement> statements;
};

// Who carries it: an identity (then it names no principal), or a resource (then it must).
enum class PolicyKind : std::uint8_t { Identity, Resource };

// Invalid: why it is no policy, in words for its author.
Result<Policy> parse_policy(std::string_view text, PolicyKind kind, std::size_t bytes_max = kPolicyBytesMax);

}  // namespace meridian::aws::iam_policy
