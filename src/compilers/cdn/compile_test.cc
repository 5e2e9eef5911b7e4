#include "compilers/cdn/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compilers/cdn/policies.h"

namespace meridian::compilers::cdn {
namespace {

namespace cdn = snapshots::cdn;
using cdn::Selection;
using services::cloudfront::DistributionResource;
using testing::ElementsAre;

constexpr const char* kCachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6";
constexpr const char* kCachingDisabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
constexpr const char* kAllViewer = "216adef6-5c7f-47e4-b989-5492eafa07d3";
constexpr const char* kSecurityHeaders = "67f7725c-6f97-4210-82d7-5512b31e9d03";

template <typename List>
List list(std::vector<std::string> names) {
  return {.Quantity = static_cast<std::int32_t>(names.size()), .Items = std::move(names)};
}

api::Origin custom_origin(std::string id, std::string domain) {
  api::Origin origin;
  origin.Id = std::move(id);
  origin.DomainName = std::move(domain);
  auto& config = origin.CustomOriginConfig.emplace();
  config.HTTPPort = 8080;
  config.HTTPSPort = 8443;
  config.OriginProtocolPolicy = "http-only";
  return origin;
}

class CompileTest : public testing::Test {
 protected:
  CompileTest() {
    library.add_managed_policies();
    resource.id = "E1";
    resource.account = "123456789012";
    resource.public_name = "d1.cloudfront.net";
    config.Enabled = true;
    config.Origins.Items = {custom_origin("web", "Origin.Example.COM")};
    config.DefaultCacheBehavior.TargetOriginId = "web";
    config.DefaultCacheBehavior.ViewerProtocolPolicy = "redirect-to-https";
    config.DefaultCacheBehavior.CachePolicyId = kCachingOptimized;
  }
  cdn::SharedDistribution compiled() {
    auto out = compile(resource, 5, library, stand_ins);
    EXPECT_TRUE(out) << out.error().message;
    return out ? *out : nullptr;
  }
  const cdn::Behavior& only_behavior() {
    kept = compiled();
    return kept->behaviors.back();
  }

  Library library;
  StandIns stand_ins;
  DistributionResource resource;
  api::DistributionConfig& config = resource.config;
  cdn::SharedDistribution kept;
};

TEST_F(CompileTest, AManagedCachePolicyBecomesTheRulesOfTheBehavior) {
  const cdn::Behavior& behavior = only_behavior();
  EXPECT_TRUE(behavior.is_default);
  EXPECT_EQ(behavior.origin, 0u);
  EXPECT_EQ(behavior.viewer_protocol, cdn::ViewerProtocol::RedirectToHttps);
  EXPECT_EQ(behavior.ttl, (cdn::TtlRule{std::chrono::seconds(1), std::chrono::seconds(86400),
                                        std::chrono::seconds(31536000)}));
  EXPECT_TRUE(behavior.key.gzip);
  EXPECT_TRUE(behavior.key.brotli);
  EXPECT_EQ(behavior.key.headers.kind, Selection::Kind::None);
  EXPECT_EQ(behavior.key.query_strings.kind, Selection::Kind::None);
  EXPECT_FALSE(behavior.forward.legacy);
}

TEST_F(CompileTest, CachingDisabledWithAllViewerForwardsEverythingAndKeepsNothing) {
  config.DefaultCacheBehavior.CachePolicyId = kCachingDisabled;
  config.DefaultCacheBehavior.OriginRequestPolicyId = kAllViewer;
  const cdn::Behavior& behavior = only_behavior();
  EXPECT_EQ(behavior.ttl.maximum.count(), 0);
  EXPECT_EQ(behavior.forward.headers.kind, Selection::Kind::All);
  EXPECT_EQ(behavior.forward.cookies.kind, Selection::Kind::All);
  EXPECT_EQ(behavior.forward.query_strings.kind, Selection::Kind::All);
}

TEST_F(CompileTest, AnAbsentDefaultTtlIsADayOrTheMinimumIfThatIsLonger) {
  api::CachePolicyConfig policy;
  policy.MinTTL = 100'000;
  cdn::Behavior behavior;
  apply_cache_policy(policy, behavior);
  EXPECT_EQ(behavior.ttl.fallback.count(), 100'000);
  EXPECT_EQ(behavior.ttl.maximum.count(), 31'536'000);
}

TEST_F(CompileTest, HeadersThatTheEdgeGeneratesAreCollectedFromBothPolicies) {
  api::CachePolicyConfig key;
  key.ParametersInCacheKeyAndForwardedToOrigin.emplace();
  key.ParametersInCacheKeyAndForwardedToOrigin->HeadersConfig = {
      "whitelist", list<api::Headers>({"X-Tenant", "CloudFront-Viewer-Country"})};
  api::OriginRequestPolicyConfig forward;
  forward.HeadersConfig = {"allViewerAndWhitelistCloudFront",
                           list<api::Headers>({"CloudFront-Is-Mobile-Viewer"})};
  cdn::Behavior behavior;
  apply_cache_policy(key, behavior);
  apply_origin_request_policy(forward, behavior);
  collect_generated_headers(behavior);
  EXPECT_THAT(behavior.key.headers.names, ElementsAre("cloudfront-viewer-country", "x-tenant"));
  EXPECT_EQ(behavior.forward.headers.kind, Selection::Kind::All);
  EXPECT_THAT(behavior.generated, ElementsAre("cloudfront-is-mobile-viewer", "cloudfront-viewer-country"));
}

TEST_F(CompileTest, ForwardedValuesBecomeTheSameRules) {
  auto& behavior = config.DefaultCacheBehavior;
  behavior.CachePolicyId.reset();
  auto& values = behavior.ForwardedValues.emplace();
  values.QueryString = true;
  values.QueryStringCacheKeys = list<api::QueryStringCacheKeys>({"page", "lang"});
  values.Cookies = {"whitelist", list<api::CookieNames>({"session"})};
  values.Headers = list<api::Headers>({"Origin"});
  behavior.MinTTL = 0;
  behavior.DefaultTTL = 60;
  behavior.MaxTTL = 120;
  const cdn::Behavior& out = only_behavior();
  EXPECT_TRUE(out.forward.legacy);
  EXPECT_EQ(out.ttl.fallback.count(), 60);
  EXPECT_THAT(out.key.query_strings.names, ElementsAre("lang", "page"));
  EXPECT_EQ(out.forward.query_strings.kind, Selection::Kind::All) << "all are sent, two are in the key";
  EXPECT_THAT(out.key.cookies.names, ElementsAre("session"));
  EXPECT_THAT(out.key.headers.names, ElementsAre("origin"));
  EXPECT_FALSE(out.key.never_cache);
}

TEST_F(CompileTest, ForwardingAllHeadersCachesNothing) {
  auto& behavior = config.DefaultCacheBehavior;
  behavior.CachePolicyId.reset();
  behavior.ForwardedValues.emplace();
  behavior.ForwardedValues->Cookies.Forward = "none";
  behavior.ForwardedValues->Headers = list<api::Headers>({"*"});
  EXPECT_TRUE(only_behavior().key.never_cache);
}

TEST_F(CompileTest, BehaviorsStayInListedOrderWithTheDefaultLast) {
  api::CacheBehavior api_behavior;
  api_behavior.PathPattern = "/api/*";
  api_behavior.TargetOriginId = "web";
  api_behavior.ViewerProtocolPolicy = "https-only";
  api_behavior.CachePolicyId = kCachingDisabled;
  api_behavior.AllowedMethods = api::AllowedMethods{
      .Quantity = 7,
      .Items = {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"},
      .CachedMethods = api::CachedMethods{.Quantity = 3, .Items = {"GET", "HEAD", "OPTIONS"}}};
  config.CacheBehaviors = api::CacheBehaviors{.Quantity = 1, .Items = {{api_behavior}}};
  const auto out = compiled();
  ASSERT_EQ(out->behaviors.size(), 2u);
  EXPECT_EQ(out->behaviors[0].path_pattern, "/api/*");
  EXPECT_EQ(out->behaviors[0].allowed_methods, cdn::kAllMethods);
  EXPECT_TRUE(out->behaviors[0].cache_options);
  EXPECT_EQ(out->behaviors[1].allowed_methods, cdn::kReadMethods);
}

TEST_F(CompileTest, AnS3OriginIsReachedWhereThisDeploymentServesIt) {
  stand_ins.s3 = cdn::OriginStandIn{"127.0.0.1", 4566, false};
  api::Origin bucket;
  bucket.Id = "bucket";
  bucket.DomainName = "site.s3.eu-west-1.amazonaws.com";
  bucket.S3OriginConfig.emplace().OriginAccessIdentity = "origin-access-identity/cloudfront/E2QWRUHAPOMQZL";
  config.Origins.Items.push_back(bucket);
  const auto out = compiled();
  EXPECT_FALSE(out->origins[0].stand_in);
  EXPECT_EQ(out->origins[0].domain_name, "origin.example.com");
  ASSERT_TRUE(out->origins[1].stand_in);
  EXPECT_EQ(out->origins[1].stand_in->port, 4566);
  EXPECT_TRUE(out->origins[1].is_s3);
  EXPECT_EQ(out->origins[1].access.kind, cdn::OriginAccess::Kind::Identity);
  EXPECT_EQ(out->origins[1].access.identity_id, "E2QWRUHAPOMQZL");
}

TEST_F(CompileTest, AnOriginAccessControlSaysHowRequestsAreSigned) {
  library.origin_access_controls["A1"] = {.Name = "oac",
                                          .SigningProtocol = "sigv4",
                                          .SigningBehavior = "no-override",
                                          .OriginAccessControlOriginType = "s3"};
  config.Origins.Items[0].OriginAccessControlId = "A1";
  const auto out = compiled();
  EXPECT_EQ(out->origins[0].access.signing, cdn::SigningBehavior::NoOverride);
  EXPECT_EQ(out->origins[0].access.signed_service, "s3");
}

TEST_F(CompileTest, AGroupIsATargetLikeAnOrigin) {
  config.Origins.Items.push_back(custom_origin("spare", "spare.example.com"));
  api::OriginGroup group;
  group.Id = "both";
  group.FailoverCriteria.StatusCodes = {.Quantity = 2, .Items = {503, 500}};
  group.Members = {.Quantity = 2, .Items = {{"web"}, {"spare"}}};
  config.OriginGroups = api::OriginGroups{.Quantity = 1, .Items = {{group}}};
  config.DefaultCacheBehavior.TargetOriginId = "both";
  const auto out = compiled();
  EXPECT_EQ(out->behaviors[0].origin, cdn::Behavior::kNoTarget);
  EXPECT_EQ(out->behaviors[0].group, 0u);
  EXPECT_EQ(out->groups[0].secondary, 1u);
  EXPECT_THAT(out->groups[0].failover_statuses, ElementsAre(500, 503));
}

TEST_F(CompileTest, SignedRequestsAreCheckedAgainstTheKeysOfAllGroups) {
  library.public_keys["K1"] = std::make_shared<cdn::TrustedKey>(cdn::TrustedKey{"K1", "pem"});
  library.key_groups["G1"] = {.Name = "g", .Items = {"K1"}};
  config.DefaultCacheBehavior.TrustedKeyGroups =
      api::TrustedKeyGroups{.Enabled = true, .Quantity = 1, .Items = {{"G1"}}};
  const cdn::Behavior& behavior = only_behavior();
  EXPECT_TRUE(behavior.restricted);
  ASSERT_EQ(behavior.trusted_keys.size(), 1u);
  EXPECT_EQ(behavior.trusted_keys[0]->id, "K1");
}

TEST_F(CompileTest, WhatIsNotThereIsAnErrorThatNamesIt) {
  config.DefaultCacheBehavior.CachePolicyId = "nowhere";
  const auto out = compile(resource, 5, library, stand_ins);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().message, "cache policy nowhere is not there");
}

TEST_F(CompileTest, TheManagedSecurityHeadersAreThoseOfTheDocumentation) {
  config.DefaultCacheBehavior.ResponseHeadersPolicyId = kSecurityHeaders;
  std::vector<std::string> lines;
  for (const cdn::AddedHeader& header : only_behavior().response_headers->added)
    lines.push_back(header.name + ": " + header.value + (header.override_origin ? " always" : ""));
  EXPECT_THAT(lines, ElementsAre("Strict-Transport-Security: max-age=31536000",
                                 "X-Content-Type-Options: nosniff always", "X-Frame-Options: SAMEORIGIN",
                                 "Referrer-Policy: strict-origin-when-cross-origin",
                                 "X-XSS-Protection: 1; mode=block"));
}

TEST_F(CompileTest, TrafficGoesToTheStagingDistributionThatThePolicyNames) {
  library.distributions_by_domain["d2.cloudfront.net"] = "E2";
  api::ContinuousDeploymentPolicyConfig policy;
  policy.Enabled = true;
  policy.StagingDistributionDnsNames = {.Quantity = 1, .Items = {{"d2.cloudfront.net"}}};
  policy.TrafficConfig.emplace().Type = "SingleHeader";
  policy.TrafficConfig->SingleHeaderConfig = {"aws-cf-cd-try", "yes"};
  library.continuous_deployment_policies["P1"] = policy;
  config.ContinuousDeploymentPolicyId = "P1";
  const auto out = compiled();
  ASSERT_TRUE(out->continuous_deployment);
  EXPECT_EQ(out->continuous_deployment->staging_id, "E2");
  EXPECT_EQ(out->continuous_deployment->header_name, "aws-cf-cd-try");
}

TEST(StandIns, TellsBucketsFromTheirWebsitesAndFromEverythingElse) {
  EXPECT_EQ(classify_origin("b.s3.amazonaws.com"), OriginHost::S3);
  EXPECT_EQ(classify_origin("b.s3-eu-west-1.amazonaws.com"), OriginHost::S3);
  EXPECT_EQ(classify_origin("my.bucket.s3.eu-west-1.amazonaws.com"), OriginHost::S3);
  EXPECT_EQ(classify_origin("b.s3.localhost"), OriginHost::S3);
  EXPECT_EQ(classify_origin("my.s3-website.bucket.s3.amazonaws.com"), OriginHost::S3);
  EXPECT_EQ(classify_origin("b.s3-website-us-east-1.amazonaws.com"), OriginHost::S3Website);
  EXPECT_EQ(classify_origin("b.s3-website.eu-central-1.amazonaws.com"), OriginHost::S3Website);
  EXPECT_EQ(classify_origin("b.s3-website.localhost"), OriginHost::S3Website);
  EXPECT_EQ(classify_origin("s3.example.com"), OriginHost::Other);
  EXPECT_EQ(classify_origin("b.s3x.amazonaws.com"), OriginHost::Other);
  EXPECT_EQ(classify_origin("lb-1.eu-west-1.elb.amazonaws.com"), OriginHost::Other);
  EXPECT_EQ(bucket_of_domain("logs.s3.amazonaws.com"), "logs");
  EXPECT_EQ(bucket_of_domain("my.s3.logs.s3.amazonaws.com"), "my.s3.logs");
  EXPECT_EQ(bucket_of_domain("logs"), "logs");
}

}  // namespace
}  // namespace meridian::compilers::cdn
