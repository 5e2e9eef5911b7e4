// rest-json: the bindings of RestCodec around JSON bodies.
#pragma once

#include <memory>

#include "aws/protocols/rest.h"

namespace meridian::aws {

// `model` must outlive the body.
std::unique_ptr<RestBody> make_rest_json_body(const ServiceModel& model);

}  // namespace meridian::aws
