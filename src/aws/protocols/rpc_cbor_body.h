// Structs as CBOR for rpc-v2-cbor: blobs are byte strings, timestamps are tag 1, and a member has its own
// name (the JSON name of a model counts for nothing here).
#pragma once

#include <string>
#include <string_view>

#include "aws/protocols/tree_decoder.h"

namespace meridian::cbor {
class Value;
class Writer;
}  // namespace meridian::cbor

namespace meridian::aws {

// An empty body is a structure without members.
Outcome<void> decode_cbor(std::string_view body, const Shape& shape, void* structure, Violations* violations);
void encode_cbor(std::string& body, const Shape& shape, const void* structure);

// How many members are there, and their pairs of name and value without the head of the map.
std::size_t count_members(const Shape& shape, const void* structure);
void write_cbor_members(cbor::Writer& writer, const Shape& shape, const void* structure);
// On the client's side.
Outcome<void> read_cbor_members(const cbor::Value& tree, const Shape& shape, void* structure);

}  // namespace meridian::aws
