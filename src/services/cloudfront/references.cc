// What a configuration refers to: policies, access controls and identities, key groups, real-time log
// configurations, a continuous deployment policy, a certificate. Rule: what is referred to is held by the
// transaction, so that it is not deleted meanwhile.
#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "services/acm/resources.h"
#include "services/cloudfront/config_rules.h"
#include "services/cloudfront/refusals.h"
#include "services/cloudfront/service.h"

namespace meridian::services::cloudfront {
namespace {

constexpr std::string_view kIdentityBegin = "origin-access-identity/cloudfront/";
constexpr std::string_view kCertificateRegion = "us-east-1";

class References {
 public:
  References(store::Store& store, std::string_view account, store::Transaction& transaction)
      : store_(store), account_(account), transaction_(transaction) {}

  // Holds what is there; without it `missing` refuses.
  template <typename Config>
  aws::Outcome<void> need(std::string_view id, const aws::Failure& missing) {
    const std::string key = key_of(kPrefix<Config>, account_, id);
    if (held_.contains(key)) return {};
    const auto found = TRY(aws::or_failure(store_.get(key)));
    if (!found) return missing;
    transaction_.preconditions.push_back({key, found->modified});
    held_.insert(key);
    return {};
  }

  template <typename Config>
  aws::Outcome<void> need_policy(const std::optional<std::string>& id) {
    if (!id || is_managed<Config>(*id)) return {};
    return need<Config>(*id, Kind<Config>::missing());
  }

  template <typename Behavior>
  aws::Outcome<void> need_of(const Behavior& behavior) {
    TRY(need_policy<api::CachePolicyConfig>(behavior.CachePolicyId));
    TRY(need_policy<api::OriginRequestPolicyConfig>(behavior.OriginRequestPolicyId));
    TRY(need_policy<api::ResponseHeadersPolicyConfig>(behavior.ResponseHeadersPolicyId));
    if (behavior.TrustedKeyGroups->Items)
      for (const std::string& id : *behavior.TrustedKeyGroups->Items)
        TRY(need<api::KeyGroupConfig>(
            id, api::errors::TrustedKeyGroupDoesNotExist("The specified key group does not exist.")));
    if (behavior.RealtimeLogConfigArn) TRY(need_log(*behavior.RealtimeLogConfigArn));
    return {};
  }

  aws::Outcome<void> need_of(const api::Origin& origin) {
    if (!origin.OriginAccessControlId->empty()) TRY(need_access_control(origin));
    if (!origin.S3OriginConfig || origin.S3OriginConfig->OriginAccessIdentity.empty()) return {};
    const std::string& identity = origin.S3OriginConfig->OriginAccessIdentity;
    const aws::Failure missing = api::errors::InvalidOriginAccessIdentity(
        "The specified origin access identity does not exist or is not valid.");
    if (!identity.starts_with(kIdentityBegin)) return missing;
    return need<api::CloudFrontOriginAccessIdentityConfig>(identity.substr(kIdentityBegin.size()), missing);
  }

 private:
  aws::Outcome<void> need_access_control(const api::Origin& origin) {
    const std::string& id = *origin.OriginAccessControlId;
    TRY(need<api::OriginAccessControlConfig>(
        id, api::errors::InvalidOriginAccessControl("The origin access control is not valid.")));
    const auto control = TRY(Entities<api::OriginAccessControlConfig>(store_).get(account_, id));
    if ((control.value.config.OriginAccessControlOriginType == "s3") !=
        is_s3_bucket_domain(origin.DomainName))
      return api::errors::InvalidDomainNameForOriginAccessControl(
          "An origin access control is associated with an origin whose domain name is not supported.");
    return {};
  }

  aws::Outcome<void> need_log(std::string_view arn) {
    constexpr std::string_view kBegin = "arn:aws:cloudfront::", kKind = ":realtime-log-config/";
    const std::size_t kind = arn.find(kKind);
    if (!arn.starts_with(kBegin) || kind == arn.npos) return Kind<api::RealtimeLogConfig>::missing();
    if (arn.substr(kBegin.size(), kind - kBegin.size()) != account_)
      return api::errors::RealtimeLogConfigOwnerMismatch(
          "The specified real-time log configuration belongs to a different AWS account.");
    return need<api::RealtimeLogConfig>(arn.substr(kind + kKind.size()),
                                        Kind<api::RealtimeLogConfig>::missing());
  }

  store::Store& store_;
  std::string_view account_;
  store::Transaction& transaction_;
  std::set<std::string> held_;
};

// A wildcard of a certificate covers one label; an alternate domain name with one needs the same wildcard.
bool covers(std::string_view certified, std::string_view alias) {
  if (certified == alias) return true;
  const std::size_t dot = alias.find('.');
  return certified.starts_with("*.") && !alias.starts_with("*.") && dot != alias.npos &&
         certified.substr(1) == alias.substr(dot);
}

bool covers_all(const acm::CertificateResource& certificate, const api::Aliases& aliases) {
  if (!aliases.Items) return true;
  return std::ranges::all_of(*aliases.Items, [&](const std::string& alias) {
    return std::ranges::any_of(certificate.domains, [&](const std::string& domain) {
      return covers(to_lower(domain), to_lower(alias));
    });
  });
}

aws::Failure no_certificate() {
  return api::errors::InvalidViewerCertificate(
      "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't "
      "include a "
      "valid certificate chain.");
}

std::optional<std::string> certificate_of(const DistributionResource* distribution) {
  return distribution ? distribution->config.ViewerCertificate->ACMCertificateArn : std::nullopt;
}

}  // namespace

aws::Outcome<void> CloudFront::check_references(const DistributionResource& distribution,
                                                store::Transaction& transaction) {
  References references(store_, distribution.account, transaction);
  const api::DistributionConfig& config = distribution.config;
  for (const api::Origin& origin : config.Origins.Items) TRY(references.need_of(origin));
  TRY(references.need_of(config.DefaultCacheBehavior));
  if (config.CacheBehaviors->Items)
    for (const api::CacheBehavior& behavior : *config.CacheBehaviors->Items)
      TRY(references.need_of(behavior));
  const std::string& deployment = *config.ContinuousDeploymentPolicyId;
  if (deployment.empty()) return {};
  if (*config.Staging)
    return invalid_argument("A staging distribution cannot have a continuous deployment policy.");
  TRY(references.need<api::ContinuousDeploymentPolicyConfig>(
      deployment, Kind<api::ContinuousDeploymentPolicyConfig>::missing()));
  for (const auto& other : TRY(Distributions(store_).all(distribution.account)))
    if (other.value.id != distribution.id && *other.value.config.ContinuousDeploymentPolicyId == deployment)
      return Kind<api::ContinuousDeploymentPolicyConfig>::in_use();
  return {};
}

aws::Outcome<void> CloudFront::move_certificate(const DistributionResource* before,
                                                const DistributionResource* after,
                                                store::Transaction& transaction) {
  const auto old_arn = certificate_of(before), new_arn = certificate_of(after);
  const auto in_use = [&](const acm::CertificateName& name, const DistributionResource& distribution) {
    return acm::in_use_key(name.place, name.id, distribution_arn(distribution.account, distribution.id));
  };
  if (old_arn && old_arn != new_arn)
    if (const auto name = acm::parse_certificate_arn(*old_arn))
      transaction.deletes.push_back(in_use(*name, *before));
  if (!new_arn) return {};
  const auto name = acm::parse_certificate_arn(*new_arn);
  if (!name || name->place.region != kCertificateRegion || name->place.account != after->account)
    return no_certificate();
  const std::string key = acm::certificate_key(name->place, name->id);
  const auto found = TRY(aws::read(store_, key, acm::decode_certificate));
  if (!found || found->value.status != acm::CertificateStatus::Issued ||
      found->value.not_after <= after->changed_at)
    return no_certificate();
  if (!covers_all(found->value, *after->config.Aliases))
    return api::errors::InvalidViewerCertificate(
        "The certificate that is attached to your distribution doesn't cover the alternate domain name "
        "(CNAME) that "
        "you're trying to add. For more details, see: "
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/"
        "CNAMEs.html#alternate-domain-names-requirements");
  if (old_arn == new_arn) return {};
  transaction.preconditions.push_back({key, found->modified});
  transaction.puts.push_back({key, acm::encode(found->value)});
  transaction.puts.push_back({in_use(*name, *after), {}});
  return {};
}

}  // namespace meridian::services::cloudfront
