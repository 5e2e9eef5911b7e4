// Headers to the origin: first the viewer's that may pass, then ours.
#include "engines/cdn/rules/origin_request_headers.h"

#include <fmt/format.h>

#include <algorithm>

#include "engines/cdn/rules/accept_encoding.h"
#include "engines/cdn/rules/hop_by_hop.h"
#include "engines/cdn/rules/selection.h"

namespace meridian::engines::cdn::rules {
namespace {

template <std::size_t kSize>
bool is_one_of(std::string_view name, const std::string_view (&names)[kSize]) {
  return std::ranges::any_of(names, [&](std::string_view other) { return same_name(name, other); });
}

// Replaced by ours, written elsewhere, or removed whatever the policies say.
bool never_passes(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "host",   "user-agent", "cookie",          "accept-encoding",   "content-length",
      "expect", "via",        "x-forwarded-for", "x-forwarded-proto", "x-real-ip"};
  return is_hop_by_hop(name) || is_one_of(name, kNames) || starts_with_name(name, "x-amz-cf-") ||
         starts_with_name(name, "x-edge-") || starts_with_name(name, "proxy-");
}

bool is_condition(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "range"};
  return is_one_of(name, kNames);
}

// ForwardedValues: what is removed unless it is named.
bool is_removed_by_default(const OriginRequest& request, std::string_view name) {
  static constexpr std::string_view kNames[] = {"accept", "accept-charset", "accept-language", "referer",
                                                "x-http-method-override"};
  if (is_one_of(name, kNames)) return true;
  if (!same_name(name, "authorization")) return false;
  return request.method == "GET" || request.method == "HEAD" ||
         (request.method == "OPTIONS" && request.behavior.cache_options);
}

bool is_selected(const snapshots::cdn::Behavior& behavior, std::string_view name) {
  return selects_header(behavior.key.headers, name) || selects_header(behavior.forward.headers, name);
}

bool passes(const OriginRequest& request, std::string_view name) {
  if (never_passes(name)) return false;
  if (is_condition(name)) {
    if (request.for_cache) return false;
    if (same_name(name, "range") || same_name(name, "if-range")) return true;  // CF:RangeGETs
  }
  const snapshots::cdn::Behavior& behavior = request.behavior;
  if (is_selected(behavior, name)) return true;
  // Without them nobody could read the body.
  if (request.has_body && starts_with_name(name, "content-")) return true;
  if (request.grpc && starts_with_name(name, "grpc-")) return true;
  if (request.websocket && starts_with_name(name, "sec-websocket-")) return true;
  return behavior.forward.legacy && !is_removed_by_default(request, name);
}

// The viewer's lines of that name, and `last` behind them.
std::string_view appended(const OriginRequest& request, std::string_view name, std::string_view last,
                          FieldList& out) {
  std::size_t size = last.size();
  for (const Field& field : request.fields)
    if (same_name(field.name, name)) size += field.value.size() + 2;
  char* const begin = out.room(size);
  char* at = begin;
  for (const Field& field : request.fields) {
    if (!same_name(field.name, name)) continue;
    at = std::copy(field.value.begin(), field.value.end(), at);
    *at++ = ',';
    *at++ = ' ';
  }
  std::copy(last.begin(), last.end(), at);
  return {begin, size};
}

void add_host(const OriginRequest& request, FieldList& out) {
  const std::string_view host = value_of(request.fields, "host");
  const bool viewers = is_selected(request.behavior, "host") && !host.empty();
  out.add("Host", viewers ? host : std::string_view(request.origin.domain_name));
}

void add_user_agent(const OriginRequest& request, FieldList& out) {
  const Field* sent = find(request.fields, "user-agent");
  const bool viewers = sent && is_selected(request.behavior, "user-agent");
  out.add("User-Agent", viewers ? sent->value : std::string_view("Amazon CloudFront"));
}

void add_accept_encoding(const OriginRequest& request, FieldList& out) {
  const snapshots::cdn::Behavior& behavior = request.behavior;
  if (behavior.key.gzip || behavior.key.brotli) {
    out.add("Accept-Encoding", accept_encoding_text(normalize_accept_encoding(
                                   request.fields, behavior.key.gzip, behavior.key.brotli)));
  } else if (const Field* sent = find(request.fields, "accept-encoding");
             sent && is_selected(behavior, "accept-encoding")) {
    out.add("Accept-Encoding", sent->value);
  }
}

void add_cookies(const OriginRequest& request, FieldList& out) {
  std::string buffer;
  const std::string_view cookies =
      select_cookies(request.fields, request.behavior.key.cookies, request.behavior.forward.cookies, buffer);
  if (cookies.empty()) return;
  out.add("Cookie", cookies.data() == buffer.data() ? out.keep(cookies) : cookies);
}

}  // namespace

void write_origin_request_headers(const OriginRequest& request, FieldList& out) {
  add_host(request, out);
  const bool connection_names_some = has(request.fields, "connection");
  for (const Field& field : request.fields) {
    if (!passes(request, field.name)) continue;
    if (connection_names_some && is_named_by_connection(request.fields, field.name)) continue;
    out.add(field.name, field.value);
  }
  add_user_agent(request, out);
  add_accept_encoding(request, out);
  add_cookies(request, out);
  out.add("X-Forwarded-For", appended(request, "x-forwarded-for", request.viewer.to_string(), out));
  const std::string via =
      fmt::format("{} {} (CloudFront)", version_text(request.viewer_version), request.via_host);
  out.add("Via", appended(request, "via", via, out));
  out.add("X-Amz-Cf-Id", request.request_id);
  if (request.websocket) {
    out.add("Connection", "Upgrade");
    out.add("Upgrade", "websocket");
  } else if (request.grpc) {
    out.add("TE", "trailers");
  } else {
    out.add("Connection", "Keep-Alive");
  }
  for (const snapshots::cdn::AddedHeader& header : request.origin.custom_headers)
    out.set(header.name, header.value);
}

void write_origin_target(const snapshots::cdn::Behavior& behavior, const snapshots::cdn::Origin& origin,
                         std::string_view path, std::string_view query, std::string& out) {
  std::string buffer;
  const std::string_view selected =
      select_query(query, behavior.key.query_strings, behavior.forward.query_strings, buffer);
  out.clear();
  out.reserve(origin.path.size() + path.size() + selected.size() + 1);
  out += origin.path;
  out += path;
  if (selected.empty()) return;
  out += '?';
  out += selected;
}

}  // namespace meridian::engines::cdn::rules
