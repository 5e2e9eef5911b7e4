// Structures as form parameters: "Tags.member.1.Key=a". The two dialects differ only in names and in lists.
// Rule: a parameter that the model does not know is skipped, as AWS does: signatures and SDKs add their own.
#pragma once

#include "aws/error.h"
#include "aws/protocols/constraints.h"
#include "aws/protocols/rest_routes.h"

namespace meridian::aws {

enum class FormDialect : std::uint8_t { Query, Ec2 };

inline constexpr std::size_t kFormNodesMax = 200'000;  // names between dots, each counted once

Outcome<void> read_form(FormDialect dialect, const QueryPairs& pairs, const Shape& structure, void* value,
                        Violations& violations);
// Appends "&name=value" pairs.
void write_form(FormDialect dialect, std::string& form, const Shape& structure, const void* value);

}  // namespace meridian::aws
