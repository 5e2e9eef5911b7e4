// Response headers policies.
#include "engines/cdn/rules/response_headers_policy.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

using snapshots::cdn::CorsRule;
using snapshots::cdn::ResponseHeadersPolicy;

std::string applied(const ResponseHeadersPolicy& policy, std::string_view response_lines,
                    std::string_view request_lines = "", std::string_view method = "GET") {
  const std::vector<Field> request = head(request_lines);
  const std::vector<Field> origin = head(response_lines);
  FieldList response;
  for (const Field& field : origin) response.add(field.name, field.value);
  apply_response_headers_policy(policy, {method, request}, response);
  return text_of(response);
}
ResponseHeadersPolicy with_cors(CorsRule cors) {
  ResponseHeadersPolicy policy;
  policy.cors = std::move(cors);
  return policy;
}
CorsRule cors() {
  CorsRule rule;
  rule.allow_origins = {"https://example.com", "https://*.example.org", "plain.net"};
  rule.allow_methods = {"GET", "PUT"};
  rule.allow_headers = {"x-a", "x-b"};
  rule.expose_headers = {"x-c"};
  rule.max_age = std::chrono::seconds(600);
  return rule;
}

TEST(ResponseHeadersPolicy, AddsAndOverridesHeaderByHeader) {
  ResponseHeadersPolicy policy;
  policy.added = {
      {"X-Frame-Options", "DENY", false}, {"X-Content-Type-Options", "nosniff", true}, {"X-Own", "1", false}};
  EXPECT_EQ(applied(policy, "x-frame-options: SAMEORIGIN\nx-content-type-options: other"),
            "x-frame-options: SAMEORIGIN\nX-Content-Type-Options: nosniff\nX-Own: 1\n");
}

TEST(ResponseHeadersPolicy, RemovesBeforeItAdds) {
  ResponseHeadersPolicy policy;
  policy.removed = {"server", "x-own"};
  policy.added = {{"X-Own", "ours", false}};
  EXPECT_EQ(applied(policy, "Server: s\nX-Own: theirs\nETag: e"), "ETag: e\nX-Own: ours\n");
}

TEST(ResponseHeadersPolicy, CorsNeedsARequestWithOrigin) {
  EXPECT_EQ(applied(with_cors(cors()), "ETag: e"), "ETag: e\n");
}

TEST(ResponseHeadersPolicy, CorsNamesTheOriginThatIsAllowed) {
  EXPECT_EQ(
      applied(with_cors(cors()), "", "Origin: https://example.com"),
      "Vary: Origin\nAccess-Control-Allow-Origin: https://example.com\nAccess-Control-Expose-Headers: x-c\n");
  for (const char* allowed : {"https://a.example.org", "https://a.b.example.org", "http://plain.net"})
    EXPECT_NE(applied(with_cors(cors()), "", std::string("Origin: ") + allowed).find(allowed),
              std::string::npos)
        << allowed;
  for (const char* refused : {"http://example.com", "https://example.org", "https://evil.com", "null",
                              "https://example.com.evil.com", "https://notplain.net"})
    EXPECT_EQ(applied(with_cors(cors()), "", std::string("Origin: ") + refused), "Vary: Origin\n") << refused;
}

TEST(ResponseHeadersPolicy, CorsForAllNamesNobody) {
  CorsRule rule;
  rule.allow_origins = {"*"};
  EXPECT_EQ(applied(with_cors(rule), "", "Origin: https://x"), "Access-Control-Allow-Origin: *\n");
}

TEST(ResponseHeadersPolicy, APreflightIsToldMethodsAndHeaders) {
  CorsRule rule = cors();
  rule.allow_credentials = true;
  const char* preflight = "Origin: https://example.com\nAccess-Control-Request-Method: PUT";
  EXPECT_EQ(applied(with_cors(rule), "", preflight, "OPTIONS"),
            "Vary: Origin\nAccess-Control-Allow-Origin: "
            "https://example.com\nAccess-Control-Allow-Credentials: true\n"
            "Access-Control-Allow-Methods: GET, PUT\nAccess-Control-Allow-Headers: x-a, "
            "x-b\nAccess-Control-Max-Age: 600\n");
  rule.allow_methods = {"ALL"};
  EXPECT_NE(applied(with_cors(rule), "", preflight, "OPTIONS")
                .find("Methods: GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE\n"),
            std::string::npos);
  EXPECT_EQ(applied(with_cors(rule), "", "Origin: https://example.com", "OPTIONS").find("Allow-Methods"),
            std::string::npos);
}

TEST(ResponseHeadersPolicy, OneCorsHeaderOfTheOriginsKeepsThePolicysAwayUnlessItOverrides) {
  const char* origins = "Access-Control-Allow-Methods: POST";
  EXPECT_EQ(applied(with_cors(cors()), origins, "Origin: https://example.com"),
            "Access-Control-Allow-Methods: POST\n");
  CorsRule rule = cors();
  rule.override_origin = true;
  EXPECT_EQ(
      applied(with_cors(rule), origins, "Origin: https://example.com"),
      "Vary: Origin\nAccess-Control-Allow-Origin: https://example.com\nAccess-Control-Expose-Headers: x-c\n");
  EXPECT_EQ(applied(with_cors(rule), "Access-Control-Allow-Origin: *", "Origin: https://evil.com"),
            "Vary: Origin\n");
}

TEST(ResponseHeadersPolicy, ServerTimingIsSampledOrAskedFor) {
  ResponseHeadersPolicy policy;
  const std::vector<Field> none, asking = head("Pragma: no-cache, server-timing");
  EXPECT_FALSE(wants_server_timing(policy, asking, 0));
  policy.server_timing_percent = 0;
  EXPECT_FALSE(wants_server_timing(policy, none, 0));
  EXPECT_TRUE(wants_server_timing(policy, asking, 99.9));
  policy.server_timing_percent = 12.5;
  EXPECT_TRUE(wants_server_timing(policy, none, 12.49));
  EXPECT_FALSE(wants_server_timing(policy, none, 12.5));
  policy.server_timing_percent = 100;
  EXPECT_TRUE(wants_server_timing(policy, none, 99.9999));
}

}  // namespace
}  // namespace meridian::engines::cdn::rules
