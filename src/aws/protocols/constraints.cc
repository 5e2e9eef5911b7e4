// Checks and their sentences. Rule: the wording is AWS's, since callers match on it.
#include "aws/protocols/constraints.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "aws/protocol.h"
#include "aws/protocols/scalar_text.h"

namespace meridian::aws {

namespace {

constexpr std::size_t kValueShownMax = 512;

// AWS spells members in messages with a small first letter, whatever follows ("vPCId").
void append_path(std::string& out, const Path& path) {
  if (path.parent) append_path(out, *path.parent);
  auto dot = [&] {
    if (!out.empty()) out += '.';
  };
  if (path.member) {
    dot();
    std::size_t start = out.size();
    out += path.member;
    if (out[start] >= 'A' && out[start] <= 'Z') out[start] = static_cast<char>(out[start] + 32);
  } else if (path.position) {
    dot();
    out += std::to_string(path.position) + ".member";
  } else if (path.key) {
    dot();
    out += *path.key + ".member";
  }
}

void append_shown(std::string& out, const Shape& shape, const void* value);

void append_members_shown(std::string& out, const Shape& shape, const void* value) {
  bool first = true;
  for (const Member& member : shape.members) {
    const void* part = find(member, value);
    if (!part) continue;
    out += first ? "" : ", ";
    first = false;
    out.append(member.name).append("=");
    append_shown(out, *member.shape, part);
  }
}

// As Java prints collections: [a, b] and {k=v}.
void append_shown(std::string& out, const Shape& shape, const void* value) {
  if (out.size() > kValueShownMax) return;
  if (shape.sensitive) {
    out += "***";
  } else if (shape.kind == Kind::Structure) {
    out += '{';
    append_members_shown(out, shape, value);
    out += '}';
  } else if (shape.kind == Kind::List) {
    out += '[';
    for (std::size_t i = 0; i < shape.storage->count(value); ++i) {
      if (i) out += ", ";
      append_shown(out, *shape.element, shape.storage->at(value, i));
    }
    out += ']';
  } else if (shape.kind == Kind::Map) {
    struct Context {
      std::string& out;
      const Shape& shape;
      bool first = true;
    } context{out, shape};
    out += '{';
    shape.storage->visit(value, &context, [](void* raw, const std::string& key, const void* item) {
      auto& [text, map, first] = *static_cast<Context*>(raw);
      text += (first ? "" : ", ") + key + "=";
      first = false;
      append_shown(text, *map.element, item);
    });
    out += '}';
  } else {
    out += scalar_to_text(shape, value, TimestampFormat::Iso8601);
  }
}

// Characters as Java counts them: UTF-16 units.
std::size_t text_length(std::string_view text) {
  std::size_t length = 0;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    length += (byte & 0xc0) != 0x80;
    length += byte >= 0xf0;
  }
  return length;
}

// What min and max bound, or nothing where they say nothing.
std::optional<double> measure(const Shape& shape, const void* value) {
  switch (shape.kind) {
    case Kind::Integer:
      return *static_cast<const std::int32_t*>(value);
    case Kind::Long:
      return static_cast<double>(*static_cast<const std::int64_t*>(value));
    case Kind::Float:
      return *static_cast<const float*>(value);
    case Kind::Double:
      return *static_cast<const double*>(value);
    case Kind::String:
      return static_cast<double>(text_length(*static_cast<const std::string*>(value)));
    case Kind::Blob:
      return static_cast<double>(static_cast<const std::string*>(value)->size());
    case Kind::List:
    case Kind::Map:
      return static_cast<double>(shape.storage->count(value));
    case Kind::Boolean:
    case Kind::Timestamp:
    case Kind::Structure:
      break;
  }
  return std::nullopt;
}

bool is_number(Kind kind) {
  return kind == Kind::Integer || kind == Kind::Long || kind == Kind::Float || kind == Kind::Double;
}

bool in_set(const Constraints& constraints, const std::string& text) {
  for (const char* value : constraints.values)
    if (text == value) return true;
  return false;
}

std::string bound_text(const Shape& shape, bool lower) {
  double bound = lower ? *shape.constraints->min : *shape.constraints->max;
  std::string text = is_number(shape.kind) ? "Member must have value " : "Member must have length ";
  text += lower ? "greater than or equal to " : "less than or equal to ";
  if (bound == std::floor(bound) && std::abs(bound) < 9e15) return text + std::to_string(std::llround(bound));
  return text + scalar_to_text(Shape{.kind = Kind::Double, .name = ""}, &bound, TimestampFormat::Unix);
}

std::string set_text(const Constraints& constraints) {
  std::string text = "Member must satisfy enum value set: [";
  for (std::size_t i = 0; i < constraints.values.size(); ++i)
    text.append(i ? ", " : "").append(constraints.values[i]);
  return text + "]";
}

std::string pattern_text(const Constraints& constraints) {
  return std::string("Member must satisfy regular expression pattern: ") + constraints.model_pattern;
}

// All constraints of a collection's scalars, as AWS lists them together when one is violated.
std::string all_constraints(const Shape& shape) {
  const Constraints& constraints = *shape.constraints;
  std::vector<std::string> all;
  if (constraints.max) all.push_back(bound_text(shape, false));
  if (constraints.min) all.push_back(bound_text(shape, true));
  if (constraints.pattern) all.push_back(pattern_text(constraints));
  if (!constraints.values.empty()) all.push_back(set_text(constraints));
  std::string text = "[";
  for (std::size_t i = 0; i < all.size(); ++i) text += (i ? ", " : "") + all[i];
  return text + "]";
}

bool is_scalar(const Shape& shape) {
  return shape.kind != Kind::Structure && shape.kind != Kind::List && shape.kind != Kind::Map;
}

}  // namespace

std::string to_text(const Path& path) {
  std::string text;
  append_path(text, path);
  return text;
}

bool Violations::is_missing(const Path& structure, const Member& member) const {
  if (missing_.empty()) return false;
  std::string path = to_text(Path{.parent = &structure, .member = member.name});
  return std::ranges::find(missing_, path) != missing_.end();
}

std::vector<std::string> Violations::violated(const Shape& shape, const void* value) const {
  std::vector<std::string> found;
  if (!shape.constraints) return found;
  const Constraints& constraints = *shape.constraints;
  if (auto size = measure(shape, value)) {
    // NaN is within no bounds.
    if (constraints.max && !(*size <= *constraints.max)) found.push_back(bound_text(shape, false));
    if (constraints.min && !(*size >= *constraints.min)) found.push_back(bound_text(shape, true));
  }
  if (shape.kind != Kind::String) return found;
  const auto& text = *static_cast<const std::string*>(value);
  if (constraints.pattern && !patterns_->match(constraints.pattern, text))
    found.push_back(pattern_text(constraints));
  if (!constraints.values.empty() && !in_set(constraints, text)) found.push_back(set_text(constraints));
  return found;
}

void Violations::missing(const Path& structure, const Member& member) {
  if (found_.size() >= kViolationsMax) return;
  missing_.push_back(to_text(Path{.parent = &structure, .member = member.name}));
  found_.push_back("Value null at '" + missing_.back() +
                   "' failed to satisfy constraint: Member must not be null");
}

void Violations::add(const Shape& shape, const void* value, const Path& at, std::string_view constraint) {
  if (found_.size() >= kViolationsMax) return;
  std::string text = "Value ";
  if (!shape.sensitive) {  // AWS leaves a secret out of the sentence
    std::string shown;
    append_shown(shown, shape, value);
    if (shown.size() > kValueShownMax) shown = shown.substr(0, kValueShownMax) + "...";
    text += "'" + shown + "' ";
  }
  text.append("at '").append(to_text(at)).append("' failed to satisfy constraint: ").append(constraint);
  found_.push_back(std::move(text));
}

void Violations::check(const Shape& shape, const void* value, const Path& at) {
  if (found_.size() >= kViolationsMax) return;
  for (const std::string& constraint : violated(shape, value)) add(shape, value, at, constraint);
  if (shape.kind == Kind::Structure) check_structure(shape, value, at);
  if (shape.kind == Kind::List) check_list(shape, value, at);
  if (shape.kind == Kind::Map) check_map(shape, value, at);
}

void Violations::check_structure(const Shape& shape, const void* value, const Path& at) {
  std::size_t present = 0;
  for (const Member& member : shape.members) {
    const void* part = find(member, value);
    if (!part) continue;
    ++present;
    // What did not come is null, not an empty value that breaks its bounds.
    if (member.required && is_missing(at, member)) continue;
    check(*member.shape, part, Path{.parent = &at, .member = member.name});
  }
  if (shape.is_union && present != 1) add(shape, value, at, "Member must have exactly one of its fields set");
}

void Violations::check_list(const Shape& shape, const void* value, const Path& at) {
  std::size_t count = shape.storage->count(value);
  for (std::size_t i = 0; i < count; ++i) {
    const void* element = shape.storage->at(value, i);
    if (!is_scalar(*shape.element)) {
      check(*shape.element, element, Path{.parent = &at, .position = i + 1});
    } else if (!violated(*shape.element, element).empty()) {
      add(shape, value, at, "Member must satisfy constraint: " + all_constraints(*shape.element));
      return;
    }
  }
}

void Violations::check_map(const Shape& shape, const void* value, const Path& at) {
  struct Context {
    Violations& violations;
    const Shape& shape;
    const Path& at;
    bool bad_key = false, bad_value = false;
  } context{*this, shape, at};
  shape.storage->visit(value, &context, [](void* raw, const std::string& key, const void* item) {
    auto& [violations, map, path, bad_key, bad_value] = *static_cast<Context*>(raw);
    bad_key = bad_key || !violations.violated(*map.key, &key).empty();
    if (is_scalar(*map.element))
      bad_value = bad_value || !violations.violated(*map.element, item).empty();
    else
      violations.check(*map.element, item, Path{.parent = &path, .key = &key});
  });
  if (context.bad_key)
    add(shape, value, at, "Map keys must satisfy constraint: " + all_constraints(*shape.key));
  if (context.bad_value)
    add(shape, value, at, "Map value must satisfy constraint: " + all_constraints(*shape.element));
}

std::string Violations::message() const {
  std::string text = std::to_string(found_.size());
  text += found_.size() == 1 ? " validation error detected: " : " validation errors detected: ";
  for (std::size_t i = 0; i < found_.size(); ++i) text.append(i ? "; " : "").append(found_[i]);
  return text;
}

Outcome<Value> checked(Value input, Violations violations, const char* code) {
  violations.check(input.shape(), input.data());
  if (violations.empty()) return input;
  return refuse(code, violations.message());
}

}  // namespace meridian::aws
