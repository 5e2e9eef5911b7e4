// How a service of this system calls another, as CloudFront calls S3: it signs with a key of its own
// (services/iam/service_keys.h) and says in signed header fields for whom. Rule: a field that the signature
// does not cover says nothing.
#pragma once

#include <string_view>

#include "aws/call.h"
#include "aws/http.h"
#include "aws/sigv4.h"

namespace meridian::aws {

inline constexpr const char* kSourceArn = "x-amz-source-arn";
inline constexpr const char* kSourceAccount = "x-amz-source-account";
// The id of an origin access identity, a space, its canonical user.
inline constexpr const char* kActsAs = "x-meridian-origin-access-identity";

// Sets the fields; sigv4::sign() comes after. The other side's key says which service it is.
void write_on_behalf(HttpRequest& request, const OnBehalf& on_behalf);
// Of a request whose signature by a key of `service` was verified.
OnBehalf read_on_behalf(const HttpRequest& request, const sigv4::Claim& claim, std::string_view service);

}  // namespace meridian::aws
