// The rest-xml protocol: Route 53, CloudFront, S3.
#pragma once

#include "aws/protocols/rest.h"

namespace meridian::aws {

std::unique_ptr<RestBody> make_rest_xml_body(const ServiceModel& model);

}  // namespace meridian::aws
