// Reading refuses on the server's side what the model does not know, as AWS's schemas do: a setting that
// cannot take effect must not look accepted.
#include "aws/protocols/xml_shapes.h"

#include "aws/protocols/decoded_bytes.h"
#include "aws/protocols/scalar_text.h"

namespace meridian::aws {

namespace {

std::string_view local(std::string_view name) {
  std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

bool is_flattened(const Member& member) {
  return member.flattened && (member.shape->kind == Kind::List || member.shape->kind == Kind::Map);
}

// What a flattened list's elements are called: SDKs read the element's own name before the member's.
const char* flattened_name(const Member& member) {
  bool own = member.shape->kind == Kind::List && member.shape->element_named;
  return own ? member.shape->element_wire : member.wire;
}

bool is_called(const Member& member, std::string_view element) {
  return element == local(member.wire) || (is_flattened(member) && element == flattened_name(member));
}

const Member* find_member(const Shape& structure, std::string_view element) {
  for (const Member& member : structure.members)
    if (member.location == Location::Body && !member.xml_attribute && is_called(member, element))
      return &member;
  return nullptr;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

class Reader {
 public:
  explicit Reader(const XmlReading& reading) : reading_(reading) {}

  Outcome<void> structure(const Shape& shape, xml::Element element, void* value, const Path& at) {
    std::vector<bool> seen(shape.members.size());
    for (xml::Element child = element.first_child(); child; child = child.next_sibling()) {
      const Member* member = find_member(shape, child.name());
      std::size_t index = member ? static_cast<std::size_t>(member - shape.members.data()) : 0;
      if (!member || (seen[index] && !is_flattened(*member))) {
        if (reading_.violations) return unexpected(child);
        continue;
      }
      Path path{.parent = &at, .member = member->name};
      TRY(this->member(*member, child, value, !seen[index], path));
      seen[index] = true;
    }
    for (const Member& member : shape.members) {
      if (member.location != Location::Body) continue;
      if (member.xml_attribute) {
        auto text = element.attribute(local(member.wire));
        if (text) TRY(scalar(*member.shape, *text, emplace(member, value)));
        if (text) continue;
      } else if (seen[static_cast<std::size_t>(&member - shape.members.data())]) {
        continue;
      }
      if (member.required && reading_.violations) reading_.violations->missing(at, member);
    }
    return {};
  }

 private:
  Failure unexpected(xml::Element element) const {
    return refuse(reading_.code,
                  "Invalid XML ; cvc-complex-type.2.4.a: Invalid content was found starting with element '" +
                      std::string(element.name()) + "'.");
  }

  Outcome<void> member(const Member& member, xml::Element element, void* structure, bool first,
                       const Path& path) {
    const Shape& shape = *member.shape;
    if (!is_flattened(member)) return value(shape, element, emplace(member, structure), path);
    void* collection = first ? emplace(member, structure) : const_cast<void*>(find(member, structure));
    if (shape.kind == Kind::Map) return entry(shape, element, collection, path);
    return this->element(shape, element, collection, path);
  }

  Outcome<void> value(const Shape& shape, xml::Element element, void* place, const Path& path) {
    switch (shape.kind) {
      case Kind::Structure:
        return structure(shape, element, place, path);
      case Kind::List:
        return list(shape, element, place, path);
      case Kind::Map:
        return map(shape, element, place, path);
      default:
        return scalar(shape, element.text(), place);
    }
  }

  Outcome<void> scalar(const Shape& shape, std::string_view text, void* place) {
    std::string_view read = shape.kind == Kind::String ? text : trimmed(text);
    if (scalar_from_text(shape, read, place)) return {};
    return refuse(reading_.code, "Invalid XML ; cvc-datatype-valid.1.2.1: '" + std::string(text) +
                                     "' is not a valid value for '" + std::string(kind_name(shape.kind)) +
                                     "'.");
  }

  Outcome<void> list(const Shape& shape, xml::Element element, void* place, const Path& path) {
    for (xml::Element child = element.first_child(); child; child = child.next_sibling()) {
      if (child.name() == shape.element_wire)
        TRY(this->element(shape, child, place, path));
      else if (reading_.violations)
        return unexpected(child);
    }
    return {};
  }

  Outcome<void> element(const Shape& shape, xml::Element element, void* list, const Path& path) {
    if (!decoded_bytes_.spend(*shape.element)) return too_large();
    void* place = shape.storage->append(list);
    return value(*shape.element, element, place,
                 Path{.parent = &path, .position = shape.storage->count(list)});
  }

  Outcome<void> map(const Shape& shape, xml::Element element, void* place, const Path& path) {
    for (xml::Element child = element.first_child(); child; child = child.next_sibling()) {
      if (child.name() == "entry")
        TRY(entry(shape, child, place, path));
      else if (reading_.violations)
        return unexpected(child);
    }
    return {};
  }

  Outcome<void> entry(const Shape& shape, xml::Element element, void* map, const Path& path) {
    xml::Element key = element.child(shape.key_wire), item = element.child(shape.element_wire);
    if (!key || !item) return unexpected(element);
    if (!decoded_bytes_.spend(*shape.element)) return too_large();
    std::string name = key.text();
    void* place = shape.storage->insert(map, name);
    if (!place) return unexpected(element);
    return value(*shape.element, item, place, Path{.parent = &path, .key = &name});
  }

  Failure too_large() const { return refuse(reading_.code, "Invalid XML ; the document is too large", 413); }

  const XmlReading& reading_;
  DecodedBytes decoded_bytes_;
};

void write_value(xml::Writer& writer, const Shape& shape, const void* value, TimestampFormat format);

void write_list(xml::Writer& writer, const Shape& shape, const void* value, const char* name) {
  for (std::size_t i = 0; i < shape.storage->count(value); ++i) {
    writer.open(name);
    write_value(writer, *shape.element, shape.storage->at(value, i), shape.element->timestamp);
    writer.close();
  }
}

void write_map(xml::Writer& writer, const Shape& shape, const void* value, const char* entry_name) {
  struct Context {
    xml::Writer& writer;
    const Shape& shape;
    const char* entry_name;
  } context{writer, shape, entry_name};
  shape.storage->visit(value, &context, [](void* raw, const std::string& key, const void* item) {
    auto& [out, map, entry] = *static_cast<Context*>(raw);
    out.open(entry);
    out.element(map.key_wire, key);
    out.open(map.element_wire);
    write_value(out, *map.element, item, map.element->timestamp);
    out.close();
    out.close();
  });
}

void write_value(xml::Writer& writer, const Shape& shape, const void* value, TimestampFormat format) {
  switch (shape.kind) {
    case Kind::Structure:
      write_xml(writer, shape, value);
      break;
    case Kind::List:
      write_list(writer, shape, value, shape.element_wire);
      break;
    case Kind::Map:
      write_map(writer, shape, value, "entry");
      break;
    default:
      writer.text(scalar_to_text(shape, value, format_or(format, TimestampFormat::Iso8601)));
  }
}

void write_member(xml::Writer& writer, const Member& member, const void* value) {
  const Shape& shape = *member.shape;
  if (is_flattened(member)) {
    if (shape.kind == Kind::List) return write_list(writer, shape, value, flattened_name(member));
    return write_map(writer, shape, value, member.wire);
  }
  writer.open(member.wire);
  if (member.xml_namespace)
    writer.attribute(
        member.xml_namespace_prefix ? std::string("xmlns:") + member.xml_namespace_prefix : "xmlns",
        member.xml_namespace);
  write_value(writer, shape, value, member.timestamp);
  writer.close();
}

}  // namespace

Outcome<void> read_xml(const XmlReading& reading, const Shape& structure, xml::Element element, void* value,
                       const Path& at) {
  return Reader(reading).structure(structure, element, value, at);
}

void write_xml(xml::Writer& writer, const Shape& structure, const void* value, const Member* except) {
  for (const Member& member : structure.members) {
    if (member.location != Location::Body || !member.xml_attribute) continue;
    const void* part = find(member, value);
    if (!part) continue;
    // The one prefix that models have attributes of (S3's Grantee); a document without its binding is
    // malformed.
    if (std::string_view(member.wire).starts_with("xsi:"))
      writer.attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
    writer.attribute(member.wire, scalar_to_text(*member.shape, part, TimestampFormat::Iso8601));
  }
  for (const Member& member : structure.members) {
    if (member.location != Location::Body || member.xml_attribute || &member == except) continue;
    if (const void* part = find(member, value)) write_member(writer, member, part);
  }
}

void note_missing_members(Violations& violations, const Shape& structure, const Path& at) {
  for (const Member& member : structure.members)
    if (member.location == Location::Body && member.required) violations.missing(at, member);
}

}  // namespace meridian::aws
