// What is not of one origin or one behavior.
#include "services/cloudfront/config_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "formats/geo/geo.h"
#include "formats/s3_host/s3_host.h"
#include "services/cloudfront/refusals.h"

namespace meridian::services::cloudfront {
namespace {

constexpr std::size_t kCommentCharsMax = 128, kRootObjectCharsMax = 255, kCallerReferenceCharsMax = 128;
constexpr std::size_t kLogPrefixCharsMax = 256, kErrorPagePathCharsMax = 4096;

constexpr auto kErrorCodes =
    std::to_array<std::int32_t>({400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504});

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

aws::Outcome<void> check_error_response(const api::CustomErrorResponse& response) {
  const std::string& code = *response.ResponseCode;
  const std::string& path = *response.ResponsePagePath;
  if (!std::ranges::count(kErrorCodes, response.ErrorCode))
    return api::errors::InvalidErrorCode("An invalid error code was specified.");
  const bool known = code == "200" || std::ranges::any_of(kErrorCodes, [&](std::int32_t each) {
                       return std::to_string(each) == code;
                     });
  if (!code.empty() && !known) return api::errors::InvalidResponseCode("A response code is not valid.");
  if (!path.empty() && (!is_relative_path(path) || path.size() > kErrorPagePathCharsMax))
    return api::errors::InvalidRelativePath(
        "The relative path is too big, is not URL-encoded, or does not begin with a slash (/).");
  if (path.empty() != code.empty())
    return invalid_argument("The parameters ResponsePagePath and ResponseCode must be given together.");
  if (*response.ErrorCachingMinTTL < 0 || *response.ErrorCachingMinTTL > kTtlMax)
    return invalid_argument("The parameter ErrorCachingMinTTL is not valid.");
  return {};
}

aws::Outcome<void> check_error_responses(const api::CustomErrorResponses& responses) {
  if (!responses.Items) return {};
  std::set<std::int32_t> codes;
  for (const api::CustomErrorResponse& response : *responses.Items) {
    TRY(check_error_response(response));
    if (!codes.insert(response.ErrorCode).second)
      return invalid_argument(
          fmt::format("The parameter ErrorCode : {} is given more than once.", response.ErrorCode));
  }
  return {};
}

aws::Outcome<void> check_aliases(const api::Aliases& aliases) {
  if (!aliases.Items) return {};
  if (aliases.Items->size() > kAliasesMax)
    return api::errors::TooManyDistributionCNAMEs(
        "Your request contains more CNAMEs than are allowed per distribution.");
  std::vector<std::string> lower;
  for (const std::string& alias : *aliases.Items) {
    if (!is_domain_name(alias, true) || !alias.contains('.'))
      return invalid_argument("The parameter CNAME contains one or more parameters that are not valid.");
    lower.push_back(to_lower(alias));
  }
  if (has_duplicates(lower)) return invalid_argument("The parameter CNAME names a domain more than once.");
  return {};
}

// Which one certificate it is; whether there is such a one is references.h's.
aws::Outcome<void> check_certificate(const api::ViewerCertificate& certificate, bool aliases) {
  const auto refuse = [](std::string message) {
    return api::errors::InvalidViewerCertificate(std::move(message));
  };
  const bool by_default = *certificate.CloudFrontDefaultCertificate;
  if (by_default + certificate.ACMCertificateArn.has_value() + certificate.IAMCertificateId.has_value() != 1)
    return refuse(
        "Exactly one of ACMCertificateArn, CloudFrontDefaultCertificate and IAMCertificateId must be "
        "specified.");
  const char* source = by_default ? "cloudfront" : certificate.ACMCertificateArn ? "acm" : "iam";
  if (*certificate.CertificateSource != source)
    return refuse(fmt::format("The CertificateSource must be \"{}\".", source));
  if (by_default && aliases)
    return refuse(
        "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted "
        "certificate "
        "that validates your authorization to use the domain name. For more details, see: "
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/"
        "CNAMEs.html#alternate-domain-names-requirements");
  if (by_default) return {};
  // IAM has no server certificates here.
  if (certificate.IAMCertificateId)
    return refuse(
        "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't "
        "include a "
        "valid certificate chain.");
  if (*certificate.Certificate != *certificate.ACMCertificateArn)
    return refuse("Your ACMCertificateArn does not match the given Certificate field.");
  if (!certificate.SSLSupportMethod)
    return refuse("The SSLSupportMethod must be specified with a certificate of your own.");
  if (*certificate.SSLSupportMethod != "sni-only")
    return not_built("Dedicated IP addresses (SSLSupportMethod)");
  if (*certificate.MinimumProtocolVersion == "SSLv3")
    return api::errors::InvalidProtocolSettings(
        "You cannot specify SSLv3 as the minimum protocol version if you only want to support only clients "
        "that "
        "support Server Name Indication (SNI).");
  return {};
}

aws::Outcome<void> check_restriction(const api::GeoRestriction& restriction) {
  if ((restriction.RestrictionType == "none") != (restriction.Quantity == 0))
    return api::errors::InvalidGeoRestrictionParameter(
        "The specified geo restriction parameter is not valid.");
  if (!restriction.Items) return {};
  for (const std::string& location : *restriction.Items)
    if (!geo::find_country(location))
      return api::errors::InvalidLocationCode("The location code specified is not valid.");
  if (has_duplicates(*restriction.Items))
    return api::errors::InvalidGeoRestrictionParameter(
        "The specified geo restriction parameter is not valid.");
  return {};
}

aws::Outcome<void> check_logging(const api::LoggingConfig& logging) {
  if (!*logging.Enabled) return {};
  if (!is_s3_bucket_domain(*logging.Bucket))
    return invalid_argument("The parameter Logging Bucket does not refer to a valid S3 bucket.");
  if (logging.Prefix->starts_with('/') || logging.Prefix->size() > kLogPrefixCharsMax)
    return invalid_argument("The parameter Logging Prefix must not begin with a slash, or is too long.");
  return {};
}

aws::Outcome<void> check_texts(const api::DistributionConfig& config) {
  if (config.CallerReference.empty() || config.CallerReference.size() > kCallerReferenceCharsMax)
    return invalid_argument("The parameter CallerReference must have 1 to 128 characters.");
  if (config.Comment.size() > kCommentCharsMax)
    return invalid_argument("The parameter Comment is longer than 128 characters.");
  const std::string& root = *config.DefaultRootObject;
  if (root.starts_with('/') || root.size() > kRootObjectCharsMax ||
      (!root.empty() && !is_relative_path("/" + root)))
    return api::errors::InvalidDefaultRootObject(
        "The default root object file name is too big or contains an invalid character.");
  if (config.CacheTagConfig && !is_header_name(config.CacheTagConfig->HeaderName))
    return invalid_argument("The parameter CacheTagConfig HeaderName is not the name of a header.");
  return {};
}

aws::Outcome<void> check_absent(const api::DistributionConfig& config) {
  if (!config.WebACLId->empty())
    return api::errors::InvalidWebACLId(
        "A web ACL ID specified is not valid. To specify a web ACL created using the latest version of AWS "
        "WAF, use "
        "the ACL ARN.");
  if (config.HttpVersion->contains('3')) return not_built("HTTP/3");
  if (*config.PriceClass == "None") return invalid_argument("The parameter PriceClass : None is not valid.");
  if (config.AnycastIpListId && !config.AnycastIpListId->empty())
    return api::errors::EntityNotFound("The specified Anycast static IP list does not exist.");
  if (config.TenantConfig || config.ConnectionMode.value_or("direct") != "direct")
    return not_built("A multi-tenant distribution");
  if (config.ViewerMtlsConfig) return not_built("ViewerMtlsConfig");
  if (config.ConnectionFunctionAssociation)
    return api::errors::EntityNotFound("The specified connection function does not exist.");
  return {};
}

}  // namespace

bool is_header_name(std::string_view name) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !name.empty() &&
         std::ranges::all_of(name, [&](char c) { return is_alphanumeric(c) || kOthers.contains(c); });
}

bool is_domain_name(std::string_view name, bool wildcard) {
  if (wildcard && name.starts_with("*.")) name.remove_prefix(2);
  if (name.empty() || name.size() > 253) return false;
  while (true) {
    const std::size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; }))
      return false;
    if (dot == name.npos) return true;
    name.remove_prefix(dot + 1);
  }
}

bool is_s3_bucket_domain(std::string_view name) {
  const auto read = s3_host::read(name);
  return is_domain_name(name) && read && read->service == s3_host::Service::Objects &&
         !read->bucket.empty() && name.ends_with(".amazonaws.com");
}

bool is_relative_path(std::string_view path) {
  return path.starts_with('/') && std::ranges::all_of(path, [](char c) {
           return c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>';
         });
}

bool has_duplicates(const std::vector<std::string>& values) {
  return std::set<std::string>(values.begin(), values.end()).size() != values.size();
}

aws::Outcome<void> check_config(const api::DistributionConfig& config) {
  TRY(check_texts(config));
  TRY(check_absent(config));
  TRY(check_origins(config));
  TRY(check_behaviors(config));
  TRY(check_error_responses(*config.CustomErrorResponses));
  TRY(check_aliases(*config.Aliases));
  TRY(check_certificate(*config.ViewerCertificate, config.Aliases->Quantity > 0));
  TRY(check_restriction(config.Restrictions->GeoRestriction));
  return check_logging(*config.Logging);
}

}  // namespace meridian::services::cloudfront
