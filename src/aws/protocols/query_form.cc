// Parameters become a tree by their dots, and the tree is read along the shapes.
#include "aws/protocols/query_form.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "aws/protocol.h"
#include "aws/protocols/decoded_bytes.h"
#include "aws/protocols/scalar_text.h"
#include "base/percent.h"

namespace meridian::aws {

namespace {

struct Node {
  std::string_view value;
  bool has_value = false;
  std::map<std::string_view, Node> children;

  const Node* child(std::string_view name) const {
    auto place = children.find(name);
    return place == children.end() ? nullptr : &place->second;
  }
};

Outcome<Node> tree_of(const QueryPairs& pairs) {
  Node root;
  std::size_t nodes = 0;
  for (const auto& [name, value] : pairs) {
    Node* node = &root;
    std::string_view rest = name;
    for (std::size_t depth = 0;; ++depth) {
      if (depth == kDepthMax) return refuse("MalformedQueryString", "A parameter is nested too deep");
      std::size_t dot = rest.find('.');
      auto [place, fresh] = node->children.try_emplace(rest.substr(0, dot));
      nodes += fresh;
      if (nodes > kFormNodesMax) return refuse("MalformedQueryString", "Too many parameters", 413);
      node = &place->second;
      if (dot == std::string_view::npos) break;
      rest.remove_prefix(dot + 1);
    }
    node->value = value;
    node->has_value = true;
  }
  return root;
}

// The children called 1, 2, …, in the order of their numbers; gaps do not matter.
std::vector<const Node*> numbered(const Node& node) {
  std::vector<std::pair<std::uint32_t, const Node*>> found;
  for (const auto& [name, child] : node.children) {
    std::uint32_t number = 0;
    auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && stop == name.data() + name.size()) found.emplace_back(number, &child);
  }
  std::ranges::sort(found);
  std::vector<const Node*> nodes;
  for (const auto& entry : found) nodes.push_back(entry.second);
  return nodes;
}

const char* wire_name(FormDialect dialect, const Member& member) {
  return dialect == FormDialect::Ec2 ? member.query_name : member.wire;
}

bool is_flat(FormDialect dialect, const Member& member) {
  return dialect == FormDialect::Ec2 || member.flattened;
}

class Reader {
 public:
  Reader(FormDialect dialect, Violations& violations) : dialect_(dialect), violations_(violations) {}

  Outcome<void> structure(const Shape& shape, const Node& node, void* value, const Path& at) {
    for (const Member& member : shape.members) {
      const Node* child = node.child(name_of(member));
      if (!child) {
        if (member.required) violations_.missing(at, member);
        continue;
      }
      Path path{.parent = &at, .member = member.name};
      TRY(read(*member.shape, is_flat(dialect_, member), *child, emplace(member, value), path));
    }
    return {};
  }

 private:
  // A flattened list's parameters carry the name of its elements where they have one.
  const char* name_of(const Member& member) const {
    bool own = dialect_ == FormDialect::Query && member.flattened && member.shape->kind == Kind::List &&
               member.shape->element_named;
    return own ? member.shape->element_wire : wire_name(dialect_, member);
  }

  Outcome<void> read(const Shape& shape, bool flat, const Node& node, void* place, const Path& path) {
    switch (shape.kind) {
      case Kind::Structure:
        return structure(shape, node, place, path);
      case Kind::List:
        return list(shape, flat ? &node : node.child(shape.element_wire), place, path);
      case Kind::Map:
        return map(shape, flat ? &node : node.child("entry"), place, path);
      default:
        break;
    }
    if (scalar_from_text(shape, node.value, place)) return {};
    return refuse("MalformedInput", "'" + std::string(node.value) + "' at '" + to_text(path) +
                                        "' is not a valid value for '" + std::string(kind_name(shape.kind)) +
                                        "'");
  }

  // A list without elements is sent as "Name=".
  Outcome<void> list(const Shape& shape, const Node* node, void* place, const Path& path) {
    if (!node) return {};
    std::size_t position = 0;
    for (const Node* element : numbered(*node)) {
      if (!decoded_bytes_.spend(*shape.element)) return too_large();
      TRY(read(*shape.element, shape.element->flattened || dialect_ == FormDialect::Ec2, *element,
               shape.storage->append(place), Path{.parent = &path, .position = ++position}));
    }
    return {};
  }

  Outcome<void> map(const Shape& shape, const Node* node, void* place, const Path& path) {
    if (!node) return {};
    for (const Node* entry : numbered(*node)) {
      const Node* key = entry->child(shape.key_wire);
      const Node* item = entry->child(shape.element_wire);
      if (!key || !item)
        return refuse("MalformedInput", "A map entry needs a key and a value at '" + to_text(path) + "'");
      if (!decoded_bytes_.spend(*shape.element)) return too_large();
      std::string name(key->value);
      void* slot = shape.storage->insert(place, name);
      if (!slot)
        return refuse("MalformedInput", "The key '" + name + "' occurs twice at '" + to_text(path) + "'");
      TRY(read(*shape.element, shape.element->flattened, *item, slot, Path{.parent = &path, .key = &name}));
    }
    return {};
  }

  static Failure too_large() { return refuse("MalformedQueryString", "The parameters are too large", 413); }

  FormDialect dialect_;
  Violations& violations_;
  DecodedBytes decoded_bytes_;
};

class FormWriter {
 public:
  FormWriter(FormDialect dialect, std::string& form) : dialect_(dialect), form_(form) {}

  void structure(const std::string& prefix, const Shape& shape, const void* value) {
    for (const Member& member : shape.members) {
      const void* part = find(member, value);
      if (!part) continue;
      bool flat = is_flat(dialect_, member);
      bool own = dialect_ == FormDialect::Query && flat && member.shape->kind == Kind::List &&
                 member.shape->element_named;
      std::string name = prefix + (own ? member.shape->element_wire : wire_name(dialect_, member));
      write(name, *member.shape, flat, part, member.timestamp);
    }
  }

 private:
  void parameter(const std::string& name, std::string_view value) {
    form_ += "&" + percent_encode(name) + "=" + percent_encode(value);
  }

  void write(const std::string& name, const Shape& shape, bool flat, const void* value,
             TimestampFormat format) {
    switch (shape.kind) {
      case Kind::Structure:
        structure(name + ".", shape, value);
        break;
      case Kind::List:
        list(name, shape, flat, value);
        break;
      case Kind::Map:
        map(name, shape, flat, value);
        break;
      default:
        parameter(name, scalar_to_text(shape, value, format_or(format, TimestampFormat::Iso8601)));
    }
  }

  void list(const std::string& name, const Shape& shape, bool flat, const void* value) {
    std::size_t count = shape.storage->count(value);
    if (count == 0) parameter(name, "");
    std::string prefix = name + (flat ? "." : std::string(".") + shape.element_wire + ".");
    bool flat_element = shape.element->flattened || dialect_ == FormDialect::Ec2;
    for (std::size_t i = 0; i < count; ++i)
      write(prefix + std::to_string(i + 1), *shape.element, flat_element, shape.storage->at(value, i),
            shape.element->timestamp);
  }

  void map(const std::string& name, const Shape& shape, bool flat, const void* value) {
    if (shape.storage->count(value) == 0) parameter(name, "");
    struct Context {
      FormWriter& writer;
      const Shape& shape;
      std::string prefix;
      std::size_t position = 0;
    } context{*this, shape, name + (flat ? "." : ".entry.")};
    shape.storage->visit(value, &context, [](void* raw, const std::string& key, const void* item) {
      auto& [writer, map, prefix, position] = *static_cast<Context*>(raw);
      std::string entry = prefix + std::to_string(++position) + ".";
      writer.parameter(entry + map.key_wire, key);
      writer.write(entry + map.element_wire, *map.element, map.element->flattened, item,
                   map.element->timestamp);
    });
  }

  FormDialect dialect_;
  std::string& form_;
};

}  // namespace

Outcome<void> read_form(FormDialect dialect, const QueryPairs& pairs, const Shape& structure, void* value,
                        Violations& violations) {
  Node root = TRY(tree_of(pairs));
  return Reader(dialect, violations).structure(structure, root, value, {});
}

void write_form(FormDialect dialect, std::string& form, const Shape& structure, const void* value) {
  FormWriter(dialect, form).structure("", structure, value);
}

}  // namespace meridian::aws
