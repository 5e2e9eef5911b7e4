// JSON to structs and back. Rule: the sentences of refusals are those of AWS's own JSON services, where
// known.
#include "aws/protocols/json_body.h"

#include <cmath>
#include <limits>

#include "aws/protocol.h"
#include "aws/protocols/scalar_text.h"
#include "base/bytes.h"
#include "formats/json/json.h"

namespace meridian::aws {

namespace {

const char* found_name(const json::Value& tree) {
  if (tree.is_null()) return "NULL_VALUE";
  if (const bool* flag = tree.get<bool>()) return *flag ? "TRUE_VALUE" : "FALSE_VALUE";
  if (tree.get<std::string>()) return "STRING_VALUE";
  return "NUMBER_VALUE";
}

const char* wanted_name(Kind kind) {
  switch (kind) {
    case Kind::Boolean:
      return "a Boolean";
    case Kind::Integer:
      return "an Integer";
    case Kind::Long:
      return "a Long";
    case Kind::Float:
      return "a Float";
    case Kind::Double:
      return "a Double";
    case Kind::String:
      return "a String";
    case Kind::Blob:
      return "a Blob";
    case Kind::Timestamp:
      return "a timestamp";
    case Kind::Structure:
      return "a structure";
    case Kind::List:
      return "a list";
    case Kind::Map:
      return "a map";
  }
  return "";
}

struct JsonFormat {
  using Tree = json::Value;
  static const json::Array* array(const Tree& tree) { return tree.get<json::Array>(); }
  static const json::Object* fields(const Tree& tree) { return tree.get<json::Object>(); }
  static const Tree* field(const Tree& tree, const Member& member) { return tree.find(member.wire); }
  static bool is_absent(const Tree& tree) { return tree.is_null(); }

  template <typename Integer>
  static std::optional<Integer> integer(const Tree& tree) {
    const auto* exact = tree.get<std::int64_t>();
    std::int64_t value = exact ? *exact : 0;
    if (const double* real = tree.get<double>()) {
      // JSON has one kind of number: 5.0 and 5e0 are the integer 5.
      if (!(std::abs(*real) < 0x1p63) || *real != std::trunc(*real)) return std::nullopt;
      value = static_cast<std::int64_t>(*real);
    } else if (!exact) {
      return std::nullopt;
    }
    if (value < std::numeric_limits<Integer>::min() || value > std::numeric_limits<Integer>::max())
      return std::nullopt;
    return static_cast<Integer>(value);
  }

  static std::optional<double> number(const Tree& tree) {
    if (const auto* value = tree.get<std::int64_t>()) return static_cast<double>(*value);
    if (const auto* value = tree.get<std::uint64_t>()) return static_cast<double>(*value);
    if (const auto* value = tree.get<double>()) return *value;
    const auto* text = tree.get<std::string>();
    if (!text) return std::nullopt;
    if (*text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (*text == "Infinity") return std::numeric_limits<double>::infinity();
    if (*text == "-Infinity") return -std::numeric_limits<double>::infinity();
    return std::nullopt;
  }

  // Clients differ in the format they send, so any of them is read.
  static std::optional<SystemTime> timestamp(const Tree& tree) {
    if (const auto* text = tree.get<std::string>()) return timestamp_from_text(*text);
    const auto seconds = number(tree);
    return seconds ? timestamp_from_seconds(*seconds) : std::nullopt;
  }

  static std::optional<std::string> blob(const Tree& tree) {
    const auto* text = tree.get<std::string>();
    return text ? from_base64(*text) : std::nullopt;
  }

  static Failure mismatch(const Tree& tree, const Shape& shape, const Path&) {
    if (array(tree)) return refuse(kSerializationException, "Start of list found where not expected");
    if (fields(tree))
      return refuse(kSerializationException, "Start of structure or map found where not expected.");
    return refuse(kSerializationException,
                  std::string(found_name(tree)) + " can not be converted to " + wanted_name(shape.kind));
  }
};

void write_timestamp(json::Writer& writer, SystemTime time, TimestampFormat format) {
  format = format_or(format, TimestampFormat::Unix);
  if (format != TimestampFormat::Unix) return writer.string(timestamp_to_text(time, format));
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  if (time == whole) return writer.integer(whole.time_since_epoch().count());
  writer.number(timestamp_to_seconds(time));
}

template <typename T>
const T& as(const void* value) {
  return *static_cast<const T*>(value);
}

void write_value(json::Writer& writer, const Shape& shape, TimestampFormat timestamp, const void* value);

void write_list(json::Writer& writer, const Shape& shape, const void* list) {
  writer.begin_array();
  for (std::size_t i = 0; i < shape.storage->count(list); ++i)
    write_value(writer, *shape.element, shape.element->timestamp, shape.storage->at(list, i));
  writer.end_array();
}

void write_map(json::Writer& writer, const Shape& shape, const void* map) {
  struct Context {
    json::Writer& writer;
    const Shape& element;
  } context{writer, *shape.element};
  writer.begin_object();
  shape.storage->visit(map, &context, [](void* raw, const std::string& key, const void* item) {
    auto& [out, element] = *static_cast<Context*>(raw);
    out.key(key);
    write_value(out, element, element.timestamp, item);
  });
  writer.end_object();
}

void write_value(json::Writer& writer, const Shape& shape, TimestampFormat timestamp, const void* value) {
  switch (shape.kind) {
    case Kind::Boolean:
      return writer.boolean(as<bool>(value));
    case Kind::Integer:
      return writer.integer(as<std::int32_t>(value));
    case Kind::Long:
      return writer.integer(as<std::int64_t>(value));
    case Kind::Float:
      return writer.number(as<float>(value));
    case Kind::Double:
      return writer.number(as<double>(value));
    case Kind::String:
      return writer.string(as<std::string>(value));
    case Kind::Blob:
      return writer.string(to_base64(as_bytes(as<std::string>(value))));
    case Kind::Timestamp:
      return write_timestamp(writer, as<SystemTime>(value), timestamp);
    case Kind::List:
      return write_list(writer, shape, value);
    case Kind::Map:
      return write_map(writer, shape, value);
    case Kind::Structure:
      writer.begin_object();
      write_json_members(writer, shape, value, Members::All);
      return writer.end_object();
  }
}

}  // namespace

Outcome<void> decode_json(std::string_view body, const Shape& shape, void* structure, Members which,
                          Violations* violations, const Path& at) {
  const auto tree = json::parse(body.empty() ? "{}" : body,
                                {.depth = kDepthMax, .elements = kElementsMax, .bytes = kBodyBytesMax});
  if (!tree) return refuse(kSerializationException, tree.error().message);
  return TreeDecoder<JsonFormat>(violations).structure(*tree, shape, structure, at, which);
}

void encode_json(std::string& body, const Shape& shape, const void* structure, Members which) {
  json::Writer writer(body);
  writer.begin_object();
  write_json_members(writer, shape, structure, which);
  writer.end_object();
}

void write_json_members(json::Writer& writer, const Shape& shape, const void* structure, Members which) {
  for (const Member& member : shape.members) {
    if (which == Members::OfBody && member.location != Location::Body) continue;
    const void* value = find(member, structure);
    if (!value) continue;
    writer.key(member.wire);
    write_value(writer, *member.shape, member.timestamp, value);
  }
}

Outcome<void> read_json_members(const json::Value& tree, const Shape& shape, void* structure, Members which) {
  return TreeDecoder<JsonFormat>(nullptr).structure(tree, shape, structure, {}, which);
}

}  // namespace meridian::aws
