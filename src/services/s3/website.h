// A request to a bucket's website, answered as a browser wants it: index documents, error documents,
// redirects, errors as HTML. Rule: objects are read through S3's own operations, as anybody reads them
// without a signature; only what a policy makes public is shown.
#pragma once

#include <memory>

#include "aws/unmodelled.h"

namespace meridian::services::s3 {

class S3;

std::unique_ptr<aws::UnmodelledCall> make_website_call(S3& service, std::string bucket,
                                                       aws::HttpRequest head);

}  // namespace meridian::services::s3
