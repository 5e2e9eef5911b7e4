// Errors of the JSON protocols, and what rpc-v2-cbor shares with them.
// Rule: a client finds the code in the header or in the body's __type; both may carry a namespace or an
// address that is not part of it.
#pragma once

#include <string>
#include <string_view>

#include "aws/http.h"
#include "aws/protocols/tree_decoder.h"
#include "aws/service.h"

namespace meridian::aws {

inline constexpr const char* kErrorTypeHeader = "x-amzn-ErrorType";
inline constexpr const char* kRequestIdHeader = "x-amzn-RequestId";

// {"__type":…,"message":…, the error's own members}; __type only `with_type`.
std::string json_error_body(const ServiceError& error, bool with_type, Members which);
ServiceError decode_json_error(const ServiceModel& model, const HttpResponse& response, Members which);

// "ns#Code:http://…" is Code.
std::string_view bare_error_code(std::string_view text);
// Whether the details carry the message, in a member of whatever capitals.
bool has_message_member(const Value& details);
// Code, status and fault; the details are made ready to be decoded when the model knows the code and it has
// members.
ServiceError start_error(const ServiceModel& model, std::string_view code, int status);

}  // namespace meridian::aws
