// Policy statements: read, written, and held against URLs.
#include "engines/cdn/signing/policy.h"

#include <algorithm>

#include "base/bytes.h"
#include "engines/cdn/rules/wildcard.h"
#include "formats/json/json.h"

namespace meridian::engines::cdn::signing {
namespace {

constexpr std::int64_t kEpochSecondsMax = 253402300799;  // the end of the year 9999

using json::Object;
using json::Value;
using rules::matches_wildcard;

// An object with no other names than these.
const Object* object_of(const Value* value, std::initializer_list<std::string_view> names) {
  const Object* object = value ? value->get<Object>() : nullptr;
  if (!object) return nullptr;
  for (const auto& [name, field] : *object)
    if (std::ranges::find(names, name) == names.end()) return nullptr;
  return object;
}

// The only field of a condition: {"AWS:EpochTime": 1}.
const Value* only_field(const Value& value, std::string_view name) {
  return object_of(&value, {name}) ? value.find(name) : nullptr;
}

std::optional<Time> read_time(const Value& value) {
  const Value* field = only_field(value, "AWS:EpochTime");
  const auto* seconds = field ? field->get<std::int64_t>() : nullptr;
  if (!seconds || *seconds < 0 || *seconds > kEpochSecondsMax) return std::nullopt;
  return Time(Seconds(*seconds));
}

// An address or a range of IPv4; bits of the host do not count.
std::optional<net::Cidr> read_source(const Value& value) {
  const Value* field = only_field(value, "AWS:SourceIp");
  const auto* text = field ? field->get<std::string>() : nullptr;
  if (!text) return std::nullopt;
  const std::size_t slash = std::min(text->find('/'), text->size());
  const auto address = net::IpAddress::parse(text->substr(0, slash));
  if (!address || !address->is_v4()) return std::nullopt;
  unsigned bits = 32;
  if (slash < text->size()) {
    const std::string_view digits = std::string_view(*text).substr(slash + 1);
    if (digits.empty() || digits.size() > 2 || digits.find_first_not_of("0123456789") != digits.npos)
      return std::nullopt;
    bits = 0;
    for (const char c : digits) bits = bits * 10 + static_cast<unsigned>(c - '0');
    if (bits > 32) return std::nullopt;
  }
  std::array<std::uint8_t, 4> bytes;
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned kept = std::clamp(static_cast<int>(bits) - static_cast<int>(8 * i), 0, 8);
    bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint8_t>(address->bytes()[i]) & (0xFF00u >> kept));
  }
  return net::Cidr{net::IpAddress::v4(bytes), static_cast<std::uint8_t>(bits)};
}

bool read_conditions(const Object& conditions, Policy& out) {
  bool has_before = false;
  for (const auto& [name, value] : conditions) {
    if (name == "DateLessThan") {
      const auto before = read_time(value);
      if (!before) return false;
      out.before = *before;
      has_before = true;
    } else if (name == "DateGreaterThan") {
      out.after = read_time(value);
      if (!out.after) return false;
    } else {
      out.source = read_source(value);
      if (!out.source) return false;
    }
  }
  return has_before;
}

struct UrlParts {
  std::string_view protocol, host, rest;  // the rest begins with a slash, or is empty
};
std::optional<UrlParts> split(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view behind = url.substr(colon + 3);
  const std::size_t slash = std::min(behind.find('/'), behind.size());
  return UrlParts{url.substr(0, colon), behind.substr(0, slash), behind.substr(slash)};
}

bool matches_path_and_query(std::string_view pattern, std::string_view rest) {
  const std::size_t mark = rest.find('?');
  const std::string_view path = rest.substr(0, mark);
  if (mark == std::string_view::npos) return matches_wildcard(pattern, path);
  if (pattern.ends_with('*') && matches_wildcard(pattern, path)) return true;
  // A question mark may be the wildcard, or what begins the query string.
  const std::string_view query = rest.substr(mark + 1);
  for (std::size_t at = pattern.find('?'); at != std::string_view::npos; at = pattern.find('?', at + 1))
    if (matches_wildcard(pattern.substr(0, at), path) && matches_wildcard(pattern.substr(at + 1), query))
      return true;
  return false;
}

}  // namespace

std::optional<Policy> parse_policy(std::string_view text) {
  if (text.size() > kPolicyBytesMax) return std::nullopt;
  const auto root = json::parse(text, {.depth = 8, .elements = 64, .bytes = kPolicyBytesMax});
  if (!root || !object_of(&*root, {"Statement"})) return std::nullopt;
  const Value* list = root->find("Statement");
  const auto* statements = list ? list->get<json::Array>() : nullptr;
  if (!statements || statements->size() != 1) return std::nullopt;
  const Value& statement = statements->front();
  if (!object_of(&statement, {"Resource", "Condition"})) return std::nullopt;
  Policy policy;
  if (const Value* resource = statement.find("Resource")) {
    const auto* pattern = resource->get<std::string>();
    if (!pattern || pattern->empty()) return std::nullopt;
    policy.resource = *pattern;
  }
  const Object* conditions =
      object_of(statement.find("Condition"), {"DateLessThan", "DateGreaterThan", "IpAddress"});
  if (!conditions || !read_conditions(*conditions, policy)) return std::nullopt;
  return policy;
}

std::string canned_policy_text(std::string_view url, Time before) {
  Policy policy;
  policy.resource = url;
  policy.before = before;
  return policy_text(policy);
}

std::string policy_text(const Policy& policy) {
  std::string text;
  json::Writer writer(text);
  const auto condition = [&](std::string_view name, Time time) {
    writer.key(name);
    writer.begin_object();
    writer.key("AWS:EpochTime");
    writer.integer(time.time_since_epoch().count());
    writer.end_object();
  };
  writer.begin_object();
  writer.key("Statement");
  writer.begin_array();
  writer.begin_object();
  if (!policy.resource.empty()) {
    writer.key("Resource");
    writer.string(policy.resource);
  }
  writer.key("Condition");
  writer.begin_object();
  condition("DateLessThan", policy.before);
  if (policy.source) {
    writer.key("IpAddress");
    writer.begin_object();
    writer.key("AWS:SourceIp");
    writer.string(policy.source->to_string());
    writer.end_object();
  }
  if (policy.after) condition("DateGreaterThan", *policy.after);
  writer.end_object();
  writer.end_object();
  writer.end_array();
  writer.end_object();
  return text;
}

bool matches_resource(std::string_view pattern, std::string_view url) {
  if (pattern.empty() || pattern == "*") return true;
  const auto wanted = split(pattern), asked = split(url);
  if (!wanted || !asked) return false;
  return matches_wildcard(wanted->protocol, asked->protocol) && matches_wildcard(wanted->host, asked->host) &&
         matches_path_and_query(wanted->rest, asked->rest);
}

std::string encode_for_url(std::string_view bytes) {
  std::string text = to_base64(as_bytes(bytes));
  for (char& c : text) c = c == '+' ? '-' : c == '=' ? '_' : c == '/' ? '~' : c;
  return text;
}

std::optional<std::string> decode_from_url(std::string_view text) {
  std::string base64(text);
  for (char& c : base64) {
    if (c == '+' || c == '=' || c == '/') return std::nullopt;
    c = c == '-' ? '+' : c == '_' ? '=' : c == '~' ? '/' : c;
  }
  return from_base64(base64);
}

}  // namespace meridian::engines::cdn::signing
