// Headers to origins.
#include "engines/cdn/rules/origin_request_headers.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

using Kind = snapshots::cdn::Selection::Kind;

class OriginRequestHeaders : public testing::Test {
 protected:
  OriginRequestHeaders() { origin_.domain_name = "origin.example.com"; }

  std::string sent(std::string_view lines) {
    const std::vector<Field> fields = head(lines);
    FieldList out;
    OriginRequest request{behavior_, origin_, method_, fields, viewer_};
    request.via_host = "ab.cloudfront.net";
    request.request_id = "ID==";
    request.has_body = has_body_;
    request.for_cache = for_cache_;
    request.websocket = websocket_;
    write_origin_request_headers(request, out);
    return text_of(out);
  }
  // What is sent besides the headers that every request has.
  std::string besides(std::string_view lines) {
    std::string text = sent(lines);
    for (const char* always :
         {"Host: origin.example.com\n", "User-Agent: Amazon CloudFront\n", "X-Forwarded-For: 192.0.2.7\n",
          "Via: 1.1 ab.cloudfront.net (CloudFront)\n", "X-Amz-Cf-Id: ID==\n", "Connection: Keep-Alive\n"})
      if (const std::size_t at = text.find(always); at != std::string::npos)
        text.erase(at, std::string_view(always).size());
    return text;
  }

  snapshots::cdn::Behavior behavior_;
  snapshots::cdn::Origin origin_;
  net::IpAddress viewer_ = *net::IpAddress::parse("192.0.2.7");
  std::string_view method_ = "GET";
  bool has_body_ = false, for_cache_ = true, websocket_ = false;
};

constexpr const char* kBrowser =
    "Host: www.example.com\nUser-Agent: Firefox\nAccept: text/html\nAccept-Language: de\n"
    "Accept-Encoding: gzip, br\nReferer: r\nCookie: a=1; b=2\nAuthorization: secret\nX-Own: 1\n";

TEST_F(OriginRequestHeaders, WithPoliciesNothingPassesThatTheyDoNotName) {
  EXPECT_EQ(sent(kBrowser),
            "Host: origin.example.com\nUser-Agent: Amazon CloudFront\nX-Forwarded-For: 192.0.2.7\n"
            "Via: 1.1 ab.cloudfront.net (CloudFront)\nX-Amz-Cf-Id: ID==\nConnection: Keep-Alive\n");
}

TEST_F(OriginRequestHeaders, WhatIsInTheKeyAndWhatIsInTheOriginRequestPolicyPasses) {
  behavior_.key.headers = {Kind::Only, {"accept-language"}};
  behavior_.key.cookies = {Kind::Only, {"b"}};
  behavior_.forward.headers = {Kind::Only, {"authorization", "user-agent"}};
  EXPECT_EQ(besides(kBrowser),
            "Accept-Language: de\nAuthorization: secret\nUser-Agent: Firefox\nCookie: b=2\n");
}

TEST_F(OriginRequestHeaders, AllViewerPassesHostAndAllButWhatSpeaksOfTheConnection) {
  behavior_.forward.headers = {Kind::All, {}};
  behavior_.forward.cookies = {Kind::All, {}};
  EXPECT_EQ(
      besides(
          std::string(kBrowser) +
          "Connection: x-secret, close\nX-Secret: 1\nKeep-Alive: 1\nTE: trailers\nProxy-Authorization: p\n"
          "X-Edge-A: 1\nX-Amz-Cf-Id: forged\nX-Real-IP: 1\nX-Forwarded-Proto: https\nExpect: x\n"
          "Transfer-Encoding: chunked\nContent-Length: 5\n"),
      "Host: www.example.com\nAccept: text/html\nAccept-Language: de\nReferer: r\nAuthorization: secret\n"
      "X-Own: 1\nUser-Agent: Firefox\nAccept-Encoding: gzip, br\nCookie: a=1; b=2\n");
}

TEST_F(OriginRequestHeaders, AllViewerExceptHostHeaderSendsTheOriginsHost) {
  behavior_.forward.headers = {Kind::AllExcept, {"host"}};
  EXPECT_TRUE(sent(kBrowser).starts_with("Host: origin.example.com\nAccept: text/html\n"));
}

TEST_F(OriginRequestHeaders, ForwardedValuesPassWhatNobodyRemoves) {
  behavior_.forward.legacy = true;
  EXPECT_EQ(
      besides(std::string(kBrowser) + "X-HTTP-Method-Override: PUT\nOrigin: o\nCache-Control: no-cache"),
      "X-Own: 1\nOrigin: o\nCache-Control: no-cache\n");
  method_ = "POST";
  EXPECT_EQ(besides("Authorization: secret\nAccept: a"), "Authorization: secret\n");
  method_ = "OPTIONS";
  EXPECT_EQ(besides("Authorization: secret"), "Authorization: secret\n");
  behavior_.cache_options = true;
  EXPECT_EQ(besides("Authorization: secret"), "");
}

TEST_F(OriginRequestHeaders, AcceptEncodingIsNormalizedWhenObjectsAreKeptByIt) {
  behavior_.key.gzip = behavior_.key.brotli = true;
  EXPECT_EQ(besides("accept-encoding: gzip, deflate, br, zstd"), "Accept-Encoding: br,gzip\n");
  EXPECT_EQ(besides("accept-encoding: deflate"), "Accept-Encoding: identity\n");
  EXPECT_EQ(besides("x: y"), "Accept-Encoding: identity\n");
}

TEST_F(OriginRequestHeaders, TheViewersAddressIsTheLastOfTheForwarded) {
  EXPECT_NE(sent("X-Forwarded-For: 10.0.0.1\nx-forwarded-for: 10.0.0.2")
                .find("X-Forwarded-For: 10.0.0.1, 10.0.0.2, 192.0.2.7\n"),
            std::string::npos);
  EXPECT_NE(sent("Via: 1.0 proxy").find("Via: 1.0 proxy, 1.1 ab.cloudfront.net (CloudFront)\n"),
            std::string::npos);
}

TEST_F(OriginRequestHeaders, ConditionsOfTheViewerAreNotTheCaches) {
  behavior_.forward.headers = {Kind::All, {}};
  const char* conditions =
      "If-None-Match: a\nIf-Modified-Since: b\nIf-Match: c\nRange: bytes=0-1\nIf-Range: d";
  EXPECT_EQ(besides(conditions), "");
  for_cache_ = false;
  EXPECT_EQ(besides(conditions),
            "If-None-Match: a\nIf-Modified-Since: b\nIf-Match: c\nRange: bytes=0-1\nIf-Range: d\n");
  behavior_.forward.headers = {};
  EXPECT_EQ(besides(conditions), "Range: bytes=0-1\nIf-Range: d\n");
}

TEST_F(OriginRequestHeaders, ABodyComesWithWhatDescribesIt) {
  EXPECT_EQ(besides("Content-Type: a\nContent-Length: 3"), "");
  has_body_ = true;
  EXPECT_EQ(besides("Content-Type: a\nContent-Encoding: b\nContent-Length: 3"),
            "Content-Type: a\nContent-Encoding: b\n");
}

TEST_F(OriginRequestHeaders, CustomHeadersReplaceTheViewers) {
  behavior_.forward.headers = {Kind::All, {}};
  origin_.custom_headers = {{"X-Own", "ours", false}, {"X-Secret", "s", false}};
  EXPECT_EQ(besides("x-own: 1\nx-own: 2"), "X-Own: ours\nX-Secret: s\n");
}

TEST_F(OriginRequestHeaders, AWebSocketIsAskedForAsOne) {
  websocket_ = true;
  const std::string text =
      besides("Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Key: k\nSec-WebSocket-Version: 13");
  EXPECT_EQ(text,
            "Sec-WebSocket-Key: k\nSec-WebSocket-Version: 13\nConnection: Upgrade\nUpgrade: websocket\n");
}

TEST_F(OriginRequestHeaders, TheTargetHasTheOriginsPathAndTheSelectedQuery) {
  std::string target;
  origin_.path = "/production";
  write_origin_target(behavior_, origin_, "/a", "x=1&y=2", target);
  EXPECT_EQ(target, "/production/a");
  behavior_.key.query_strings = {Kind::Only, {"y"}};
  write_origin_target(behavior_, origin_, "/a", "x=1&y=2", target);
  EXPECT_EQ(target, "/production/a?y=2");
  behavior_.forward.query_strings = {Kind::All, {}};
  write_origin_target(behavior_, origin_, "/a", "x=1&y=2", target);
  EXPECT_EQ(target, "/production/a?x=1&y=2");
}

}  // namespace
}  // namespace meridian::engines::cdn::rules
