// Origins and origin groups.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "net/address.h"
#include "services/cloudfront/config_rules.h"
#include "services/cloudfront/refusals.h"

namespace meridian::services::cloudfront {
namespace {

constexpr std::size_t kOriginIdCharsMax = 128, kOriginPathCharsMax = 255;

// Regions that have an Origin Shield (the Developer Guide's "Using Amazon CloudFront Origin Shield").
constexpr auto kShieldRegions =
    std::to_array<std::string_view>({"us-east-1", "us-east-2", "us-west-2", "ap-south-1", "ap-northeast-1",
                                     "ap-northeast-2", "ap-southeast-1", "ap-southeast-2", "eu-central-1",
                                     "eu-west-1", "eu-west-2", "sa-east-1", "me-central-1"});

// Headers that CloudFront lets nobody set ("Custom headers that CloudFront can't add to origin requests").
constexpr auto kNotForOrigins = std::to_array<std::string_view>({"cache-control",
                                                                 "connection",
                                                                 "content-length",
                                                                 "cookie",
                                                                 "host",
                                                                 "if-match",
                                                                 "if-modified-since",
                                                                 "if-none-match",
                                                                 "if-range",
                                                                 "if-unmodified-since",
                                                                 "max-forwards",
                                                                 "pragma",
                                                                 "proxy-authenticate",
                                                                 "proxy-authorization",
                                                                 "proxy-connection",
                                                                 "range",
                                                                 "request-range",
                                                                 "te",
                                                                 "trailer",
                                                                 "transfer-encoding",
                                                                 "upgrade",
                                                                 "via",
                                                                 "x-real-ip"});

constexpr auto kFailoverStatuses = std::to_array<std::int32_t>({400, 403, 404, 416, 429, 500, 502, 503, 504});

bool in_range(std::int32_t value, std::int32_t least, std::int32_t most) {
  return value >= least && value <= most;
}

aws::Outcome<void> check_custom_headers(const api::CustomHeaders& headers) {
  if (!headers.Items) return {};
  if (headers.Items->size() > kCustomHeadersMax)
    return api::errors::TooManyOriginCustomHeaders("Your request contains too many origin custom headers.");
  std::set<std::string> names;
  for (const api::OriginCustomHeader& header : *headers.Items) {
    const std::string name = to_lower(header.HeaderName);
    if (!is_header_name(name) || std::ranges::count(kNotForOrigins, name) || name.starts_with("x-amz-") ||
        name.starts_with("x-edge-"))
      return invalid_argument(
          fmt::format("The parameter HeaderName : {} is not allowed.", header.HeaderName));
    if (!names.insert(name).second)
      return invalid_argument(
          fmt::format("The parameter HeaderName : {} is given more than once.", header.HeaderName));
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::ranges::any_of(header.HeaderValue, is_control))
      return invalid_argument(
          fmt::format("The value of the custom header {} is not valid.", header.HeaderName));
  }
  return {};
}

aws::Outcome<void> check_custom_origin(const api::CustomOriginConfig& custom) {
  for (std::int32_t port : {custom.HTTPPort, custom.HTTPSPort})
    if (port != 80 && port != 443 && !in_range(port, 1024, 65535))
      return invalid_argument(
          fmt::format("The parameter Port {} is not 80, 443 or between 1024 and 65535.", port));
  if (!in_range(*custom.OriginReadTimeout, 1, 120))
    return api::errors::InvalidOriginReadTimeout("The read timeout specified for the origin is not valid.");
  if (!in_range(*custom.OriginKeepaliveTimeout, 1, 120))
    return api::errors::InvalidOriginKeepaliveTimeout(
        "The keep alive timeout specified for the origin is not valid.");
  const auto& protocols = custom.OriginSslProtocols->Items;
  if (protocols.empty() || has_duplicates(protocols))
    return invalid_argument("The parameter OriginSslProtocols must name each protocol once.");
  // No engine of this deployment speaks anything older.
  if (!std::ranges::count(protocols, "TLSv1.2")) return not_built("An origin without TLSv1.2");
  if (custom.IpAddressType.value_or("ipv4") != "ipv4")
    return not_built("IpAddressType of origins beside ipv4");
  if (custom.OriginMtlsConfig) return not_built("OriginMtlsConfig");
  return {};
}

aws::Outcome<void> check_shield(const api::OriginShield& shield) {
  if (shield.Enabled && !shield.OriginShieldRegion)
    return invalid_argument("The parameter OriginShieldRegion is required when Origin Shield is enabled.");
  if (shield.OriginShieldRegion && !std::ranges::count(kShieldRegions, *shield.OriginShieldRegion))
    return invalid_argument(
        fmt::format("The parameter OriginShieldRegion : {} is not supported.", *shield.OriginShieldRegion));
  return {};
}

aws::Outcome<void> check_kind(const api::Origin& origin) {
  const std::string& name = origin.DomainName;
  if (origin.VpcOriginConfig) return api::errors::EntityNotFound("The specified VPC origin does not exist.");
  if (origin.S3OriginConfig.has_value() == origin.CustomOriginConfig.has_value())
    return invalid_argument(
        "Exactly one of CustomOriginConfig, VpcOriginConfig and S3OriginConfig must be specified.");
  if (origin.CustomOriginConfig) return check_custom_origin(*origin.CustomOriginConfig);
  if (!is_s3_bucket_domain(name))
    return invalid_argument("The parameter Origin DomainName does not refer to a valid S3 bucket.");
  if (!in_range(*origin.S3OriginConfig->OriginReadTimeout, 1, 120))
    return api::errors::InvalidOriginReadTimeout("The read timeout specified for the origin is not valid.");
  if (!origin.S3OriginConfig->OriginAccessIdentity.empty() && !origin.OriginAccessControlId->empty())
    return api::errors::IllegalOriginAccessConfiguration(
        "An origin cannot contain both an origin access control (OAC) and an origin access identity (OAI).");
  return {};
}

std::int32_t read_timeout(const api::Origin& origin) {
  return origin.CustomOriginConfig ? *origin.CustomOriginConfig->OriginReadTimeout
                                   : *origin.S3OriginConfig->OriginReadTimeout;
}

aws::Outcome<void> check_origin(const api::Origin& origin) {
  if (origin.Id.empty() || origin.Id.size() > kOriginIdCharsMax)
    return invalid_argument("The parameter Origin Id must have 1 to 128 characters.");
  if (net::IpAddress::parse(origin.DomainName))
    return invalid_argument("The parameter origin name cannot be an IP address.");
  if (!is_domain_name(origin.DomainName))
    return api::errors::InvalidOrigin(
        "The Amazon S3 origin server specified does not refer to a valid Amazon S3 "
        "bucket, or the origin's domain name is not valid.");
  const std::string& path = *origin.OriginPath;
  if (!path.empty() && (!is_relative_path(path) || path.ends_with('/') || path.size() > kOriginPathCharsMax))
    return invalid_argument(
        "The parameter OriginPath must begin with a slash (/) and must not end with one.");
  TRY(check_kind(origin));
  TRY(check_custom_headers(*origin.CustomHeaders));
  if (!in_range(*origin.ConnectionAttempts, 1, 3))
    return invalid_argument("The parameter ConnectionAttempts must be between 1 and 3.");
  if (!in_range(*origin.ConnectionTimeout, 1, 10))
    return invalid_argument("The parameter ConnectionTimeout must be between 1 and 10.");
  if (origin.ResponseCompletionTimeout && *origin.ResponseCompletionTimeout < read_timeout(origin))
    return invalid_argument(
        "The parameter ResponseCompletionTimeout must not be less than the origin's read timeout.");
  return check_shield(*origin.OriginShield);
}

aws::Outcome<void> check_group(const api::OriginGroup& group, const std::set<std::string>& origins) {
  const auto& members = group.Members.Items;
  for (const api::OriginGroupMember& member : members)
    if (!origins.contains(member.OriginId))
      return api::errors::NoSuchOrigin("One or more of your origins or origin groups do not exist.");
  if (members.size() != 2 || members[0].OriginId == members[1].OriginId)
    return invalid_argument("An origin group must have two different origins.");
  const auto& statuses = group.FailoverCriteria.StatusCodes.Items;
  for (std::int32_t status : statuses)
    if (!std::ranges::count(kFailoverStatuses, status) || std::ranges::count(statuses, status) > 1)
      return invalid_argument(fmt::format("The parameter StatusCode : {} is not valid.", status));
  if (group.SelectionCriteria.value_or("default") != "default")
    return not_built("The selection criterion media-quality-based");
  return {};
}

}  // namespace

aws::Outcome<void> check_origins(const api::DistributionConfig& config) {
  if (config.Origins.Items.size() > kOriginsMax)
    return api::errors::TooManyOrigins("You cannot create more origins for the distribution.");
  std::set<std::string> ids;
  for (const api::Origin& origin : config.Origins.Items) {
    TRY(check_origin(origin));
    if (!ids.insert(origin.Id).second)
      return invalid_argument(
          fmt::format("The parameter Origin Id : {} is given more than once.", origin.Id));
  }
  if (!config.OriginGroups->Items) return {};
  if (config.OriginGroups->Items->size() > kOriginGroupsMax)
    return api::errors::TooManyOriginGroupsPerDistribution(
        "Processing your request would cause you to exceed the maximum number of origin groups allowed.");
  const std::set<std::string> origins = ids;
  for (const api::OriginGroup& group : *config.OriginGroups->Items) {
    TRY(check_group(group, origins));
    if (!ids.insert(group.Id).second)
      return invalid_argument(
          fmt::format("The parameter Origin Group Id : {} is given more than once.", group.Id));
  }
  return {};
}

}  // namespace meridian::services::cloudfront
