#include "compilers/cdn/compile.h"

#include <fmt/format.h>

#include <set>

#include "base/bytes.h"
#include "compilers/cdn/policies.h"

namespace meridian::compilers::cdn {
namespace {

namespace cdn = snapshots::cdn;
using services::cloudfront::DistributionResource;

template <typename Value>
Result<const Value*> refer(const ById<Value>& all, const std::string& id, const char* what) {
  const auto found = all.find(id);
  if (found == all.end()) return invalid(fmt::format("{} {} is not there", what, id));
  return &found->second;
}

// Of an ARN, or of a path.
std::string last_part(const std::string& text) {
  return text.substr(text.rfind('/') + 1);
}

std::uint8_t method_bits(const std::vector<std::string>& names) {
  static constexpr std::pair<std::string_view, std::uint8_t> kBits[] = {
      {"GET", cdn::kGet},   {"HEAD", cdn::kHead},   {"OPTIONS", cdn::kOptions}, {"PUT", cdn::kPut},
      {"POST", cdn::kPost}, {"PATCH", cdn::kPatch}, {"DELETE", cdn::kDelete}};
  std::uint8_t out = 0;
  for (const std::string& name : names)
    for (const auto& [method, bit] : kBits)
      if (name == method) out |= bit;
  return out;
}

cdn::ViewerProtocol viewer_protocol(std::string_view policy) {
  if (policy == "redirect-to-https") return cdn::ViewerProtocol::RedirectToHttps;
  return policy == "https-only" ? cdn::ViewerProtocol::HttpsOnly : cdn::ViewerProtocol::AllowAll;
}

Result<void> compile_target(const std::string& target, const cdn::Distribution& distribution,
                            cdn::Behavior& out) {
  const auto of = [&](const auto& list) {
    const auto found = std::ranges::find(list, target, [](const auto& each) { return each.id; });
    return found == list.end() ? cdn::Behavior::kNoTarget : static_cast<std::uint32_t>(found - list.begin());
  };
  out.origin = of(distribution.origins);
  if (out.origin == cdn::Behavior::kNoTarget) out.group = of(distribution.groups);
  if (out.origin == out.group) return invalid(fmt::format("origin {} is not there", target));
  return {};
}

Result<void> compile_trust(const std::optional<api::TrustedKeyGroups>& groups, const Library& library,
                           cdn::Behavior& out) {
  out.restricted = groups && groups->Enabled;
  if (!out.restricted || !groups->Items) return {};
  for (const std::string& id : *groups->Items)
    for (const std::string& key : TRY(refer(library.key_groups, id, "key group"))->Items)
      out.trusted_keys.push_back(*TRY(refer(library.public_keys, key, "public key")));
  return {};
}

// Of the default behavior and of the others, which differ in their pattern alone.
template <typename Config>
Result<cdn::Behavior> compile_behavior(const Config& config, const cdn::Distribution& distribution,
                                       const Library& library) {
  cdn::Behavior out;
  TRY(compile_target(config.TargetOriginId, distribution, out));
  out.viewer_protocol = viewer_protocol(config.ViewerProtocolPolicy);
  if (config.AllowedMethods) {
    out.allowed_methods = method_bits(config.AllowedMethods->Items);
    if (const auto& cached = config.AllowedMethods->CachedMethods)
      out.cache_options = method_bits(cached->Items) & cdn::kOptions;
  }
  out.compress = config.Compress.value_or(false);
  out.allow_grpc = config.GrpcConfig && config.GrpcConfig->Enabled;
  if (config.CachePolicyId) {
    out.cache_policy_id = *config.CachePolicyId;
    apply_cache_policy(*TRY(refer(library.cache_policies, out.cache_policy_id, "cache policy")), out);
  } else if (config.ForwardedValues) {
    apply_forwarded_values(*config.ForwardedValues, out);
    out.ttl.minimum = std::chrono::seconds(config.MinTTL.value_or(0));
    out.ttl.fallback = std::chrono::seconds(config.DefaultTTL.value_or(86400));
    out.ttl.maximum = std::chrono::seconds(config.MaxTTL.value_or(31536000));
  }
  if (config.OriginRequestPolicyId) {
    out.origin_request_policy_id = *config.OriginRequestPolicyId;
    apply_origin_request_policy(
        *TRY(refer(library.origin_request_policies, out.origin_request_policy_id, "origin request policy")),
        out);
  }
  collect_generated_headers(out);
  if (config.ResponseHeadersPolicyId)
    out.response_headers = *TRY(
        refer(library.response_headers_policies, *config.ResponseHeadersPolicyId, "response headers policy"));
  TRY(compile_trust(config.TrustedKeyGroups, library, out));
  out.realtime_log_arn = config.RealtimeLogConfigArn.value_or("");
  return out;
}

cdn::OriginProtocol origin_protocol(std::string_view policy) {
  if (policy == "http-only") return cdn::OriginProtocol::HttpOnly;
  return policy == "https-only" ? cdn::OriginProtocol::HttpsOnly : cdn::OriginProtocol::MatchViewer;
}

Result<cdn::OriginAccess> compile_access(const api::Origin& config, const Library& library) {
  cdn::OriginAccess out;
  if (config.OriginAccessControlId && !config.OriginAccessControlId->empty()) {
    const auto& control =
        *TRY(refer(library.origin_access_controls, *config.OriginAccessControlId, "origin access control"));
    out.kind = cdn::OriginAccess::Kind::AccessControl;
    out.signed_service = control.OriginAccessControlOriginType;
    if (control.SigningBehavior == "always") out.signing = cdn::SigningBehavior::Always;
    if (control.SigningBehavior == "no-override") out.signing = cdn::SigningBehavior::NoOverride;
  } else if (config.S3OriginConfig && !config.S3OriginConfig->OriginAccessIdentity.empty()) {
    const std::string& identity = config.S3OriginConfig->OriginAccessIdentity;
    out.kind = cdn::OriginAccess::Kind::Identity;
    out.signing = cdn::SigningBehavior::Always;
    out.signed_service = "s3";
    out.identity_id = last_part(identity);
  }
  return out;
}

void compile_custom(const api::CustomOriginConfig& config, cdn::Origin& out) {
  out.protocol = origin_protocol(config.OriginProtocolPolicy);
  out.http_port = static_cast<std::uint16_t>(config.HTTPPort);
  out.https_port = static_cast<std::uint16_t>(config.HTTPSPort);
  out.read_timeout = std::chrono::seconds(config.OriginReadTimeout.value_or(30));
  out.keep_alive = std::chrono::seconds(config.OriginKeepaliveTimeout.value_or(5));
}

Result<cdn::Origin> compile_origin(const api::Origin& config, const Library& library,
                                   const StandIns& stand_ins) {
  cdn::Origin out;
  out.id = config.Id;
  out.domain_name = to_lower(config.DomainName);
  out.path = config.OriginPath.value_or("");
  if (config.CustomHeaders && config.CustomHeaders->Items)
    for (const auto& header : *config.CustomHeaders->Items)
      out.custom_headers.push_back({header.HeaderName, header.HeaderValue, true});
  if (config.CustomOriginConfig) compile_custom(*config.CustomOriginConfig, out);
  if (config.S3OriginConfig) {
    out.is_s3 = true;
    if (config.S3OriginConfig->OriginReadTimeout)
      out.read_timeout = std::chrono::seconds(*config.S3OriginConfig->OriginReadTimeout);
  }
  out.connection_attempts = static_cast<std::uint8_t>(config.ConnectionAttempts.value_or(3));
  out.connect_timeout = std::chrono::seconds(config.ConnectionTimeout.value_or(10));
  if (config.ResponseCompletionTimeout)
    out.completion_timeout = std::chrono::seconds(*config.ResponseCompletionTimeout);
  if (config.OriginShield && config.OriginShield->Enabled)
    out.shield_region = config.OriginShield->OriginShieldRegion.value_or("");
  out.access = TRY(compile_access(config, library));
  switch (classify_origin(out.domain_name)) {
    case OriginHost::S3:
      out.stand_in = stand_ins.s3;
      break;
    case OriginHost::S3Website:
      out.stand_in = stand_ins.s3_website;
      break;
    case OriginHost::Other:
      break;
  }
  return out;
}

Result<void> compile_origins(const api::DistributionConfig& config, const Library& library,
                             const StandIns& stand_ins, cdn::Distribution& out) {
  for (const api::Origin& origin : config.Origins.Items)
    out.origins.push_back(TRY(compile_origin(origin, library, stand_ins)));
  if (!config.OriginGroups || !config.OriginGroups->Items) return {};
  for (const api::OriginGroup& group : *config.OriginGroups->Items) {
    cdn::OriginGroup made{.id = group.Id};
    std::vector<std::uint32_t> members;
    for (const api::OriginGroupMember& member : group.Members.Items) {
      cdn::Behavior target;
      TRY(compile_target(member.OriginId, out, target));
      members.push_back(target.origin);
    }
    if (members.size() != 2) return invalid(fmt::format("origin group {} has no two members", group.Id));
    made.primary = members[0];
    made.secondary = members[1];
    for (const std::int32_t status : group.FailoverCriteria.StatusCodes.Items)
      made.failover_statuses.push_back(static_cast<std::uint16_t>(status));
    std::ranges::sort(made.failover_statuses);
    out.groups.push_back(std::move(made));
  }
  return {};
}

Result<void> compile_behaviors(const api::DistributionConfig& config, const Library& library,
                               cdn::Distribution& out) {
  if (config.CacheBehaviors && config.CacheBehaviors->Items)
    for (const api::CacheBehavior& behavior : *config.CacheBehaviors->Items) {
      out.behaviors.push_back(TRY(compile_behavior(behavior, out, library)));
      out.behaviors.back().path_pattern = behavior.PathPattern;
    }
  out.behaviors.push_back(TRY(compile_behavior(config.DefaultCacheBehavior, out, library)));
  out.behaviors.back().is_default = true;
  return {};
}

std::uint16_t status_of(std::string_view text) {
  std::uint16_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

void compile_error_pages(const api::DistributionConfig& config, cdn::Distribution& out) {
  if (!config.CustomErrorResponses || !config.CustomErrorResponses->Items) return;
  for (const api::CustomErrorResponse& response : *config.CustomErrorResponses->Items) {
    cdn::ErrorPage page{.error_code = static_cast<std::uint16_t>(response.ErrorCode)};
    page.page_path = response.ResponsePagePath.value_or("");
    if (response.ResponseCode) page.response_code = status_of(*response.ResponseCode);
    if (response.ErrorCachingMinTTL)
      page.caching_minimum = std::chrono::seconds(*response.ErrorCachingMinTTL);
    out.error_pages.push_back(std::move(page));
  }
}

void compile_geo(const api::DistributionConfig& config, cdn::Distribution& out) {
  if (!config.Restrictions) return;
  const api::GeoRestriction& geo = config.Restrictions->GeoRestriction;
  if (geo.RestrictionType == "whitelist") out.geo.kind = cdn::GeoRestriction::Kind::Allow;
  if (geo.RestrictionType == "blacklist") out.geo.kind = cdn::GeoRestriction::Kind::Block;
  out.geo.countries = geo.Items.value_or(std::vector<std::string>());
  std::ranges::sort(out.geo.countries);
}

void compile_viewers(const api::DistributionConfig& config, const Library& library, cdn::Distribution& out) {
  out.ipv6 = config.IsIPV6Enabled.value_or(false);
  const std::string version = config.HttpVersion.value_or("http2");
  out.http2 = version.starts_with("http2");
  out.http3 = version.ends_with("http3") || version == "http2and3";
  const std::string price = config.PriceClass.value_or("PriceClass_All");
  if (price == "PriceClass_100") out.price_class = cdn::PriceClass::Class100;
  if (price == "PriceClass_200") out.price_class = cdn::PriceClass::Class200;
  if (const auto& certificate = config.ViewerCertificate) {
    out.tls.certificate_arn = certificate->ACMCertificateArn.value_or("");
    if (const auto found = library.certificates.find(last_part(out.tls.certificate_arn));
        found != library.certificates.end())
      out.tls.certificate = found->second;
    out.tls.security_policy = certificate->MinimumProtocolVersion.value_or("TLSv1");
  }
  if (const auto& log = config.Logging; log && log->Enabled.value_or(false)) {
    out.log.enabled = true;
    out.log.include_cookies = log->IncludeCookies.value_or(false);
    out.log.bucket = bucket_of_domain(log->Bucket.value_or(""));
    out.log.prefix = log->Prefix.value_or("");
  }
}

Result<void> compile_continuous_deployment(const api::DistributionConfig& config, const Library& library,
                                           cdn::Distribution& out) {
  const std::string& id = config.ContinuousDeploymentPolicyId.value_or("");
  if (id.empty() || out.staging) return {};
  const api::ContinuousDeploymentPolicyConfig& policy =
      *TRY(refer(library.continuous_deployment_policies, id, "continuous deployment policy"));
  const auto& names = policy.StagingDistributionDnsNames.Items;
  if (!policy.Enabled || !policy.TrafficConfig || !names || names->empty()) return {};
  cdn::ContinuousDeployment made;
  made.staging_id = *TRY(refer(library.distributions_by_domain, names->front(), "staging distribution"));
  if (const auto& header = policy.TrafficConfig->SingleHeaderConfig) {
    made.header_name = to_lower(header->Header);
    made.header_value = header->Value;
  }
  if (const auto& weight = policy.TrafficConfig->SingleWeightConfig) {
    made.weight = weight->Weight;
    if (const auto& sticky = weight->SessionStickinessConfig) {
      made.sticky_idle = std::chrono::seconds(sticky->IdleTTL);
      made.sticky_maximum = std::chrono::seconds(sticky->MaximumTTL);
    }
  }
  out.continuous_deployment = std::move(made);
  return {};
}

// Of the default behavior and of the others.
template <typename Config>
void add_references(const Config& config, std::set<std::string>& out) {
  for (const auto* id :
       {&config.CachePolicyId, &config.OriginRequestPolicyId, &config.ResponseHeadersPolicyId})
    if (*id) out.insert(**id);
  if (config.TrustedKeyGroups && config.TrustedKeyGroups->Items)
    out.insert(config.TrustedKeyGroups->Items->begin(), config.TrustedKeyGroups->Items->end());
}

}  // namespace

Result<cdn::SharedDistribution> compile(const DistributionResource& resource, std::uint64_t revision,
                                        const Library& library, const StandIns& stand_ins) {
  const api::DistributionConfig& config = resource.config;
  auto out = std::make_shared<cdn::Distribution>();
  out->id = resource.id;
  out->account = resource.account;
  out->arn = services::cloudfront::distribution_arn(resource.account, resource.id);
  out->domain_name = to_lower(resource.public_name);
  out->revision = revision;
  out->enabled = config.Enabled;
  out->staging = config.Staging.value_or(false);
  if (config.Aliases && config.Aliases->Items)
    for (const std::string& alias : *config.Aliases->Items) out->aliases.push_back(to_lower(alias));
  out->default_root_object = config.DefaultRootObject.value_or("");
  if (config.CacheTagConfig) out->tag_header = to_lower(config.CacheTagConfig->HeaderName);
  out->additional_metrics = library.monitored.contains(resource.id);
  compile_geo(config, *out);
  compile_viewers(config, library, *out);
  compile_error_pages(config, *out);
  TRY(compile_origins(config, library, stand_ins, *out));
  TRY(compile_behaviors(config, library, *out));
  TRY(compile_continuous_deployment(config, library, *out));
  return out;
}

std::optional<std::string> certificate_arn(const api::DistributionConfig& config) {
  if (!config.ViewerCertificate || config.ViewerCertificate->ACMCertificateArn.value_or("").empty())
    return std::nullopt;
  return config.ViewerCertificate->ACMCertificateArn;
}

std::vector<std::string> references(const DistributionResource& resource) {
  const api::DistributionConfig& config = resource.config;
  std::set<std::string> out;
  add_references(config.DefaultCacheBehavior, out);
  if (config.CacheBehaviors && config.CacheBehaviors->Items)
    for (const api::CacheBehavior& behavior : *config.CacheBehaviors->Items) add_references(behavior, out);
  for (const api::Origin& origin : config.Origins.Items)
    if (origin.OriginAccessControlId) out.insert(*origin.OriginAccessControlId);
  if (config.ContinuousDeploymentPolicyId) out.insert(*config.ContinuousDeploymentPolicyId);
  if (const auto arn = certificate_arn(config)) out.insert(last_part(*arn));
  out.erase("");
  return {out.begin(), out.end()};
}

}  // namespace meridian::compilers::cdn
