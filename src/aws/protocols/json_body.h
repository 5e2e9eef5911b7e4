// Structs as JSON, the same for awsJson and rest-json: timestamps are seconds since 1970 unless the model
// says otherwise, blobs are base64, and a member is named by its locationName.
#pragma once

#include <string>
#include <string_view>

#include "aws/protocols/tree_decoder.h"

namespace meridian::json {
class Value;
class Writer;
}  // namespace meridian::json

namespace meridian::aws {

inline constexpr const char* kSerializationException = "SerializationException";

// An empty body is a structure without members.
Outcome<void> decode_json(std::string_view body, const Shape& shape, void* structure, Members which,
                          Violations* violations, const Path& at);
void encode_json(std::string& body, const Shape& shape, const void* structure, Members which);

// The fields without their braces.
void write_json_members(json::Writer& writer, const Shape& shape, const void* structure, Members which);
// On the client's side.
Outcome<void> read_json_members(const json::Value& tree, const Shape& shape, void* structure, Members which);

}  // namespace meridian::aws
