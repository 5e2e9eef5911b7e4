// What a call says for policies: its caller, and the global condition keys (IAM User Guide, "AWS global
// condition context keys"). A service adds keys of its own.
#pragma once

#include "aws/call.h"
#include "aws/iam_policy/request.h"

namespace meridian::aws::iam_policy {

Caller caller_of(const Call& call);
Context context_of(const Call& call);

// Of an origin access identity, as bucket policies name it.
std::string origin_access_identity_arn(std::string_view id);

}  // namespace meridian::aws::iam_policy
