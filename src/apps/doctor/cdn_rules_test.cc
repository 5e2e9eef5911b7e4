#include "apps/doctor/cdn_rules.h"

#include "apps/doctor/cdn_fixes.h"
#include "apps/doctor/healthy_world.h"

namespace meridian::apps::doctor {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* kArn = "arn:aws:cloudfront::123456789012:distribution/E1";
constexpr const char* kKeyed = "keyed";  // a policy of ours, to be changed

std::string policy_for(const std::string& arn, const std::string& action = "s3:GetObject") {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},)"
         R"("Action":")" +
         action + R"(","Resource":["arn:aws:s3:::site","arn:aws:s3:::site/*"],)" +
         R"("Condition":{"StringEquals":{"AWS:SourceArn":")" + arn + R"("}}}]})";
}

// A site in a private bucket and an API beside it, as they should be.
class CdnRules : public HealthyWorld {
 protected:
  CdnRules() {
    for (const char* type : {"A", "AAAA"})
      add(alias("shop.example.com", type, "d1.cloudfront.net", false, kDistributionZone));
    CdnFacts& cdn = facts.cdn;
    auto& optimized = cdn.cache_policies[kCachingOptimized];
    optimized.MinTTL = 1;
    auto& key = optimized.ParametersInCacheKeyAndForwardedToOrigin.emplace();
    key.EnableAcceptEncodingGzip = true;
    key.EnableAcceptEncodingBrotli = true;
    key.HeadersConfig.HeaderBehavior = key.CookiesConfig.CookieBehavior = "none";
    cdn.cache_policies[kKeyed] = optimized;
    auto& disabled = cdn.cache_policies[kCachingDisabled];
    disabled.DefaultTTL = disabled.MaxTTL = 0;
    auto& all = cdn.origin_request_policies["all"];
    all.HeadersConfig.HeaderBehavior = "allViewer";
    all.CookiesConfig.CookieBehavior = "all";
    auto& but_host = cdn.origin_request_policies[kAllViewerExceptHost] = all;
    but_host.HeadersConfig.HeaderBehavior = "allExcept";
    but_host.HeadersConfig.Headers.emplace().Items = {"host"};
    cdn.buckets["site"].policy = policy_for(kArn);
    cdn.certificates["cert"] = {"ISSUED", {"shop.example.com"}};

    DistributionFacts made{"E1", kArn, "d1.cloudfront.net", {}};
    cf::DistributionConfig& config = made.config;
    config.Enabled = true;
    config.DefaultRootObject = "index.html";
    config.Aliases.emplace().Items = {"shop.example.com"};
    config.ViewerCertificate.emplace().ACMCertificateArn = "cert";
    config.ViewerCertificate->MinimumProtocolVersion = "TLSv1.2_2021";
    config.Origins.Items.resize(2);
    cf::Origin& site = config.Origins.Items[0];
    site.Id = "site";
    site.DomainName = "site.s3.us-east-1.amazonaws.com";
    site.S3OriginConfig.emplace();
    site.OriginAccessControlId = "OAC";
    cf::Origin& api = config.Origins.Items[1];
    api.Id = "api";
    api.DomainName = "api.example.com";
    api.CustomOriginConfig.emplace().OriginProtocolPolicy = "https-only";
    cf::DefaultCacheBehavior& behavior = config.DefaultCacheBehavior;
    behavior.TargetOriginId = "site";
    behavior.ViewerProtocolPolicy = "redirect-to-https";
    behavior.CachePolicyId = kCachingOptimized;
    behavior.Compress = true;
    cf::CacheBehavior& calls = config.CacheBehaviors.emplace().Items.emplace().emplace_back();
    calls.PathPattern = "/api/*";
    calls.TargetOriginId = "api";
    calls.ViewerProtocolPolicy = "https-only";
    calls.CachePolicyId = kCachingDisabled;
    calls.OriginRequestPolicyId = kAllViewerExceptHost;
    config.CustomErrorResponses.emplace().Items = {
        {.ErrorCode = 403, .ResponsePagePath = "/index.html", .ResponseCode = "200"}};
    cdn.distributions.push_back(std::move(made));
  }
  cf::DistributionConfig& config() { return facts.cdn.distributions[0].config; }
  cf::DefaultCacheBehavior& site() { return config().DefaultCacheBehavior; }
  cf::CacheBehavior& api() { return (*config().CacheBehaviors->Items)[0]; }
  cf::Origin& bucket_origin() { return config().Origins.Items[0]; }
  BucketFacts& bucket() { return facts.cdn.buckets["site"]; }
};

TEST_F(CdnRules, NothingIsFoundInWhatIsAsItShouldBe) {
  expect_only({});
}

TEST_F(CdnRules, AnAliasThatNoRecordLeadsTo) {
  remove("shop.example.com", "A");
  remove("shop.example.com", "AAAA");
  EXPECT_THAT(
      commands(cdn_alias_without_record),
      ElementsAre(AllOf(HasSubstr("change-resource-record-sets"), HasSubstr(R"("Name":"shop.example.com.")"),
                        HasSubstr(R"("HostedZoneId":"Z2FDTNDATAQYW2","DNSName":"d1.cloudfront.net.")"))));
  expect_only({"cdn-alias-without-record"});
  config().Aliases->Items = {"shop.example.net"};
  EXPECT_THAT(found(cdn_alias_without_record), IsEmpty()) << "no zone of ours says where that leads";
}

TEST_F(CdnRules, ANameThatItsDistributionRefuses) {
  config().Aliases->Items = {"*.other.example.com"};
  EXPECT_THAT(labels(cdn_record_without_alias), ElementsAre("shop.example.com A"));
  EXPECT_THAT(commands(cdn_record_without_alias),
              ElementsAre(StartsWith("etag=$(aws cloudfront get-distribution-config --id E1"),
                          AllOf(HasSubstr("update-distribution --id E1 --if-match"),
                                HasSubstr(R"("Items":["*.other.example.com","shop.example.com"])"))));
  config().Aliases->Items = {"*.example.com"};
  EXPECT_THAT(found(cdn_record_without_alias), IsEmpty());
}

TEST_F(CdnRules, ACertificateThatDoesNotCoverTheAlias) {
  const auto why = [&] {
    const auto findings = found(cdn_alias_without_certificate);
    return findings.empty() ? "" : findings[0].why;
  };
  auto& certificate = facts.cdn.certificates["cert"];
  certificate.names = {"*.example.com"};
  EXPECT_EQ(why(), "");
  certificate.names = {"*.a.example.com", "*.com"};
  EXPECT_THAT(why(), HasSubstr("its certificate has only *.a.example.com, *.com"));
  certificate.status = "EXPIRED";
  EXPECT_THAT(why(), HasSubstr("its certificate is EXPIRED"));
  config().ViewerCertificate.reset();
  EXPECT_THAT(why(), HasSubstr("CloudFront's own certificate"));
}

TEST_F(CdnRules, OldTlsForViewers) {
  config().ViewerCertificate->MinimumProtocolVersion = "TLSv1.1_2016";
  EXPECT_THAT(commands(cdn_old_tls).back(), HasSubstr(R"("MinimumProtocolVersion":"TLSv1.2_2021")"));
  expect_only({"cdn-old-tls"});
}

TEST_F(CdnRules, ABucketWhoseRequestsAreNotSigned) {
  bucket_origin().OriginAccessControlId.reset();
  EXPECT_THAT(found(cdn_bucket_unsigned).at(0).why, HasSubstr("all that viewers get is 403"));
  EXPECT_THAT(commands(cdn_bucket_unsigned),
              ElementsAre(StartsWith("control=$(aws cloudfront create-origin-access"), StartsWith("etag="),
                          HasSubstr("$control")));
  expect_only({"cdn-bucket-unsigned"});
  bucket().policy = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",)"
                    R"("Action":"s3:GetObject","Resource":"arn:aws:s3:::site/*"}]})";
  EXPECT_THAT(found(cdn_bucket_unsigned).at(0).why, HasSubstr("may go around the distribution"));
}

TEST_F(CdnRules, ABucketThatRefusesItsDistribution) {
  bucket().policy = "";
  EXPECT_THAT(commands(cdn_bucket_policy),
              ElementsAre(AllOf(StartsWith("aws s3api put-bucket-policy --bucket site"), HasSubstr(kArn))));
  expect_only({"cdn-bucket-policy"});
  bucket().policy = policy_for("arn:aws:cloudfront::123456789012:distribution/E2");
  EXPECT_THAT(commands(cdn_bucket_policy_other),
              ElementsAre(AllOf(HasSubstr("distribution/E2"), HasSubstr(kArn))))
      << "what others may do stays";
  expect_only({"cdn-bucket-policy-other"});
}

TEST_F(CdnRules, AWebsiteEndpointKnowsNoSignatures) {
  bucket_origin().DomainName = "site.s3-website-us-east-1.amazonaws.com";
  EXPECT_THAT(labels(cdn_website_endpoint_signed), ElementsAre("E1 (shop.example.com) origin site"));
  bucket_origin().S3OriginConfig.reset();
  bucket_origin().OriginAccessControlId.reset();
  EXPECT_THAT(found(cdn_website_endpoint_signed), IsEmpty());
}

TEST_F(CdnRules, AnOriginAccessIdentity) {
  bucket_origin().OriginAccessControlId.reset();
  bucket_origin().S3OriginConfig->OriginAccessIdentity = "origin-access-identity/cloudfront/EOLD";
  EXPECT_THAT(found(cdn_legacy_identity).at(0).why, HasSubstr("identity EOLD,"));
  EXPECT_THAT(commands(cdn_legacy_identity), SizeIs(3));
  expect_only({"cdn-legacy-identity"});
}

TEST_F(CdnRules, WhoMayNotListHears403) {
  (*config().CustomErrorResponses->Items)[0].ErrorCode = 404;
  EXPECT_THAT(commands(cdn_forbidden_for_missing), ElementsAre(HasSubstr(R"("Action":"s3:ListBucket")")));
  expect_only({"cdn-forbidden-for-missing"});
  bucket().policy = policy_for(kArn, "s3:*");
  EXPECT_THAT(found(cdn_forbidden_for_missing), IsEmpty());
}

TEST_F(CdnRules, NothingAtTheRoot) {
  config().DefaultRootObject.reset();
  EXPECT_THAT(commands(cdn_root_object).back(), HasSubstr(R"("DefaultRootObject":"index.html")"));
  expect_only({"cdn-root-object"});
  config().DefaultRootObject = "home.html";
  EXPECT_THAT(found(cdn_root_object), IsEmpty()) << "nobody has looked";
  bucket().missing = {"home.html"};
  EXPECT_THAT(commands(cdn_root_object), ElementsAre("aws s3 cp home.html s3://site/home.html"));
}

TEST_F(CdnRules, AnErrorPageThatIsNotThere) {
  bucket_origin().OriginPath = "/v1";
  bucket().missing = {"v1/index.html"};
  EXPECT_THAT(labels(cdn_error_page_missing), ElementsAre("E1 (shop.example.com) error page /index.html"));
  EXPECT_THAT(commands(cdn_error_page_missing), ElementsAre("aws s3 cp index.html s3://site/v1/index.html"));
}

TEST_F(CdnRules, AnErrorPageOfTheOriginThatFails) {
  config().CustomErrorResponses->Items->push_back(
      {.ErrorCode = 502, .ResponsePagePath = "/api/sorry.html", .ResponseCode = "503"});
  EXPECT_THAT(found(cdn_error_page_from_failing_origin).at(0).why, HasSubstr("from the origin api itself"));
  expect_only({"cdn-error-page-origin"});
}

TEST_F(CdnRules, AnswersToOneUserAreNotForAll) {
  api().CachePolicyId = kCachingOptimized;
  EXPECT_THAT(labels(cdn_shared_between_users), ElementsAre("E1 (shop.example.com) behavior /api/*"));
  EXPECT_THAT(commands(cdn_shared_between_users).back(), HasSubstr(kCachingDisabled));
  EXPECT_THAT(labels(cdn_set_cookie_cached), ElementsAre("E1 (shop.example.com) behavior /api/*"));
  expect_only({"cdn-shared-between-users", "cdn-set-cookie-cached"});
  api().OriginRequestPolicyId.reset();
  expect_only({"cdn-api-cached"});
}

TEST_F(CdnRules, TokensInTheKey) {
  api().CachePolicyId = kKeyed;
  auto& key = *facts.cdn.cache_policies[kKeyed].ParametersInCacheKeyAndForwardedToOrigin;
  key.HeadersConfig.HeaderBehavior = "whitelist";
  key.HeadersConfig.Headers.emplace().Items = {"Authorization"};
  key.CookiesConfig.CookieBehavior = "all";
  EXPECT_THAT(labels(cdn_authorization_in_key), ElementsAre("E1 (shop.example.com) behavior /api/*"));
  expect_only({"cdn-authorization-in-key"});
}

TEST_F(CdnRules, AMinimumAboveTheOriginsWord) {
  site().CachePolicyId = kKeyed;
  facts.cdn.cache_policies[kKeyed].MinTTL = 60;
  EXPECT_THAT(found(cdn_minimum_ttl).at(0).why, HasSubstr("The Minimum TTL is 60 s"));
  expect_only({"cdn-minimum-ttl"});
}

TEST_F(CdnRules, HostForwardedToABucket) {
  site().OriginRequestPolicyId = "all";
  EXPECT_THAT(commands(cdn_host_to_bucket).back(), HasSubstr(kCorsS3Origin));
  site().OriginRequestPolicyId = kAllViewerExceptHost;
  EXPECT_THAT(found(cdn_host_to_bucket), IsEmpty());
}

TEST_F(CdnRules, ABehaviorBehindOneThatMatchesAllItsPaths) {
  auto& items = *config().CacheBehaviors->Items;
  const auto shadowed = [&](const std::string& earlier, const std::string& later) {
    items.resize(2, items[0]);
    items[0].PathPattern = earlier;
    items[1] = items[0];
    items[1].PathPattern = later;
    return !found(cdn_behavior_shadowed).empty();
  };
  EXPECT_TRUE(shadowed("/api/*", "/api/v1/*"));
  EXPECT_TRUE(shadowed("api/*", "/api/?.json"));
  EXPECT_TRUE(shadowed("*", "*.js"));
  EXPECT_FALSE(shadowed("/api/v1/*", "/api/*"));
  EXPECT_FALSE(shadowed("/a?c", "/a*c"));
  EXPECT_FALSE(shadowed("*.js", "/static/*"));
  ASSERT_TRUE(shadowed("/a/*", "/a/b"));
  const std::string put = commands(cdn_behavior_shadowed).back();
  EXPECT_LT(put.find(R"("PathPattern":"/a/b")"), put.find(R"("PathPattern":"/a/*")")) << put;
}

TEST_F(CdnRules, NothingIsCompressed) {
  site().Compress = false;
  EXPECT_THAT(commands(cdn_compression_off).back(), HasSubstr(R"("Compress":true)"));
  expect_only({"cdn-compression-off"});
  site().Compress = true;
  api().Compress = true;
  EXPECT_THAT(found(cdn_compression_off).at(0).why, HasSubstr("here the TTL is 0"));
}

TEST_F(CdnRules, ABucketThatCannotSeeOrigin) {
  bucket().has_cors = true;
  EXPECT_THAT(commands(cdn_cors_not_forwarded).back(), HasSubstr(kCorsS3Origin));
  expect_only({"cdn-cors-not-forwarded"});
}

TEST_F(CdnRules, PlainText) {
  api().ViewerProtocolPolicy = "allow-all";
  expect_only({"cdn-plain-viewers"});
  config().Origins.Items[1].CustomOriginConfig->OriginProtocolPolicy = "match-viewer";
  EXPECT_THAT(commands(cdn_origin_match_viewer).back(), HasSubstr(R"("OriginProtocolPolicy":"https-only")"));
  expect_only({"cdn-plain-viewers", "cdn-origin-match-viewer"});
}

TEST_F(CdnRules, ForwardedValues) {
  site().CachePolicyId.reset();
  site().ForwardedValues.emplace().Cookies.Forward = "none";
  EXPECT_THAT(commands(cdn_forwarded_values).back(),
              AllOf(HasSubstr(kCachingOptimized), Not(HasSubstr("ForwardedValues"))));
  expect_only({"cdn-forwarded-values"});
}

}  // namespace
}  // namespace meridian::apps::doctor
