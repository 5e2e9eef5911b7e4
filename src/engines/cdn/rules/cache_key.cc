// Canonical bytes: parts, each after its kind and its length, so that no value can pass for another part.
#include "engines/cdn/rules/cache_key.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace meridian::engines::cdn::rules {
namespace {

enum class Part : char {
  Options = 'O',
  Encodings = 'E',
  Query = 'Q',
  HeaderName = 'H',
  HeaderValue = 'V',
  Cookies = 'C',
};

void append_part(std::string& bytes, Part part, std::string_view text) {
  bytes += static_cast<char>(part);
  append_sized(bytes, text);
}

using Trace = std::vector<std::string>;

// All lines of one name count, in their order; a header that was not sent is none.
void append_header(const KeyRequest& request, std::string_view name, std::string& bytes, Trace* trace) {
  bool named = false;
  for (const Field& field : request.fields) {
    if (!same_name(field.name, name)) continue;
    if (!named) {
      bytes += static_cast<char>(Part::HeaderName);
      append_u32(bytes, static_cast<std::uint32_t>(name.size()));
      for (const char c : name) bytes += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
      named = true;
    }
    append_part(bytes, Part::HeaderValue, field.value);
    if (trace) trace->push_back(fmt::format("header {}: {}", name, field.value));
  }
}

void append_headers(const KeyRequest& request, const snapshots::cdn::CacheKeyRule& rule, std::string& bytes,
                    Trace* trace) {
  const bool normalized = rule.gzip || rule.brotli;
  if (rule.headers.kind == Selection::Kind::Only) {
    for (const std::string& name : rule.headers.names)
      if (!(normalized && name == "accept-encoding")) append_header(request, name, bytes, trace);
    return;
  }
  if (rule.headers.kind == Selection::Kind::None) return;
  for (std::size_t i = 0; i < request.fields.size(); ++i) {
    const std::string_view name = request.fields[i].name;
    if (!selects_header(rule.headers, name) || same_name(name, "cookie")) continue;
    if (normalized && same_name(name, "accept-encoding")) continue;
    if (has(request.fields.first(i), name)) continue;  // with the first line of that name
    append_header(request, name, bytes, trace);
  }
}

}  // namespace

void write_path_key(std::string_view distribution_id, std::string_view path, std::string& bytes) {
  bytes.clear();
  append_sized(bytes, distribution_id);
  append_sized(bytes, path);
}

void write_cache_key(const KeyRequest& request, const snapshots::cdn::CacheKeyRule& rule, std::string& bytes,
                     Trace* trace) {
  write_path_key(request.distribution_id, request.path, bytes);
  if (trace) trace->push_back(fmt::format("distribution {}, path {}", request.distribution_id, request.path));
  if (request.is_options) {
    append_part(bytes, Part::Options, {});
    if (trace) trace->push_back("method OPTIONS");
  }
  // A viewer that takes neither makes no part of the key: it is as if the policy did not have them.
  const Encodings encodings = normalize_accept_encoding(request.fields, rule.gzip, rule.brotli);
  if (encodings != kIdentity) {
    append_part(bytes, Part::Encodings, accept_encoding_text(encodings));
    if (trace) trace->push_back(fmt::format("Accept-Encoding as {}", accept_encoding_text(encodings)));
  }
  static const Selection kNothing;
  std::string buffer;
  const std::string_view query = select_query(request.query, rule.query_strings, kNothing, buffer);
  if (!query.empty()) {
    append_part(bytes, Part::Query, query);
    if (trace) trace->push_back(fmt::format("query string {}", query));
  }
  append_headers(request, rule, bytes, trace);
  const std::string_view cookies = select_cookies(request.fields, rule.cookies, kNothing, buffer);
  if (!cookies.empty()) {
    append_part(bytes, Part::Cookies, cookies);
    if (trace) trace->push_back(fmt::format("cookies {}", cookies));
  }
}

bool is_caching_disabled(const snapshots::cdn::Behavior& behavior) {
  return behavior.key.never_cache || behavior.ttl.maximum.count() == 0;
}

}  // namespace meridian::engines::cdn::rules
