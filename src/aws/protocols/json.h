// awsJson 1.0 and 1.1: every call is a POST to "/", the operation stands in X-Amz-Target.
#pragma once

#include <memory>

#include "aws/protocol.h"

namespace meridian::aws {

// `model` must outlive the codec.
std::unique_ptr<Codec> make_json_codec(const ServiceModel& model);

}  // namespace meridian::aws
