#include "services/cloudfront/config_defaults.h"

#include <string>
#include <utility>

namespace meridian::services::cloudfront {
namespace {

namespace api = gen::cloudfront;

constexpr std::int64_t kDefaultTtl = 86'400, kMaxTtl = 31'536'000, kErrorCachingMinTtl = 10;

template <typename T, typename U>
void fill(std::optional<T>& place, U value) {
  if (!place) place = T(std::move(value));
}

// An empty list that is optional is shown by its Quantity alone.
template <typename List>
void fill_list(std::optional<List>& list) {
  if (!list) list.emplace();
  if (list->Items && list->Items->empty()) list->Items.reset();
}

// "" names nothing.
void forget_empty(std::optional<std::string>& id) {
  if (id && id->empty()) id.reset();
}

void fill_methods(std::optional<api::AllowedMethods>& methods) {
  if (!methods) methods = api::AllowedMethods{.Quantity = 2, .Items = {"HEAD", "GET"}, .CachedMethods = {}};
  if (!methods->CachedMethods)
    methods->CachedMethods = api::CachedMethods{.Quantity = 2, .Items = {"HEAD", "GET"}};
}

// Legacy settings; with a cache policy there are none.
template <typename Behavior>
void fill_legacy(Behavior& behavior) {
  if (!behavior.ForwardedValues) return;
  api::ForwardedValues& values = *behavior.ForwardedValues;
  fill_list(values.Headers);
  fill_list(values.QueryStringCacheKeys);
  if (values.Cookies.WhitelistedNames && values.Cookies.WhitelistedNames->Quantity == 0)
    values.Cookies.WhitelistedNames.reset();
  fill(behavior.MinTTL, 0);
  fill(behavior.DefaultTTL, std::max(kDefaultTtl, *behavior.MinTTL));
  fill(behavior.MaxTTL, std::max(kMaxTtl, *behavior.DefaultTTL));
}

template <typename Behavior>
void fill_behavior(Behavior& behavior) {
  fill_list(behavior.TrustedSigners);
  fill_list(behavior.TrustedKeyGroups);
  fill_methods(behavior.AllowedMethods);
  fill(behavior.SmoothStreaming, false);
  fill(behavior.Compress, false);
  fill_list(behavior.LambdaFunctionAssociations);
  fill_list(behavior.FunctionAssociations);
  fill(behavior.FieldLevelEncryptionId, "");
  fill(behavior.GrpcConfig, api::GrpcConfig{.Enabled = false});
  for (auto* id : {&behavior.RealtimeLogConfigArn, &behavior.CachePolicyId, &behavior.OriginRequestPolicyId,
                   &behavior.ResponseHeadersPolicyId})
    forget_empty(*id);
  fill_legacy(behavior);
}

void fill_custom_origin(api::CustomOriginConfig& custom) {
  if (!custom.OriginSslProtocols)
    custom.OriginSslProtocols =
        api::OriginSslProtocols{.Quantity = 3, .Items = {"TLSv1", "TLSv1.1", "TLSv1.2"}};
  fill(custom.OriginReadTimeout, 30);
  fill(custom.OriginKeepaliveTimeout, 5);
}

void fill_origin(api::Origin& origin) {
  fill(origin.OriginPath, "");
  fill_list(origin.CustomHeaders);
  if (origin.CustomOriginConfig) fill_custom_origin(*origin.CustomOriginConfig);
  if (origin.S3OriginConfig) fill(origin.S3OriginConfig->OriginReadTimeout, 30);
  fill(origin.ConnectionAttempts, 3);
  fill(origin.ConnectionTimeout, 10);
  fill(origin.OriginShield, api::OriginShield{.Enabled = false, .OriginShieldRegion = {}});
  fill(origin.OriginAccessControlId, "");
}

void fill_logging(std::optional<api::LoggingConfig>& logging) {
  if (!logging) logging.emplace();
  // What is said beside Enabled=false is forgotten (the API's LoggingConfig).
  if (!logging->Enabled.value_or(false)) logging.emplace();
  fill(logging->Enabled, false);
  fill(logging->IncludeCookies, false);
  fill(logging->Bucket, "");
  fill(logging->Prefix, "");
}

// The old pair Certificate and CertificateSource says the same as the newer members.
void fill_certificate(std::optional<api::ViewerCertificate>& certificate) {
  if (!certificate) certificate.emplace();
  api::ViewerCertificate& it = *certificate;
  if (it.Certificate && it.CertificateSource == "acm") fill(it.ACMCertificateArn, *it.Certificate);
  if (it.Certificate && it.CertificateSource == "iam") fill(it.IAMCertificateId, *it.Certificate);
  const bool own = it.ACMCertificateArn || it.IAMCertificateId;
  fill(it.CloudFrontDefaultCertificate, !own);
  if (!own) {
    it.SSLSupportMethod = "vip";
    it.MinimumProtocolVersion = "TLSv1";
    fill(it.CertificateSource, "cloudfront");
    return;
  }
  fill(it.MinimumProtocolVersion, "TLSv1");
  fill(it.CertificateSource, it.ACMCertificateArn ? "acm" : "iam");
  fill(it.Certificate, it.ACMCertificateArn ? *it.ACMCertificateArn : *it.IAMCertificateId);
}

void fill_restrictions(std::optional<api::Restrictions>& restrictions) {
  if (!restrictions)
    restrictions =
        api::Restrictions{.GeoRestriction = {.RestrictionType = "none", .Quantity = 0, .Items = {}}};
  if (restrictions->GeoRestriction.Quantity == 0) restrictions->GeoRestriction.Items.reset();
}

}  // namespace

void fill_in_defaults(api::DistributionConfig& config) {
  fill_list(config.Aliases);
  fill(config.DefaultRootObject, "");
  for (api::Origin& origin : config.Origins.Items) fill_origin(origin);
  fill_list(config.OriginGroups);
  fill_behavior(config.DefaultCacheBehavior);
  fill_list(config.CacheBehaviors);
  if (config.CacheBehaviors->Items)
    for (api::CacheBehavior& behavior : *config.CacheBehaviors->Items) fill_behavior(behavior);
  fill_list(config.CustomErrorResponses);
  if (config.CustomErrorResponses->Items)
    for (api::CustomErrorResponse& response : *config.CustomErrorResponses->Items) {
      fill(response.ResponsePagePath, "");
      fill(response.ResponseCode, "");
      fill(response.ErrorCachingMinTTL, kErrorCachingMinTtl);
    }
  fill_logging(config.Logging);
  fill(config.PriceClass, "PriceClass_All");
  fill_certificate(config.ViewerCertificate);
  fill_restrictions(config.Restrictions);
  fill(config.WebACLId, "");
  fill(config.HttpVersion, "http2");
  fill(config.IsIPV6Enabled, true);
  fill(config.ContinuousDeploymentPolicyId, "");
  fill(config.Staging, false);
}

}  // namespace meridian::services::cloudfront
