#include "services/cloudfront/config_rules.h"

#include "services/cloudfront/config_defaults.h"
#include "services/cloudfront/service_fixture.h"

namespace meridian::services::cloudfront {
namespace {

class RulesTest : public CloudFrontTest {
 protected:
  template <typename Change>
  static std::string refused_with(Change change, api::DistributionConfig config = CloudFrontTest::config()) {
    change(config);
    fill_in_defaults(config);
    return code(check_config(config));
  }
  template <typename Change>
  static std::string legacy_refused_with(Change change, bool s3 = false) {
    auto config = s3 ? s3_config() : CloudFrontTest::config();
    config.DefaultCacheBehavior.CachePolicyId.reset();
    auto& values = config.DefaultCacheBehavior.ForwardedValues.emplace();
    values.Cookies.Forward = "none";
    change(config.DefaultCacheBehavior, values);
    fill_in_defaults(config);
    return code(check_config(config));
  }
};

using Config = api::DistributionConfig;

TEST_F(RulesTest, PlainOnesPass) {
  EXPECT_EQ(refused_with([](Config&) {}), "");
  EXPECT_EQ(refused_with([](Config&) {}, s3_config()), "");
  EXPECT_EQ(legacy_refused_with([](auto&, auto&) {}), "");
}

TEST_F(RulesTest, Origins) {
  const auto origin = [](auto change) {
    return refused_with([&](Config& config) { change(config.Origins.Items.front()); });
  };
  EXPECT_EQ(origin([](api::Origin& it) { it.DomainName = "192.0.2.1"; }), "InvalidArgument");
  EXPECT_EQ(origin([](api::Origin& it) { it.DomainName = "no good"; }), "InvalidOrigin");
  EXPECT_EQ(origin([](api::Origin& it) { it.CustomOriginConfig.reset(); }), "InvalidArgument");
  EXPECT_EQ(origin([](api::Origin& it) { it.S3OriginConfig.emplace(); }), "InvalidArgument");
  EXPECT_EQ(origin([](api::Origin& it) { it.VpcOriginConfig.emplace(); }), "EntityNotFound");
  EXPECT_EQ(origin([](api::Origin& it) { it.OriginPath = "images"; }), "InvalidArgument");
  EXPECT_EQ(origin([](api::Origin& it) { it.OriginPath = "/images/"; }), "InvalidArgument");
  EXPECT_EQ(origin([](api::Origin& it) { it.OriginPath = "/images"; }), "");
  EXPECT_EQ(origin([](api::Origin& it) { it.ConnectionAttempts = 4; }), "InvalidArgument");
  EXPECT_EQ(origin([](api::Origin& it) { it.ConnectionTimeout = 0; }), "InvalidArgument");
  EXPECT_EQ(origin([](api::Origin& it) { it.CustomOriginConfig->HTTPPort = 81; }), "InvalidArgument");
  EXPECT_EQ(origin([](api::Origin& it) { it.CustomOriginConfig->HTTPPort = 8080; }), "");
  EXPECT_EQ(origin([](api::Origin& it) { it.CustomOriginConfig->OriginReadTimeout = 121; }),
            "InvalidOriginReadTimeout");
  EXPECT_EQ(origin([](api::Origin& it) { it.CustomOriginConfig->OriginKeepaliveTimeout = 0; }),
            "InvalidOriginKeepaliveTimeout");
  EXPECT_EQ(origin([](api::Origin& it) { it.ResponseCompletionTimeout = 29; }), "InvalidArgument");
  EXPECT_EQ(origin([](api::Origin& it) {
              it.CustomOriginConfig->OriginSslProtocols = {1, {"SSLv3"}};
            }),
            "NotImplemented");
  EXPECT_EQ(origin([](api::Origin& it) {
              it.OriginShield = api::OriginShield{true, {}};
            }),
            "InvalidArgument");
  EXPECT_EQ(origin([](api::Origin& it) { it.OriginShield = api::OriginShield{true, "us-east-2"}; }), "");
  EXPECT_EQ(refused_with([](Config& it) { it.Origins.Items.push_back(it.Origins.Items.front()); }),
            "InvalidArgument");
  EXPECT_EQ(refused_with([](Config& it) { it.Origins.Items.resize(26, it.Origins.Items.front()); }),
            "TooManyOrigins");
}

TEST_F(RulesTest, S3Origins) {
  const auto named = [](const std::string& name) {
    return refused_with([&](Config& it) { it.Origins.Items.front().DomainName = name; }, s3_config());
  };
  EXPECT_EQ(named("photos.s3.eu-west-1.amazonaws.com"), "");
  EXPECT_EQ(named("photos.s3-us-west-2.amazonaws.com"), "");
  EXPECT_EQ(named("my.photos.s3.amazonaws.com"), "");
  EXPECT_EQ(named("photos.s3-website-us-east-1.amazonaws.com"), "InvalidArgument");
  EXPECT_EQ(named("photos.example.com"), "InvalidArgument");
  EXPECT_EQ(named("s3.amazonaws.com"), "InvalidArgument");
  EXPECT_EQ(refused_with(
                [](Config& it) {
                  it.Origins.Items.front().OriginAccessControlId = "E1";
                  it.Origins.Items.front().S3OriginConfig->OriginAccessIdentity =
                      "origin-access-identity/cloudfront/E2";
                },
                s3_config()),
            "IllegalOriginAccessConfiguration");
}

TEST_F(RulesTest, CustomHeaders) {
  const auto header = [](std::vector<std::string> names) {
    return refused_with([&](Config& config) {
      auto& headers = config.Origins.Items.front().CustomHeaders.emplace();
      for (const std::string& name : names) {
        if (!headers.Items) headers.Items.emplace();
        headers.Items->push_back({name, "v"});
      }
    });
  };
  EXPECT_EQ(header({"X-Secret"}), "");
  EXPECT_EQ(header({"Host"}), "InvalidArgument");
  EXPECT_EQ(header({"x-amz-date"}), "InvalidArgument");
  EXPECT_EQ(header({"X-Edge-Thing"}), "InvalidArgument");
  EXPECT_EQ(header({"a b"}), "InvalidArgument");
  EXPECT_EQ(header({"X-A", "x-a"}), "InvalidArgument");
  EXPECT_EQ(header(std::vector<std::string>(11, "x")), "TooManyOriginCustomHeaders");
}

TEST_F(RulesTest, OriginGroups) {
  const auto group = [](auto change, const char* method = "GET") {
    return refused_with([&](Config& config) {
      config.Origins.Items.push_back(config.Origins.Items.front());
      config.Origins.Items.back().Id = "spare";
      api::OriginGroup made;
      made.Id = "both";
      made.FailoverCriteria.StatusCodes = {2, {500, 503}};
      made.Members = {2, {{"web"}, {"spare"}}};
      change(made);
      config.OriginGroups = api::OriginGroups{1, std::vector{made}};
      config.DefaultCacheBehavior.TargetOriginId = "both";
      if (std::string_view(method) == "POST")
        config.DefaultCacheBehavior.AllowedMethods =
            api::AllowedMethods{7, {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"}, {}};
    });
  };
  EXPECT_EQ(group([](auto&) {}), "");
  EXPECT_EQ(group([](auto&) {}, "POST"), "InvalidArgument");
  EXPECT_EQ(group([](auto& it) { it.Members.Items[1].OriginId = "none"; }), "NoSuchOrigin");
  EXPECT_EQ(group([](auto& it) { it.Members.Items[1].OriginId = "web"; }), "InvalidArgument");
  EXPECT_EQ(group([](auto& it) { it.FailoverCriteria.StatusCodes = {1, {200}}; }), "InvalidArgument");
  EXPECT_EQ(group([](auto& it) { it.Id = "web"; }), "InvalidArgument");
  EXPECT_EQ(group([](auto& it) { it.SelectionCriteria = "media-quality-based"; }), "NotImplemented");
}

TEST_F(RulesTest, Behaviors) {
  const auto behavior = [](auto change) {
    return refused_with([&](Config& config) { change(config.DefaultCacheBehavior); });
  };
  using Behavior = api::DefaultCacheBehavior;
  EXPECT_EQ(behavior([](Behavior& it) { it.TargetOriginId = "none"; }), "NoSuchOrigin");
  EXPECT_EQ(behavior([](Behavior& it) { it.CachePolicyId.reset(); }), "InvalidArgument");
  EXPECT_EQ(behavior([](Behavior& it) { it.ForwardedValues.emplace().Cookies.Forward = "none"; }),
            "InvalidArgument");
  EXPECT_EQ(behavior([](Behavior& it) { it.MinTTL = 0; }), "InvalidArgument");
  EXPECT_EQ(behavior([](Behavior& it) {
              it.AllowedMethods = api::AllowedMethods{2, {"GET", "POST"}, {}};
            }),
            "InvalidArgument");
  EXPECT_EQ(behavior([](Behavior& it) {
              it.AllowedMethods =
                  api::AllowedMethods{2, {"GET", "HEAD"}, api::CachedMethods{3, {"GET", "HEAD", "OPTIONS"}}};
            }),
            "InvalidArgument");
  EXPECT_EQ(behavior([](Behavior& it) { it.SmoothStreaming = true; }), "NotImplemented");
  EXPECT_EQ(behavior([](Behavior& it) { it.FieldLevelEncryptionId = "C1"; }),
            "NoSuchFieldLevelEncryptionConfig");
  EXPECT_EQ(behavior([](Behavior& it) {
              it.LambdaFunctionAssociations =
                  api::LambdaFunctionAssociations{1, std::vector<api::LambdaFunctionAssociation>(1)};
            }),
            "InvalidLambdaFunctionAssociation");
  EXPECT_EQ(
      behavior([](Behavior& it) {
        it.FunctionAssociations = api::FunctionAssociations{1, std::vector<api::FunctionAssociation>(1)};
      }),
      "InvalidFunctionAssociation");
  EXPECT_EQ(behavior([](Behavior& it) {
              it.TrustedSigners = api::TrustedSigners{true, 1, std::vector<std::string>{"self"}};
            }),
            "TrustedSignerDoesNotExist");
  EXPECT_EQ(behavior([](Behavior& it) {
              it.TrustedKeyGroups = api::TrustedKeyGroups{true, 0, {}};
            }),
            "InvalidArgument");
  EXPECT_EQ(behavior([](Behavior& it) {
              it.TrustedKeyGroups =
                  api::TrustedKeyGroups{true, 5, std::vector<std::string>{"a", "b", "c", "d", "e"}};
            }),
            "TooManyKeyGroupsAssociatedToDistribution");
  EXPECT_EQ(behavior([](Behavior& it) { it.GrpcConfig = api::GrpcConfig{true}; }), "InvalidArgument");
}

TEST_F(RulesTest, ListedBehaviors) {
  const auto listed = [](std::vector<std::string> patterns) {
    return refused_with([&](Config& config) {
      std::vector<api::CacheBehavior> behaviors;
      for (const std::string& pattern : patterns) {
        api::CacheBehavior& made = behaviors.emplace_back();
        made.PathPattern = pattern;
        made.TargetOriginId = "web";
        made.ViewerProtocolPolicy = "allow-all";
        made.CachePolicyId = kOptimized;
      }
      config.CacheBehaviors =
          api::CacheBehaviors{static_cast<std::int32_t>(behaviors.size()), std::move(behaviors)};
    });
  };
  EXPECT_EQ(listed({"/api/*", "*.jpg", "images/?.png"}), "");
  EXPECT_EQ(listed({"/api/*", "/api/*"}), "InvalidArgument");
  EXPECT_EQ(listed({""}), "InvalidArgument");
  EXPECT_EQ(listed({"/a b"}), "InvalidArgument");
  EXPECT_EQ(listed({std::string(256, 'a')}), "InvalidArgument");
  EXPECT_EQ(listed(std::vector<std::string>(76, "a")), "TooManyCacheBehaviors");
}

TEST_F(RulesTest, LegacySettings) {
  const auto refused = [](auto change, bool s3 = false) { return legacy_refused_with(change, s3); };
  const auto headers = [](std::vector<std::string> names) {
    return [names](auto&, auto& values) {
      values.Headers = api::Headers{static_cast<std::int32_t>(names.size()), names};
    };
  };
  EXPECT_EQ(refused([](auto& it, auto&) { it.MinTTL = 10, it.DefaultTTL = 5; }), "InvalidTTLOrder");
  EXPECT_EQ(refused([](auto& it, auto&) { it.DefaultTTL = 10, it.MaxTTL = 5; }), "InvalidTTLOrder");
  EXPECT_EQ(refused([](auto& it, auto&) { it.MinTTL = -1; }), "InvalidArgument");
  EXPECT_EQ(refused([](auto& it, auto&) { it.OriginRequestPolicyId = "x"; }), "InvalidArgument");
  EXPECT_EQ(refused([](auto&, auto& it) { it.Cookies.Forward = "whitelist"; }), "InvalidForwardCookies");
  EXPECT_EQ(refused([](auto&, auto& it) {
              it.Cookies.WhitelistedNames = {1, std::vector<std::string>{"a"}};
            }),
            "InvalidForwardCookies");
  EXPECT_EQ(refused([](auto&, auto& it) {
              it.Cookies.Forward = "whitelist";
              it.Cookies.WhitelistedNames = {11, std::vector<std::string>(11, "a")};
            }),
            "TooManyCookieNamesInWhiteList");
  EXPECT_EQ(refused([](auto&, auto& it) {
              it.QueryStringCacheKeys = {1, std::vector<std::string>{"a"}};
            }),
            "InvalidQueryStringParameters");
  EXPECT_EQ(refused([](auto&, auto& it) {
              it.QueryString = true;
              it.QueryStringCacheKeys = {11, std::vector<std::string>(11, "a")};
            }),
            "TooManyQueryStringParameters");
  EXPECT_EQ(refused(headers({"*"})), "");
  EXPECT_EQ(refused(headers({"*", "Host"})), "InvalidArgument");
  EXPECT_EQ(refused(headers(std::vector<std::string>(11, "A"))), "TooManyHeadersInForwardedValues");
  EXPECT_EQ(refused(headers({"Host"}), true), "InvalidHeadersForS3Origin");
  EXPECT_EQ(refused(headers({"Origin"}), true), "");
}

TEST_F(RulesTest, ErrorResponses) {
  const auto response = [](std::int32_t error, const char* path, const char* answered) {
    return refused_with([&](Config& config) {
      api::CustomErrorResponse made;
      made.ErrorCode = error;
      made.ResponsePagePath = path;
      made.ResponseCode = answered;
      config.CustomErrorResponses = api::CustomErrorResponses{1, std::vector{made}};
    });
  };
  EXPECT_EQ(response(404, "/index.html", "200"), "");
  EXPECT_EQ(response(403, "", ""), "");
  EXPECT_EQ(response(402, "", ""), "InvalidErrorCode");
  EXPECT_EQ(response(404, "/index.html", "201"), "InvalidResponseCode");
  EXPECT_EQ(response(404, "index.html", "200"), "InvalidRelativePath");
  EXPECT_EQ(response(404, "/a b", "200"), "InvalidRelativePath");
  EXPECT_EQ(response(404, "/index.html", ""), "InvalidArgument");
}

TEST_F(RulesTest, Certificates) {
  const auto certificate = [](auto change, bool alias = false) {
    return refused_with([&](Config& config) {
      if (alias) config.Aliases = api::Aliases{1, std::vector<std::string>{"www.example.com"}};
      change(config.ViewerCertificate.emplace());
    });
  };
  using Viewer = api::ViewerCertificate;
  EXPECT_EQ(certificate([](Viewer& it) { it.CloudFrontDefaultCertificate = true; }), "");
  EXPECT_EQ(certificate([](Viewer&) {}, true), "InvalidViewerCertificate");
  EXPECT_EQ(certificate([](Viewer& it) { it.ACMCertificateArn = "arn"; }), "InvalidViewerCertificate");
  EXPECT_EQ(
      certificate([](Viewer& it) { it.ACMCertificateArn = "arn", it.SSLSupportMethod = "sni-only"; }, true),
      "");
  EXPECT_EQ(certificate([](Viewer& it) { it.ACMCertificateArn = "arn", it.SSLSupportMethod = "vip"; }),
            "NotImplemented");
  EXPECT_EQ(certificate([](Viewer& it) {
              it.ACMCertificateArn = "arn", it.SSLSupportMethod = "sni-only";
              it.CloudFrontDefaultCertificate = true;
            }),
            "InvalidViewerCertificate");
  EXPECT_EQ(certificate([](Viewer& it) {
              it.ACMCertificateArn = "arn", it.SSLSupportMethod = "sni-only",
              it.MinimumProtocolVersion = "SSLv3";
            }),
            "InvalidProtocolSettings");
  EXPECT_EQ(certificate([](Viewer& it) { it.IAMCertificateId = "i", it.SSLSupportMethod = "sni-only"; }),
            "InvalidViewerCertificate");
}

TEST_F(RulesTest, TheRest) {
  const auto refused = [](auto change) { return refused_with(change); };
  const auto restricted = [](const char* type, std::vector<std::string> countries) {
    return refused_with([&](Config& config) {
      config.Restrictions = api::Restrictions{{type, static_cast<std::int32_t>(countries.size()), countries}};
    });
  };
  EXPECT_EQ(restricted("whitelist", {"DE", "FR"}), "");
  EXPECT_EQ(restricted("whitelist", {}), "InvalidGeoRestrictionParameter");
  EXPECT_EQ(restricted("none", {"DE"}), "InvalidGeoRestrictionParameter");
  EXPECT_EQ(restricted("blacklist", {"de"}), "InvalidLocationCode");
  EXPECT_EQ(refused([](Config& it) { it.DefaultRootObject = "/index.html"; }), "InvalidDefaultRootObject");
  EXPECT_EQ(refused([](Config& it) { it.DefaultRootObject = "index.html"; }), "");
  EXPECT_EQ(refused([](Config& it) { it.Comment = std::string(129, 'c'); }), "InvalidArgument");
  EXPECT_EQ(refused([](Config& it) { it.CallerReference = ""; }), "InvalidArgument");
  EXPECT_EQ(refused([](Config& it) { it.WebACLId = "arn:aws:wafv2:x"; }), "InvalidWebACLId");
  EXPECT_EQ(refused([](Config& it) { it.HttpVersion = "http2and3"; }), "NotImplemented");
  EXPECT_EQ(refused([](Config& it) { it.PriceClass = "None"; }), "InvalidArgument");
  EXPECT_EQ(refused([](Config& it) { it.AnycastIpListId = "aip_1"; }), "EntityNotFound");
  EXPECT_EQ(refused([](Config& it) { it.ConnectionMode = "tenant-only"; }), "NotImplemented");
  EXPECT_EQ(refused([](Config& it) { it.ViewerMtlsConfig.emplace(); }), "NotImplemented");
  EXPECT_EQ(refused([](Config& it) { it.CacheTagConfig = api::CacheTagConfig{"Cache-Tag"}; }), "");
  EXPECT_EQ(refused([](Config& it) { it.CacheTagConfig = api::CacheTagConfig{"a b"}; }), "InvalidArgument");
  EXPECT_EQ(refused([](Config& it) {
              it.Logging = api::LoggingConfig{true, false, "logs", ""};
            }),
            "InvalidArgument");
  EXPECT_EQ(refused([](Config& it) {
              it.Logging = api::LoggingConfig{true, false, "logs.s3.amazonaws.com", "p/"};
            }),
            "");
  EXPECT_EQ(refused([](Config& it) {
              it.Aliases = api::Aliases{1, std::vector<std::string>{"a_b"}};
            }),
            "InvalidArgument");
}

}  // namespace
}  // namespace meridian::services::cloudfront
