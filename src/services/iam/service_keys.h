// The keys with which the services of this system sign requests to one another, as CloudFront does to S3: one
// a service, made when it is asked for first and kept in the store. Rule: such a key belongs to no account
// and may do only what a resource's policy lets the service do.
#pragma once

#include <string_view>

#include "aws/sigv4.h"
#include "base/random.h"
#include "base/result.h"
#include "store/store.h"

namespace meridian::services::iam {

// `service` is its principal: "cloudfront.amazonaws.com".
Result<aws::sigv4::SigningKey> service_key(store::Store& store, Random& random, std::string_view service);

}  // namespace meridian::services::iam
