// A browser's question whether a page may send a request to a bucket (Fetch §4.8, "CORS-preflight fetch"),
// which nobody signs; and what answers to that request say of it.
#pragma once

#include <memory>

#include "aws/unmodelled.h"

namespace meridian::services::s3 {

class S3;

std::unique_ptr<aws::UnmodelledCall> make_preflight_call(S3& service, aws::HttpRequest head);

}  // namespace meridian::services::s3
