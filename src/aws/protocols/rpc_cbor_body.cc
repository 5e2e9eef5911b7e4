// CBOR to structs and back.
#include "aws/protocols/rpc_cbor_body.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "aws/protocol.h"
#include "aws/protocols/scalar_text.h"
#include "formats/cbor/cbor.h"

namespace meridian::aws {

namespace {

constexpr const char* kCode = "SerializationException";

struct CborFormat {
  using Tree = cbor::Value;
  static const cbor::Array* array(const Tree& tree) { return tree.get<cbor::Array>(); }
  static const cbor::Map* fields(const Tree& tree) { return tree.get<cbor::Map>(); }
  static const Tree* field(const Tree& tree, const Member& member) {
    const Tree* named = tree.find(member.name);
    // Smithy ignores the JSON name; botocore sends it all the same (and reads the member's own).
    return named ? named : tree.find(member.wire);
  }
  static bool is_absent(const Tree& tree) { return tree.is_absent(); }

  template <typename Integer>
  static std::optional<Integer> integer(const Tree& tree) {
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<Integer>::max());
    if (const auto* value = tree.get<std::uint64_t>())
      return *value <= kMax ? std::optional(static_cast<Integer>(*value)) : std::nullopt;
    if (const auto* negative = tree.get<cbor::Negative>())
      return negative->n <= kMax
                 ? std::optional(static_cast<Integer>(-1 - static_cast<std::int64_t>(negative->n)))
                 : std::nullopt;
    return std::nullopt;
  }

  // A client may send a float that is whole as an integer.
  static std::optional<double> number(const Tree& tree) {
    if (const double* value = tree.get<double>()) return *value;
    if (const auto* value = tree.get<std::uint64_t>()) return static_cast<double>(*value);
    if (const auto* value = tree.get<cbor::Negative>()) return -1.0 - static_cast<double>(value->n);
    return std::nullopt;
  }

  static std::optional<SystemTime> timestamp(const Tree& tree) {
    const cbor::Tagged* tagged = tree.tagged();
    if (!tagged) return std::nullopt;
    if (tagged->tag == cbor::kTagDateText) {
      const auto* text = tagged->value.get<std::string>();
      return text ? timestamp_from_text(*text) : std::nullopt;
    }
    const auto seconds = tagged->tag == cbor::kTagEpoch ? number(tagged->value) : std::nullopt;
    return seconds ? timestamp_from_seconds(*seconds) : std::nullopt;
  }

  static std::optional<std::string> blob(const Tree& tree) {
    const auto* blob = tree.get<cbor::ByteString>();
    return blob ? std::optional(blob->bytes) : std::nullopt;
  }

  static Failure mismatch(const Tree&, const Shape& shape, const Path& at) {
    return refuse(kCode,
                  "The value at '" + to_text(at) + "' is not a valid " + std::string(kind_name(shape.kind)));
  }
};

template <typename T>
const T& as(const void* value) {
  return *static_cast<const T*>(value);
}

void write_timestamp(cbor::Writer& writer, SystemTime time) {
  writer.tag(cbor::kTagEpoch);
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  if (time == whole) return writer.integer(whole.time_since_epoch().count());
  writer.number(timestamp_to_seconds(time));
}

void write_value(cbor::Writer& writer, const Shape& shape, const void* value);

void write_list(cbor::Writer& writer, const Shape& shape, const void* list) {
  const std::size_t count = shape.storage->count(list);
  writer.begin_array(count);
  for (std::size_t i = 0; i < count; ++i) write_value(writer, *shape.element, shape.storage->at(list, i));
}

void write_map(cbor::Writer& writer, const Shape& shape, const void* map) {
  struct Context {
    cbor::Writer& writer;
    const Shape& element;
  } context{writer, *shape.element};
  writer.begin_map(shape.storage->count(map));
  shape.storage->visit(map, &context, [](void* raw, const std::string& key, const void* item) {
    auto& [out, element] = *static_cast<Context*>(raw);
    out.string(key);
    write_value(out, element, item);
  });
}

void write_value(cbor::Writer& writer, const Shape& shape, const void* value) {
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
      return writer.bytes(as<std::string>(value));
    case Kind::Timestamp:
      return write_timestamp(writer, as<SystemTime>(value));
    case Kind::List:
      return write_list(writer, shape, value);
    case Kind::Map:
      return write_map(writer, shape, value);
    case Kind::Structure:
      writer.begin_map(count_members(shape, value));
      return write_cbor_members(writer, shape, value);
  }
}

}  // namespace

Outcome<void> decode_cbor(std::string_view body, const Shape& shape, void* structure,
                          Violations* violations) {
  static constexpr std::string_view kEmptyMap = "\xa0";
  const auto tree = cbor::parse(as_bytes(body.empty() ? kEmptyMap : body),
                                {.depth = kDepthMax, .elements = kElementsMax, .bytes = kBodyBytesMax});
  if (!tree) return refuse(kCode, tree.error().message);
  return TreeDecoder<CborFormat>(violations).structure(*tree, shape, structure, {}, Members::All);
}

void encode_cbor(std::string& body, const Shape& shape, const void* structure) {
  cbor::Writer writer(body);
  write_value(writer, shape, structure);
}

std::size_t count_members(const Shape& shape, const void* structure) {
  return static_cast<std::size_t>(
      std::ranges::count_if(shape.members, [&](const Member& member) { return find(member, structure); }));
}

void write_cbor_members(cbor::Writer& writer, const Shape& shape, const void* structure) {
  for (const Member& member : shape.members) {
    const void* value = find(member, structure);
    if (!value) continue;
    writer.string(member.name);
    write_value(writer, *member.shape, value);
  }
}

Outcome<void> read_cbor_members(const cbor::Value& tree, const Shape& shape, void* structure) {
  return TreeDecoder<CborFormat>(nullptr).structure(tree, shape, structure, {}, Members::All);
}

}  // namespace meridian::aws
