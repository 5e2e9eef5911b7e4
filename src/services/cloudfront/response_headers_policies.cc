// Response headers policies: what is added to responses, and what is taken away.
#include <algorithm>
#include <array>
#include <set>

#include "base/bytes.h"
#include "services/cloudfront/config_rules.h"
#include "services/cloudfront/policies.h"
#include "services/cloudfront/service.h"

namespace meridian::services::cloudfront {
namespace {

using Config = api::ResponseHeadersPolicyConfig;

constexpr std::size_t kContentSecurityPolicyCharsMax = 1783;

// Security headers have settings of their own.
constexpr auto kSecurityHeaders = std::to_array<std::string_view>(
    {"content-security-policy", "referrer-policy", "strict-transport-security", "x-content-type-options",
     "x-frame-options", "x-xss-protection"});

// What no policy removes ("Headers that you can't remove").
constexpr auto kKeptHeaders = std::to_array<std::string_view>(
    {"connection", "content-encoding", "content-length", "expect", "host", "keep-alive", "proxy-authenticate",
     "proxy-authorization", "proxy-connection", "trailer", "transfer-encoding", "upgrade", "via", "warning",
     "x-cache", "x-forwarded-proto", "x-real-ip"});

// "*", "https://example.com", "http://*.example.com:8080".
bool is_allowed_origin(std::string_view origin) {
  if (origin == "*") return true;
  const std::size_t scheme = origin.find("://");
  if (scheme != origin.npos) {
    const std::string_view name = origin.substr(0, scheme);
    if (name != "http" && name != "https" && name != "*") return false;
    origin.remove_prefix(scheme + 3);
  }
  const std::size_t port = origin.rfind(':');
  if (port != origin.npos) {
    const std::string_view digits = origin.substr(port + 1);
    if (digits != "*" && (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos))
      return false;
    origin = origin.substr(0, port);
  }
  return is_domain_name(origin, true);
}

aws::Outcome<void> check_header_list(const std::vector<std::string>& names, std::string_view member) {
  for (const std::string& name : names)
    if (!is_header_name(name))
      return invalid_argument(fmt::format("The parameter {} contains {} that is not valid.", member, name));
  return {};
}

aws::Outcome<void> check_cors(const api::ResponseHeadersPolicyCorsConfig& cors) {
  const auto& origins = cors.AccessControlAllowOrigins.Items;
  if (origins.empty() || cors.AccessControlAllowMethods.Items.empty() ||
      cors.AccessControlAllowHeaders.Items.empty())
    return invalid_argument("The parameter CorsConfig needs origins, methods and headers.");
  for (const std::string& origin : origins)
    if (!is_allowed_origin(origin))
      return invalid_argument(
          fmt::format("The parameter AccessControlAllowOrigins contains {} that is not valid.", origin));
  const auto& methods = cors.AccessControlAllowMethods.Items;
  if (has_duplicates(methods) || (std::ranges::count(methods, "ALL") && methods.size() > 1))
    return invalid_argument("The parameter AccessControlAllowMethods is not valid.");
  TRY(check_header_list(cors.AccessControlAllowHeaders.Items, "AccessControlAllowHeaders"));
  if (cors.AccessControlExposeHeaders && cors.AccessControlExposeHeaders->Items)
    TRY(check_header_list(*cors.AccessControlExposeHeaders->Items, "AccessControlExposeHeaders"));
  if (cors.AccessControlMaxAgeSec.value_or(0) < 0)
    return invalid_argument("The parameter AccessControlMaxAgeSec is not valid.");
  return {};
}

aws::Outcome<void> check_security(const api::ResponseHeadersPolicySecurityHeadersConfig& security) {
  if (const auto& xss = security.XSSProtection) {
    if (xss->ReportUri && xss->ModeBlock.value_or(false))
      return invalid_argument("The parameters ModeBlock and ReportUri cannot be used together.");
    if (!xss->Protection && (xss->ReportUri || xss->ModeBlock.value_or(false)))
      return invalid_argument("The parameters ModeBlock and ReportUri need Protection.");
  }
  if (security.ContentSecurityPolicy) {
    const std::string& policy = security.ContentSecurityPolicy->ContentSecurityPolicy;
    if (policy.size() > kContentSecurityPolicyCharsMax)
      return api::errors::TooLongCSPInResponseHeadersPolicy(
          "The length of the Content-Security-Policy header value in the response headers policy exceeds the "
          "maximum.");
    if (policy.empty()) return invalid_argument("The parameter ContentSecurityPolicy is empty.");
  }
  if (security.StrictTransportSecurity && security.StrictTransportSecurity->AccessControlMaxAgeSec < 0)
    return invalid_argument("The parameter AccessControlMaxAgeSec is not valid.");
  return {};
}

aws::Outcome<void> check_custom(const std::vector<api::ResponseHeadersPolicyCustomHeader>& headers) {
  if (headers.size() > kPolicyNamesMax)
    return api::errors::TooManyCustomHeadersInResponseHeadersPolicy(
        "The number of custom headers in the response headers policy exceeds the maximum.");
  std::set<std::string> names;
  for (const api::ResponseHeadersPolicyCustomHeader& header : headers) {
    const std::string name = to_lower(header.Header);
    if (std::ranges::count(kSecurityHeaders, name))
      return invalid_argument(
          fmt::format("The parameter CustomHeader contains {} that is a security header and cannot be set as "
                      "custom header.",
                      header.Header));
    const bool good = std::ranges::none_of(
        header.Value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (!is_header_name(name) || !good || std::ranges::count(kKeptHeaders, name) ||
        !names.insert(name).second)
      return invalid_argument(
          fmt::format("The parameter CustomHeader contains {} that is not allowed.", header.Header));
  }
  return {};
}

aws::Outcome<void> check_removed(const Config& config) {
  if (!config.RemoveHeadersConfig || !config.RemoveHeadersConfig->Items) return {};
  if (config.RemoveHeadersConfig->Items->size() > kPolicyNamesMax)
    return api::errors::TooManyRemoveHeadersInResponseHeadersPolicy(
        "The number of headers in RemoveHeadersConfig in the response headers policy exceeds the maximum.");
  std::set<std::string> names;
  for (const api::ResponseHeadersPolicyRemoveHeader& header : *config.RemoveHeadersConfig->Items) {
    const std::string name = to_lower(header.Header);
    if (!is_header_name(name) || std::ranges::count(kKeptHeaders, name) || name.starts_with("x-amz-cf-") ||
        name.starts_with("x-edge-") || !names.insert(name).second)
      return invalid_argument(
          fmt::format("The parameter RemoveHeader contains {} that is not allowed.", header.Header));
  }
  return {};
}

// With its defaults, or a refusal.
aws::Outcome<Config> checked(Config config) {
  TRY(check_policy_name(config.Name));
  if (!config.Comment) config.Comment = "";
  if (!config.CorsConfig && !config.SecurityHeadersConfig && !config.ServerTimingHeadersConfig &&
      !config.CustomHeadersConfig && !config.RemoveHeadersConfig)
    return invalid_argument(
        "The parameter ResponseHeadersPolicyConfig must have at least one kind of headers.");
  if (config.CorsConfig) TRY(check_cors(*config.CorsConfig));
  if (config.SecurityHeadersConfig) TRY(check_security(*config.SecurityHeadersConfig));
  if (config.CustomHeadersConfig && config.CustomHeadersConfig->Items)
    TRY(check_custom(*config.CustomHeadersConfig->Items));
  TRY(check_removed(config));
  if (const auto& timing = config.ServerTimingHeadersConfig) {
    const double rate = timing->SamplingRate.value_or(0);
    if (!(rate >= 0 && rate <= 100))
      return invalid_argument("The parameter SamplingRate is not between 0 and 100.");
  }
  return config;
}

api::ResponseHeadersPolicy shown(Entity<Config> policy) {
  return {.Id = std::move(policy.id),
          .LastModifiedTime = policy.changed_at,
          .ResponseHeadersPolicyConfig = std::move(policy.config)};
}

}  // namespace

aws::Outcome<api::CreateResponseHeadersPolicyResult> CloudFront::CreateResponseHeadersPolicy(
    aws::Call& call, const api::CreateResponseHeadersPolicyRequest& input) {
  Entity<Config> policy;
  policy.id = Kind<Config>::new_id(random_);
  policy.config = TRY(checked(input.ResponseHeadersPolicyConfig));
  auto made = TRY(Entities<Config>(store_).create(call, random_, std::move(policy))).value;
  api::CreateResponseHeadersPolicyResult out;
  out.Location = location("response-headers-policy", made.id);
  out.ETag = made.etag;
  out.ResponseHeadersPolicy = shown(std::move(made));
  return out;
}

aws::Outcome<api::GetResponseHeadersPolicyResult> CloudFront::GetResponseHeadersPolicy(
    aws::Call& call, const api::GetResponseHeadersPolicyRequest& input) {
  auto found = TRY(find_policy<Config>(store_, call.account_id, input.Id));
  api::GetResponseHeadersPolicyResult out;
  out.ETag = found.etag;
  out.ResponseHeadersPolicy = shown(std::move(found));
  return out;
}

aws::Outcome<api::GetResponseHeadersPolicyConfigResult> CloudFront::GetResponseHeadersPolicyConfig(
    aws::Call& call, const api::GetResponseHeadersPolicyConfigRequest& input) {
  auto found = TRY(find_policy<Config>(store_, call.account_id, input.Id));
  return api::GetResponseHeadersPolicyConfigResult{.ResponseHeadersPolicyConfig = std::move(found.config),
                                                   .ETag = found.etag};
}

aws::Outcome<api::UpdateResponseHeadersPolicyResult> CloudFront::UpdateResponseHeadersPolicy(
    aws::Call& call, const api::UpdateResponseHeadersPolicyRequest& input) {
  auto changed = TRY(change_policy<Config>(store_, random_, call, input.Id, input.IfMatch,
                                           TRY(checked(input.ResponseHeadersPolicyConfig))));
  api::UpdateResponseHeadersPolicyResult out;
  out.ETag = changed.etag;
  out.ResponseHeadersPolicy = shown(std::move(changed));
  return out;
}

aws::Outcome<api::DeleteResponseHeadersPolicyResponse> CloudFront::DeleteResponseHeadersPolicy(
    aws::Call& call, const api::DeleteResponseHeadersPolicyRequest& input) {
  TRY(delete_policy<Config>(store_, call, input.Id, input.IfMatch));
  return api::DeleteResponseHeadersPolicyResponse();
}

aws::Outcome<api::ListResponseHeadersPoliciesResult> CloudFront::ListResponseHeadersPolicies(
    aws::Call& call, const api::ListResponseHeadersPoliciesRequest& input) {
  return api::ListResponseHeadersPoliciesResult{
      .ResponseHeadersPolicyList = TRY(list_policies<Config, api::ResponseHeadersPolicyList>(
          store_, call, input.Type, input.Marker, input.MaxItems, shown))};
}

}  // namespace meridian::services::cloudfront
