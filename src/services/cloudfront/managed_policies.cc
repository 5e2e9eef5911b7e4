// AWS's managed policies: facts, as the API of any account lists them (CF:using-managed-cache-policies,
// CF:using-managed-origin-request-policies, CF:using-managed-response-headers-policies).
#include "services/cloudfront/resources.h"

namespace meridian::services::cloudfront {
namespace {

using Texts = std::vector<std::string>;

constexpr const char* kEtag = "E23ZP02F085DFQ";

template <typename Config>
Entity<Config> managed(const char* id, Config config) {
  Entity<Config> policy;
  policy.id = id;
  policy.etag = kEtag;
  policy.config = std::move(config);
  return policy;
}

template <typename List>
std::optional<List> listed(const Texts& names) {
  if (names.empty()) return std::nullopt;
  return List{.Quantity = static_cast<std::int32_t>(names.size()), .Items = names};
}

struct Ttl {
  std::int64_t minimum, fallback, maximum;
};
constexpr Ttl kDay{1, 86'400, 31'536'000}, kOff{0, 0, 0}, kOrigins{0, 0, 31'536'000};

struct KeyParts {
  bool gzip = false, brotli = false;
  Texts headers = {};
  const char* cookies = "none";
  const char* query_strings = "none";
  Texts query_string_names = {};
};

CachePolicyResource cache_policy(const char* id, const char* name, const char* comment, Ttl ttl,
                                 const KeyParts& key) {
  api::CachePolicyConfig config;
  config.Name = name;
  config.Comment = comment;
  config.MinTTL = ttl.minimum;
  config.DefaultTTL = ttl.fallback;
  config.MaxTTL = ttl.maximum;
  auto& parameters = config.ParametersInCacheKeyAndForwardedToOrigin.emplace();
  parameters.EnableAcceptEncodingGzip = key.gzip;
  parameters.EnableAcceptEncodingBrotli = key.brotli;
  parameters.HeadersConfig.HeaderBehavior = key.headers.empty() ? "none" : "whitelist";
  parameters.HeadersConfig.Headers = listed<api::Headers>(key.headers);
  parameters.CookiesConfig.CookieBehavior = key.cookies;
  parameters.QueryStringsConfig.QueryStringBehavior = key.query_strings;
  parameters.QueryStringsConfig.QueryStrings = listed<api::QueryStringNames>(key.query_string_names);
  return managed(id, std::move(config));
}

std::vector<CachePolicyResource> cache_policies() {
  const Texts viewer{"Accept", "Authorization", "CloudFront-Viewer-Country", "Host"};
  const Texts override{"host", "origin", "x-http-method", "x-http-method-override", "x-method-override"};
  return {
      cache_policy("08627262-05a9-4f76-9ded-b50ca2e3a84f", "Managed-Elemental-MediaPackage",
                   "Policy for Elemental MediaPackage Origin", {0, 86'400, 31'536'000},
                   {.gzip = true,
                    .headers = {"origin"},
                    .query_strings = "whitelist",
                    .query_string_names = {"aws.manifestfilter", "end", "m", "start"}}),
      cache_policy("1c6db51a-a33f-469a-8245-dae26771f530", "Managed-Amplify-ImageOptimization",
                   "Amplify cache policy for image optimization", kOrigins,
                   {.gzip = true,
                    .brotli = true,
                    .headers = {"Accept", "Authorization", "Host"},
                    .query_strings = "all"}),
      cache_policy("2e54312d-136d-493c-8eb9-b001f22f67d2", "Managed-Amplify", "Policy for Amplify Origin",
                   {2, 2, 600},
                   {.gzip = true,
                    .brotli = true,
                    .headers = {"Authorization", "CloudFront-Viewer-Country", "Host"},
                    .cookies = "all",
                    .query_strings = "all"}),
      cache_policy("4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "Managed-CachingDisabled",
                   "Policy with caching disabled", kOff, {}),
      cache_policy(
          "4cc15a8a-d715-48a4-82b8-cc0b614638fe", "UseOriginCacheControlHeaders-QueryStrings",
          "Policy for origins that return Cache-Control headers and serve different content based on "
          "values present in the query string.",
          kOrigins,
          {.gzip = true, .brotli = true, .headers = override, .cookies = "all", .query_strings = "all"}),
      cache_policy(
          "4d1d2f1d-3a71-49ad-9e08-7ea5d843a556", "Managed-Amplify-Default", "Default Amplify cache policy",
          kOrigins,
          {.gzip = true, .brotli = true, .headers = viewer, .cookies = "all", .query_strings = "all"}),
      cache_policy("658327ea-f89d-4fab-a63d-7e88639e58f6", "Managed-CachingOptimized",
                   "Policy with caching enabled. Supports Gzip and Brotli compression.", kDay,
                   {.gzip = true, .brotli = true}),
      cache_policy("7e5fad67-ee98-4ad0-b05a-394999eefc1a", "Managed-Amplify-StaticContent",
                   "Amplify cache policy for static content", kOrigins,
                   {.gzip = true, .brotli = true, .headers = {"Authorization", "Host"}}),
      cache_policy(
          "83da9c7e-98b4-4e11-a168-04f0df8e2c65", "UseOriginCacheControlHeaders",
          "Policy for origins that return Cache-Control headers. Query strings are not included in the "
          "cache key.",
          kOrigins, {.gzip = true, .brotli = true, .headers = override, .cookies = "all"}),
      cache_policy("a6bad946-36c3-4c33-aa98-362c74a7fb13", "Managed-Amplify-DefaultNoCookies",
                   "Default Amplify cache policy without cookies", kOrigins,
                   {.gzip = true, .brotli = true, .headers = viewer, .query_strings = "all"}),
      cache_policy("b2884449-e4de-46a7-ac36-70bc7f1ddd6d", "Managed-CachingOptimizedForUncompressedObjects",
                   "Default policy when compression is disabled", kDay, {}),
  };
}

OriginRequestPolicyResource request_policy(const char* id, const char* name, const char* comment,
                                           const char* headers, const Texts& names, const char* cookies,
                                           const char* query_strings) {
  api::OriginRequestPolicyConfig config;
  config.Name = name;
  config.Comment = comment;
  config.HeadersConfig.HeaderBehavior = headers;
  config.HeadersConfig.Headers = listed<api::Headers>(names);
  config.CookiesConfig.CookieBehavior = cookies;
  config.QueryStringsConfig.QueryStringBehavior = query_strings;
  return managed(id, std::move(config));
}

std::vector<OriginRequestPolicyResource> request_policies() {
  const Texts cloudfront{"CloudFront-Forwarded-Proto",       "CloudFront-Is-Android-Viewer",
                         "CloudFront-Is-Desktop-Viewer",     "CloudFront-Is-IOS-Viewer",
                         "CloudFront-Is-Mobile-Viewer",      "CloudFront-Is-SmartTV-Viewer",
                         "CloudFront-Is-Tablet-Viewer",      "CloudFront-Viewer-ASN",
                         "CloudFront-Viewer-Address",        "CloudFront-Viewer-City",
                         "CloudFront-Viewer-Country",        "CloudFront-Viewer-Country-Name",
                         "CloudFront-Viewer-Country-Region", "CloudFront-Viewer-Country-Region-Name",
                         "CloudFront-Viewer-Http-Version",   "CloudFront-Viewer-Latitude",
                         "CloudFront-Viewer-Longitude",      "CloudFront-Viewer-Metro-Code",
                         "CloudFront-Viewer-Postal-Code",    "CloudFront-Viewer-TLS",
                         "CloudFront-Viewer-Time-Zone"};
  return {
      request_policy("216adef6-5c7f-47e4-b989-5492eafa07d3", "Managed-AllViewer",
                     "Policy to forward all parameters in viewer requests", "allViewer", {}, "all", "all"),
      request_policy(
          "33f36d7e-f396-46d9-90e0-52428a34d9dc", "Managed-AllViewerAndCloudFrontHeaders-2022-06",
          "Policy to forward all parameters in viewer requests and all CloudFront headers released "
          "through June 2022",
          "allViewerAndWhitelistCloudFront", cloudfront, "all", "all"),
      request_policy("59781a5b-3903-41f3-afcb-af62929ccde1", "Managed-CORS-CustomOrigin",
                     "Policy for Custom Origin with CORS", "whitelist", {"origin"}, "none", "none"),
      request_policy("775133bc-15f2-49f9-abea-afb2e0bf67d2",
                     "Managed-Elemental-MediaTailor-PersonalizedManifests",
                     "Policy for Elemental MediaTailor Personalized Manifests origin", "whitelist",
                     {"origin", "access-control-request-headers", "access-control-request-method",
                      "user-agent", "x-forwarded-for"},
                     "none", "all"),
      request_policy("88a5eaf4-2fd4-4709-b370-b4c650ea3fcf", "Managed-CORS-S3Origin",
                     "Policy for S3 origin with CORS", "whitelist",
                     {"origin", "access-control-request-headers", "access-control-request-method"}, "none",
                     "none"),
      request_policy("acba4595-bd28-49b8-b9fe-13317c0390fa", "Managed-UserAgentRefererHeaders",
                     "Policy to forward user-agent and referer headers to origin", "whitelist",
                     {"user-agent", "referer"}, "none", "none"),
      request_policy("b689b0a8-53d0-40ab-baf2-68738e2966ac", "Managed-AllViewerExceptHostHeader",
                     "Policy to forward all parameters in viewer requests except for the Host header",
                     "allExcept", {"host"}, "all", "all"),
      request_policy("bf0718e1-ba1e-49d1-88b1-f726733018ae", "Managed-HostHeaderOnly",
                     "Policy to forward the Host header to origin", "whitelist", {"host"}, "none", "none"),
  };
}

api::ResponseHeadersPolicyCorsConfig any_origin(const Texts& methods, bool preflight) {
  api::ResponseHeadersPolicyCorsConfig cors;
  cors.AccessControlAllowOrigins = {.Quantity = 1, .Items = {"*"}};
  cors.AccessControlAllowHeaders = {.Quantity = 1, .Items = {"*"}};
  cors.AccessControlAllowMethods = {.Quantity = static_cast<std::int32_t>(methods.size()), .Items = methods};
  cors.AccessControlAllowCredentials = false;
  if (preflight)
    cors.AccessControlExposeHeaders = listed<api::ResponseHeadersPolicyAccessControlExposeHeaders>({"*"});
  cors.OriginOverride = false;
  return cors;
}

api::ResponseHeadersPolicySecurityHeadersConfig security_headers() {
  api::ResponseHeadersPolicySecurityHeadersConfig out;
  out.XSSProtection = api::ResponseHeadersPolicyXSSProtection{
      .Override = false, .Protection = true, .ModeBlock = true, .ReportUri = {}};
  out.FrameOptions = api::ResponseHeadersPolicyFrameOptions{.Override = false, .FrameOption = "SAMEORIGIN"};
  out.ReferrerPolicy = api::ResponseHeadersPolicyReferrerPolicy{
      .Override = false, .ReferrerPolicy = "strict-origin-when-cross-origin"};
  out.ContentTypeOptions = api::ResponseHeadersPolicyContentTypeOptions{.Override = true};
  out.StrictTransportSecurity = api::ResponseHeadersPolicyStrictTransportSecurity{
      .Override = false, .IncludeSubdomains = false, .Preload = false, .AccessControlMaxAgeSec = 31'536'000};
  return out;
}

std::vector<ResponseHeadersPolicyResource> response_policies() {
  const auto simple = any_origin({"HEAD", "GET"}, false);
  const auto preflight = any_origin({"PATCH", "DELETE", "HEAD", "GET", "PUT", "POST", "OPTIONS"}, true);
  const auto policy = [](const char* id, const char* name, const char* comment,
                         std::optional<api::ResponseHeadersPolicyCorsConfig> cors, bool secure) {
    api::ResponseHeadersPolicyConfig config;
    config.Name = name;
    config.Comment = comment;
    config.CorsConfig = std::move(cors);
    if (secure) config.SecurityHeadersConfig = security_headers();
    return managed(id, std::move(config));
  };
  return {
      policy("5cc3b908-e619-4b99-88e5-2cf7f45965bd", "Managed-CORS-With-Preflight",
             "Allows all origins for CORS requests, including preflight requests", preflight, false),
      policy("60669652-455b-4ae9-85a4-c4c02393f86c", "Managed-SimpleCORS",
             "Allows all origins for simple CORS requests", simple, false),
      policy("67f7725c-6f97-4210-82d7-5512b31e9d03", "Managed-SecurityHeadersPolicy",
             "Adds a set of security headers to every response", {}, true),
      policy("e61eb60c-9c35-4d20-a928-2b84e02af89c", "Managed-CORS-and-SecurityHeadersPolicy",
             "Allows all origins for simple CORS requests and adds security headers", simple, true),
      policy("eaab4381-ed33-4a86-88ca-d9558dc6cd63", "Managed-CORS-with-preflight-and-SecurityHeadersPolicy",
             "Allows all origins for CORS requests, including preflight requests, and adds security headers",
             preflight, true),
  };
}

}  // namespace

template <>
const std::vector<CachePolicyResource>& managed_policies() {
  static const std::vector<CachePolicyResource> kAll = cache_policies();
  return kAll;
}
template <>
const std::vector<OriginRequestPolicyResource>& managed_policies() {
  static const std::vector<OriginRequestPolicyResource> kAll = request_policies();
  return kAll;
}
template <>
const std::vector<ResponseHeadersPolicyResource>& managed_policies() {
  static const std::vector<ResponseHeadersPolicyResource> kAll = response_policies();
  return kAll;
}

}  // namespace meridian::services::cloudfront
