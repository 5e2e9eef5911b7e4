// Who may ask for what and how, and what those are told who may not: methods, lengths, protocols, countries,
// error pages.
#include <gtest/gtest.h>

#include "engines/cdn/rules/error_page.h"
#include "engines/cdn/rules/geo_rules.h"
#include "engines/cdn/rules/method_rules.h"
#include "engines/cdn/rules/protocol_rules.h"

namespace meridian::engines::cdn::rules {
namespace {

using snapshots::cdn::ViewerProtocol;

TEST(RequestRules, GrpcIsToldByItsContentTypeWhereItIsAllowed) {
  snapshots::cdn::Behavior behavior;
  const auto is = [&](std::string_view type, std::string_view method = "POST",
                      HttpVersion version = HttpVersion::Http2) {
    const Field fields[] = {{"content-type", type}};
    return is_grpc(behavior, method, version, fields);
  };
  EXPECT_FALSE(is("application/grpc"));
  behavior.allow_grpc = true;
  EXPECT_TRUE(is("application/grpc"));
  EXPECT_TRUE(is("application/grpc+proto"));
  EXPECT_FALSE(is("application/grpc-web"));
  EXPECT_FALSE(is("application/json"));
  EXPECT_FALSE(is("application/grpc", "GET"));
  EXPECT_FALSE(is("application/grpc", "POST", HttpVersion::Http11));
}

TEST(MethodRules, TakeTheMethodsOfTheBehavior) {
  snapshots::cdn::Behavior behavior;
  EXPECT_EQ(refuse_method(behavior, "GET", false), std::nullopt);
  EXPECT_EQ(refuse_method(behavior, "HEAD", false), std::nullopt);
  for (const char* method : {"OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "get", ""})
    EXPECT_EQ(refuse_method(behavior, method, false), Refusal::MethodNotAllowed) << method;
  behavior.allowed_methods = snapshots::cdn::kAllMethods;
  for (const char* method : {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
    EXPECT_EQ(refuse_method(behavior, method, false), std::nullopt) << method;
  for (const char* method : {"TRACE", "CONNECT", "PROPFIND"})
    EXPECT_EQ(refuse_method(behavior, method, false), Refusal::MethodNotAllowed) << method;
  EXPECT_EQ(refuse_method(behavior, "GET", true), Refusal::GetWithBody);
  EXPECT_EQ(refuse_method(behavior, "POST", true), std::nullopt);
}

TEST(MethodRules, CacheGetAndHeadAndOptionsByChoice) {
  snapshots::cdn::Behavior behavior;
  EXPECT_TRUE(is_cached_method(behavior, "GET"));
  EXPECT_TRUE(is_cached_method(behavior, "HEAD"));
  EXPECT_FALSE(is_cached_method(behavior, "OPTIONS"));
  EXPECT_FALSE(is_cached_method(behavior, "POST"));
  behavior.cache_options = true;
  EXPECT_TRUE(is_cached_method(behavior, "OPTIONS"));
}

TEST(MethodRules, BoundTheLengthOfARequest) {
  EXPECT_EQ(refuse_length(20'480, 8'192), std::nullopt);
  EXPECT_EQ(refuse_length(20'481, 10), Refusal::RequestTooLong);
  EXPECT_EQ(refuse_length(9'000, 8'193), Refusal::RequestTooLong);
}

// CF:using-https-viewers-to-cloudfront
TEST(ProtocolRules, RedirectByMethodAndVersion) {
  using Kind = ProtocolChoice::Kind;
  const auto choose = [](ViewerProtocol policy, bool tls, std::string_view method, HttpVersion version) {
    const ProtocolChoice choice = choose_protocol(policy, tls, method, version);
    return std::pair(choice.kind, choice.status);
  };
  const auto redirect = ViewerProtocol::RedirectToHttps;
  EXPECT_EQ(choose(redirect, false, "GET", HttpVersion::Http10), std::pair(Kind::Redirect, 301));
  EXPECT_EQ(choose(redirect, false, "HEAD", HttpVersion::Http11), std::pair(Kind::Redirect, 301));
  EXPECT_EQ(choose(redirect, false, "POST", HttpVersion::Http11), std::pair(Kind::Redirect, 307));
  EXPECT_EQ(choose(redirect, false, "DELETE", HttpVersion::Http10), std::pair(Kind::Refuse, 403));
  EXPECT_EQ(choose(redirect, true, "POST", HttpVersion::Http11), std::pair(Kind::Serve, 0));
  EXPECT_EQ(choose(ViewerProtocol::HttpsOnly, false, "GET", HttpVersion::Http11),
            std::pair(Kind::Refuse, 403));
  EXPECT_EQ(choose(ViewerProtocol::HttpsOnly, true, "GET", HttpVersion::Http11), std::pair(Kind::Serve, 0));
  EXPECT_EQ(choose(ViewerProtocol::AllowAll, false, "GET", HttpVersion::Http11), std::pair(Kind::Serve, 0));
}

TEST(ProtocolRules, TheLocationIsTheSameUrlOverHttps) {
  EXPECT_EQ(https_location("www.example.com:8080", 443, "/a?b=1"), "https://www.example.com/a?b=1");
  EXPECT_EQ(https_location("www.example.com", 8443, "/"), "https://www.example.com:8443/");
  EXPECT_EQ(https_location("[::1]:80", 443, "/"), "https://[::1]/");
  EXPECT_EQ(https_location("[::1]", 443, "/"), "https://[::1]/");
}

TEST(GeoRules, ServeWhoseCountryIsNotKnown) {
  using Kind = snapshots::cdn::GeoRestriction::Kind;
  const snapshots::cdn::GeoRestriction none, allow{Kind::Allow, {"AT", "DE"}},
      block{Kind::Block, {"AT", "DE"}};
  EXPECT_FALSE(is_geo_blocked(none, "DE"));
  EXPECT_FALSE(is_geo_blocked(allow, "DE"));
  EXPECT_TRUE(is_geo_blocked(allow, "FR"));
  EXPECT_TRUE(is_geo_blocked(block, "AT"));
  EXPECT_FALSE(is_geo_blocked(block, "FR"));
  EXPECT_FALSE(is_geo_blocked(allow, ""));
  EXPECT_FALSE(is_geo_blocked(block, ""));
}

TEST(ErrorPage, IsTheDistributionsOrOurs) {
  snapshots::cdn::Distribution distribution;
  distribution.error_pages = {
      {404, "/index.html", 200, Seconds(0)}, {500, "", 0, Seconds(300)}, {503, "/busy", 0, Seconds(5)}};
  const auto* page = find_error_page(distribution, 404);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->page_path, "/index.html");
  EXPECT_EQ(shown_status(*page), 200);
  EXPECT_EQ(find_error_page(distribution, 403), nullptr);
  EXPECT_EQ(find_error_page(distribution, 500), nullptr);  // only its caching time is set
  EXPECT_EQ(shown_status(*find_error_page(distribution, 503)), 503);
  EXPECT_EQ(find_error_page(distribution, 503, Refusal::Overloaded), nullptr);
  EXPECT_EQ(error_minimum(distribution, 404), Seconds(0));
  EXPECT_EQ(error_minimum(distribution, 500), Seconds(300));
  EXPECT_EQ(error_minimum(distribution, 502), Seconds(10));
}

TEST(ErrorPage, OurBodySaysWhyAndWhichRequest) {
  const std::string body = error_body(403, "No <script> & \"such\"", "abc==");
  EXPECT_NE(body.find("<h1>403 Forbidden</h1>"), std::string::npos);
  EXPECT_NE(body.find("The request could not be satisfied"), std::string::npos);
  EXPECT_NE(body.find("No &lt;script&gt; &amp; &quot;such&quot;"), std::string::npos);
  EXPECT_NE(body.find("Request ID: <code>abc==</code>"), std::string::npos);
}

TEST(Refusals, HaveCloudFrontsStatuses) {
  EXPECT_EQ(facts_of(Refusal::RequestTooLong).status, 413);
  EXPECT_EQ(facts_of(Refusal::GeoBlocked).detailed_result, "ClientGeoBlocked");
  EXPECT_EQ(facts_of(Refusal::MethodNotAllowed).detailed_result, "InvalidRequestMethod");
  for (Refusal gone : {Refusal::OriginUnreachable, Refusal::OriginTimeout})
    EXPECT_EQ(facts_of(gone).status, 504);
  for (Refusal bad : {Refusal::OriginConnectError, Refusal::OriginDnsError, Refusal::OriginTlsError,
                      Refusal::OriginInvalidResponse, Refusal::OriginClosedEarly})
    EXPECT_EQ(facts_of(bad).status, 502);
  EXPECT_EQ(facts_of(Refusal::Overloaded).status, 503);
}

}  // namespace
}  // namespace meridian::engines::cdn::rules
