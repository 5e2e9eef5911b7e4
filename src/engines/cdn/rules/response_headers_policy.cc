// CORS first, then the single headers, each by its own override.
#include "engines/cdn/rules/response_headers_policy.h"

#include <algorithm>
#include <charconv>

#include "engines/cdn/rules/vary.h"
#include "engines/cdn/rules/wildcard.h"

namespace meridian::engines::cdn::rules {
namespace {

using snapshots::cdn::CorsRule;

bool is_cors_header(const Field& field) {
  return starts_with_name(field.name, "access-control-");
}

// "*", "https://example.com", "https://*.example.com", and without a scheme for any.
bool allows_origin(std::string_view allowed, std::string_view origin) {
  if (allowed == "*") return true;
  const std::size_t scheme = origin.find("://");
  if (!allowed.contains("://") && scheme != std::string_view::npos) origin.remove_prefix(scheme + 3);
  return matches_wildcard(allowed, origin);
}

std::string_view joined(const std::vector<std::string>& items, FieldList& response) {
  if (items.size() == 1) return items.front();
  std::string text;
  for (const std::string& item : items) {
    if (!text.empty()) text += ", ";
    text += item;
  }
  return response.keep(text);
}

void add_preflight(const CorsRule& cors, FieldList& response) {
  const bool all = std::ranges::find(cors.allow_methods, "ALL") != cors.allow_methods.end();
  response.set("Access-Control-Allow-Methods",
               all ? std::string_view("GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE")
                   : joined(cors.allow_methods, response));
  if (!cors.allow_headers.empty())
    response.set("Access-Control-Allow-Headers", joined(cors.allow_headers, response));
  if (!cors.max_age) return;
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, cors.max_age->count()).ptr;
  response.set("Access-Control-Max-Age", response.keep({digits, static_cast<std::size_t>(end - digits)}));
}

void apply_cors(const CorsRule& cors, const PolicyRequest& request, FieldList& response) {
  const Field* origin = find(request.fields, "origin");
  if (!origin) return;
  if (std::ranges::any_of(response.fields(), is_cors_header)) {
    // One CORS header of the origin's keeps all of the policy's away.
    if (!cors.override_origin) return;
    response.remove_if(is_cors_header);
  }
  const auto allowed = std::ranges::find_if(
      cors.allow_origins, [&](const std::string& allowed) { return allows_origin(allowed, origin->value); });
  const bool any = std::ranges::find(cors.allow_origins, "*") != cors.allow_origins.end();
  if (!any) add_to_vary("Origin", response);  // also a refusal depends on who asked
  if (allowed == cors.allow_origins.end()) return;
  response.set("Access-Control-Allow-Origin", any ? std::string_view("*") : origin->value);
  if (cors.allow_credentials) response.set("Access-Control-Allow-Credentials", "true");
  if (request.method == "OPTIONS" && has(request.fields, "access-control-request-method")) {
    add_preflight(cors, response);
  } else if (!cors.expose_headers.empty()) {
    response.set("Access-Control-Expose-Headers", joined(cors.expose_headers, response));
  }
}

}  // namespace

void apply_response_headers_policy(const snapshots::cdn::ResponseHeadersPolicy& policy,
                                   const PolicyRequest& request, FieldList& response) {
  if (!policy.removed.empty())
    response.remove_if([&](const Field& field) {
      return std::ranges::any_of(policy.removed,
                                 [&](const std::string& name) { return same_name(field.name, name); });
    });
  if (policy.cors) apply_cors(*policy.cors, request, response);
  for (const snapshots::cdn::AddedHeader& header : policy.added)
    if (header.override_origin || !has(response, header.name)) response.set(header.name, header.value);
}

bool wants_server_timing(const snapshots::cdn::ResponseHeadersPolicy& policy, Fields request, double draw) {
  if (policy.server_timing_percent < 0) return false;
  if (draw < policy.server_timing_percent) return true;
  bool asked = false;
  for_each_member(request, "pragma",
                  [&](std::string_view member) { asked |= same_name(member, "server-timing"); });
  return asked;
}

}  // namespace meridian::engines::cdn::rules
