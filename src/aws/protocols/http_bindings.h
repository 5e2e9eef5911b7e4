// Members that travel outside the body: one function a place and a direction.
// Rule: decoding notes required members that did not come; it never invents a value.
#pragma once

#include "aws/error.h"
#include "aws/http.h"
#include "aws/protocols/constraints.h"
#include "aws/protocols/rest_routes.h"
#include "aws/service.h"

namespace meridian::aws {

// Labels, query and headers of a request into the input. `code` is that of a value that cannot be read.
Outcome<void> decode_request_bindings(const Operation& operation, const HttpRequest& request, void* input,
                                      Violations& violations, const char* code);
// Path, query and headers of a request from the input.
void encode_request_bindings(const Operation& operation, const void* input, HttpRequest& request);

// Headers (and, for outputs and errors, the status) of a response.
void encode_response_bindings(const Shape& structure, const void* value, HttpResponse& response);
Outcome<void> decode_response_bindings(const Shape& structure, const HttpResponse& response, void* value);

}  // namespace meridian::aws
