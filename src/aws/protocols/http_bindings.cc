// Location uri, querystring, header, headers (a prefix) and statusCode.
#include "aws/protocols/http_bindings.h"

#include <algorithm>
#include <cstdint>

#include "aws/protocols/scalar_text.h"
#include "base/percent.h"

namespace meridian::aws {

namespace {

Failure unreadable(const char* code, std::string_view text, const Member& member, Kind kind) {
  return refuse(code, "'" + std::string(text) + "' at '" + to_text(Path{.member = member.name}) +
                          "' is not a valid value for '" + std::string(kind_name(kind)) + "'");
}

Outcome<void> decode_scalar(const char* code, const Member& member, const Shape& shape, std::string_view text,
                            void* place) {
  if (scalar_from_text(shape, text, place)) return {};
  return unreadable(code, text, member, shape.kind);
}

// A header's list: separated by commas; a quoted element may hold one. Dates have a comma of their own.
std::vector<std::string> split_header(const Shape& element, std::string_view text) {
  bool dates = element.kind == Kind::Timestamp;
  std::vector<std::string> parts(1);
  bool quoted = false, skip_comma = dates;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted && c == '\\' && i + 1 < text.size()) {
      parts.back() += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted && !skip_comma) {
      parts.emplace_back();
      skip_comma = dates;
    } else if (!(c == ' ' && !quoted && parts.back().empty())) {
      if (c == ',') skip_comma = false;
      parts.back() += c;
    }
  }
  for (std::string& part : parts)
    while (part.ends_with(' ')) part.pop_back();
  return parts;
}

std::string header_element(const std::string& text) {
  if (text.find_first_of("\",") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

Outcome<void> decode_header(const char* code, const Member& member, std::string_view text, void* structure) {
  const Shape& shape = *member.shape;
  if (shape.kind != Kind::List) return decode_scalar(code, member, shape, text, emplace(member, structure));
  void* list = emplace(member, structure);
  for (const std::string& part : split_header(*shape.element, text))
    TRY(decode_scalar(code, member, *shape.element, part, shape.storage->append(list)));
  return {};
}

std::string header_text(const Member& member, const void* value) {
  const Shape& shape = *member.shape;
  TimestampFormat format = format_or(member.timestamp, TimestampFormat::Rfc822);
  if (shape.kind != Kind::List) return scalar_to_text(shape, value, format);
  std::string text;
  TimestampFormat element_format = format_or(shape.element->timestamp, TimestampFormat::Rfc822);
  for (std::size_t i = 0; i < shape.storage->count(value); ++i) {
    std::string part = scalar_to_text(*shape.element, shape.storage->at(value, i), element_format);
    text += (i ? ", " : "") + (shape.element->kind == Kind::Timestamp ? part : header_element(part));
  }
  return text;
}

Outcome<void> decode_header_map(const char* code, const Member& member, const Headers& headers,
                                void* structure) {
  const Shape& shape = *member.shape;
  std::string_view prefix = member.wire;
  void* map = nullptr;
  for (const auto& [name, text] : headers) {
    if (name.size() <= prefix.size() ||
        !equal_ignoring_case(std::string_view(name).substr(0, prefix.size()), prefix))
      continue;
    if (!map) map = emplace(member, structure);
    if (void* place = shape.storage->insert(map, name.substr(prefix.size())))
      TRY(decode_scalar(code, member, *shape.element, text, place));
  }
  return {};
}

void encode_headers(const Member& member, const void* value, Headers& headers) {
  if (member.location == Location::Header) {
    headers.set(member.wire, header_text(member, value));
    return;
  }
  struct Context {
    const Member& member;
    Headers& headers;
  } context{member, headers};
  member.shape->storage->visit(value, &context, [](void* raw, const std::string& key, const void* item) {
    auto& [map, out] = *static_cast<Context*>(raw);
    out.set(map.wire + key, scalar_to_text(*map.shape->element, item, TimestampFormat::Rfc822));
  });
}

// A map in the query takes every name that is no other member's and no constant of the template.
bool is_named(const Operation& operation, std::string_view name) {
  std::string_view uri = operation.uri;
  std::size_t mark = uri.find('?');
  while (mark != std::string_view::npos) {
    uri.remove_prefix(mark + 1);
    if (uri.substr(0, uri.find_first_of("=&")) == name) return true;
    mark = uri.find('&');
  }
  for (const Member& member : operation.input->members)
    if (member.location == Location::QueryString && member.shape->kind != Kind::Map && name == member.wire)
      return true;
  return false;
}

Outcome<void> decode_query_map(const char* code, const Operation& operation, const Member& member,
                               const QueryPairs& pairs, void* value) {
  const Shape& shape = *member.shape;
  void* map = nullptr;
  for (const auto& [name, text] : pairs) {
    if (is_named(operation, name)) continue;
    if (!map) map = emplace(member, value);
    void* place = shape.storage->insert(map, std::string(name));
    if (shape.element->kind == Kind::List) {
      // A key's further values follow the first: insert() gives nothing for them, so gather them here.
      if (!place) continue;
      for (const auto& [other, item] : pairs)
        if (other == name)
          TRY(decode_scalar(code, member, *shape.element->element, item,
                            shape.element->storage->append(place)));
    } else if (place) {
      TRY(decode_scalar(code, member, *shape.element, text, place));
    }
  }
  return {};
}

Outcome<void> decode_query(const char* code, const Operation& operation, const Member& member,
                           const QueryPairs& pairs, void* value) {
  const Shape& shape = *member.shape;
  if (shape.kind == Kind::Map) return decode_query_map(code, operation, member, pairs, value);
  void* list = nullptr;
  for (const auto& [name, text] : pairs) {
    if (name != member.wire) continue;
    if (shape.kind != Kind::List) return decode_scalar(code, member, shape, text, emplace(member, value));
    if (!list) list = emplace(member, value);
    TRY(decode_scalar(code, member, *shape.element, text, shape.storage->append(list)));
  }
  return {};
}

void append_query(std::string& query, std::string_view name, std::string_view value) {
  query += (query.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(value);
}

void encode_query_values(std::string& query, std::string_view name, const Shape& shape, const void* value,
                         TimestampFormat format) {
  if (shape.kind != Kind::List) {
    append_query(query, name, scalar_to_text(shape, value, format));
    return;
  }
  for (std::size_t i = 0; i < shape.storage->count(value); ++i)
    append_query(query, name,
                 scalar_to_text(*shape.element, shape.storage->at(value, i),
                                format_or(shape.element->timestamp, format)));
}

void encode_query(const Operation& operation, const Member& member, const void* value, std::string& query) {
  TimestampFormat format = format_or(member.timestamp, TimestampFormat::Iso8601);
  if (member.shape->kind != Kind::Map) {
    encode_query_values(query, member.wire, *member.shape, value, format);
    return;
  }
  struct Context {
    const Operation& operation;
    const Member& member;
    std::string& query;
  } context{operation, member, query};
  member.shape->storage->visit(value, &context, [](void* raw, const std::string& key, const void* item) {
    auto& [from, map, out] = *static_cast<Context*>(raw);
    if (!is_named(from, key))
      encode_query_values(out, key, *map.shape->element, item, TimestampFormat::Iso8601);
  });
}

const Member* member_of_label(const Shape& structure, std::string_view label) {
  for (const Member& member : structure.members)
    if (member.location == Location::Uri && label == member.wire) return &member;
  return nullptr;
}

std::string label_text(const Shape& structure, const void* input, std::string_view label, bool greedy) {
  const Member* member = member_of_label(structure, label);
  const void* value = member ? find(*member, input) : nullptr;
  if (!value) return {};
  std::string text =
      scalar_to_text(*member->shape, value, format_or(member->timestamp, TimestampFormat::Iso8601));
  return percent_encode(text, greedy);
}

std::string expand_uri(std::string_view uri, const Shape& structure, const void* input) {
  std::string out;
  while (!uri.empty()) {
    std::size_t open = uri.find('{');
    out += uri.substr(0, open);
    if (open == std::string_view::npos) break;
    std::size_t close = uri.find('}', open);
    std::string_view label = uri.substr(open + 1, close - open - 1);
    bool greedy = label.ends_with('+');
    if (greedy) label.remove_suffix(1);
    out += label_text(structure, input, label, greedy);
    uri.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace

namespace {

// The first letters of some names: most members of an input are in no given request, and this tells so of
// nearly all of them at once.
class FirstLetters {
 public:
  void add(std::string_view name) { seen_ |= bit(name.empty() ? '\0' : name.front()); }
  bool may_have(const char* name) const { return (seen_ & bit(*name)) != 0; }

 private:
  static std::uint32_t bit(char c) { return std::uint32_t{1} << (c & 31); }  // without case

  std::uint32_t seen_ = 0;
};

}  // namespace

Outcome<void> decode_request_bindings(const Operation& operation, const HttpRequest& request, void* input,
                                      Violations& violations, const char* code) {
  const Shape& structure = *operation.input;
  auto labels = path_labels(operation, request.path);
  auto pairs = parse_query_string(request.query);
  if (!labels || !pairs) return refuse(code, "The path or the query of the request is malformed");
  FirstLetters in_query, in_head;
  for (const auto& [name, value] : *pairs) in_query.add(name);
  for (const auto& [name, value] : request.headers) in_head.add(name);
  for (const Member& member : structure.members) {
    switch (member.location) {
      case Location::Uri:
        for (const auto& [label, text] : *labels)
          if (label == member.wire)
            TRY(decode_scalar(code, member, *member.shape, text, emplace(member, input)));
        break;
      case Location::QueryString: {
        const bool is_map = member.shape->kind == Kind::Map;
        const bool came = is_map || (in_query.may_have(member.wire) &&
                                     std::ranges::any_of(*pairs, [&](const QueryPairs::Pair& pair) {
                                       return pair.first == member.wire;
                                     }));
        if (came) TRY(decode_query(code, operation, member, *pairs, input));
        if (member.required && !came) violations.missing({}, member);
        break;
      }
      case Location::Header:
        if (const std::string* text =
                in_head.may_have(member.wire) ? request.headers.find(member.wire) : nullptr) {
          TRY(decode_header(code, member, *text, input));
        } else if (member.required) {
          violations.missing({}, member);
        }
        break;
      case Location::Headers:
        if (in_head.may_have(member.wire)) TRY(decode_header_map(code, member, request.headers, input));
        break;
      case Location::Body:
      case Location::StatusCode:
        break;
    }
  }
  return {};
}

void encode_request_bindings(const Operation& operation, const void* input, HttpRequest& request) {
  std::string uri = expand_uri(operation.uri, *operation.input, input);
  std::size_t mark = uri.find('?');
  request.method = operation.method;
  request.path = uri.substr(0, mark);
  request.query = mark == std::string::npos ? "" : uri.substr(mark + 1);
  for (const Member& member : operation.input->members) {
    const void* value = find(member, input);
    if (!value) continue;
    if (member.location == Location::QueryString) encode_query(operation, member, value, request.query);
    if (member.location == Location::Header || member.location == Location::Headers)
      encode_headers(member, value, request.headers);
  }
}

void encode_response_bindings(const Shape& structure, const void* value, HttpResponse& response) {
  for (const Member& member : structure.members) {
    const void* part = find(member, value);
    if (!part) continue;
    if (member.location == Location::Header || member.location == Location::Headers)
      encode_headers(member, part, response.headers);
    if (member.location == Location::StatusCode) response.status = *static_cast<const std::int32_t*>(part);
  }
}

Outcome<void> decode_response_bindings(const Shape& structure, const HttpResponse& response, void* value) {
  static constexpr const char* kCode = "UnreadableResponse";
  for (const Member& member : structure.members) {
    if (member.location == Location::Header) {
      if (const std::string* text = response.headers.find(member.wire))
        TRY(decode_header(kCode, member, *text, value));
    } else if (member.location == Location::Headers) {
      TRY(decode_header_map(kCode, member, response.headers, value));
    } else if (member.location == Location::StatusCode) {
      *static_cast<std::int32_t*>(emplace(member, value)) = response.status;
    }
  }
  return {};
}

}  // namespace meridian::aws
