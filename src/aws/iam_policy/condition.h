// The condition operators (IAM User Guide, "IAM JSON policy elements: Condition operators").
#pragma once

#include <string_view>

#include "aws/iam_policy/policy.h"
#include "aws/iam_policy/request.h"

namespace meridian::aws::iam_policy {

// "ForAnyValue:StringNotLikeIfExists" and the like; false: there is no such operator.
bool read_operator(std::string_view name, Condition& condition);
// Whether a document may give this value to compare with.
bool is_value_of(Comparison comparison, std::string_view text, bool has_variables);

// `effect` decides about what cannot be compared (a variable without a value): it never helps the caller.
bool holds(const Condition& condition, const Context& context, bool has_variables, Effect effect);

}  // namespace meridian::aws::iam_policy
