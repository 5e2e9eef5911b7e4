// Quotas and how much of them is used; those of resources that do not exist here are refused.
#include "gen/route53/errors.h"
#include "services/route53/service.h"

namespace meridian::services::route53 {

aws::Outcome<api::GetAccountLimitResponse> Route53::GetAccountLimit(
    aws::Call& call, const api::GetAccountLimitRequest& input) {
  AccountResource account =
      TRY(aws::read_or_default(store_, account_key(call.account_id), decode_account)).value;
  api::GetAccountLimitResponse out;
  out.Limit.Type = input.Type;
  if (input.Type == "MAX_HOSTED_ZONES_BY_OWNER") {
    out.Limit.Value = static_cast<std::int64_t>(quotas_.hosted_zones_max);
    out.Count = static_cast<std::int64_t>(account.hosted_zone_count);
  } else if (input.Type == "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER") {
    out.Limit.Value = static_cast<std::int64_t>(quotas_.delegation_sets_max);
    out.Count = static_cast<std::int64_t>(account.delegation_set_count);
  } else if (input.Type == "MAX_HEALTH_CHECKS_BY_OWNER") {
    out.Limit.Value = static_cast<std::int64_t>(quotas_.health_checks_max);
    out.Count = static_cast<std::int64_t>(account.health_check_count);
  } else {
    return api::errors::InvalidInput(
        fmt::format("{} limits resources that are not available in this version.", input.Type));
  }
  return out;
}

aws::Outcome<api::GetHostedZoneLimitResponse> Route53::GetHostedZoneLimit(
    aws::Call& call, const api::GetHostedZoneLimitRequest& input) {
  HostedZoneResource zone = TRY(this->zone(call, input.HostedZoneId)).value;
  if (input.Type == "MAX_VPCS_ASSOCIATED_BY_ZONE")
    return api::errors::HostedZoneNotPrivate(
        fmt::format("Hosted zone {} is not a private hosted zone.", zone.id));
  api::GetHostedZoneLimitResponse out;
  out.Limit.Type = input.Type;
  out.Limit.Value = static_cast<std::int64_t>(quotas_.record_sets_max);
  out.Count = static_cast<std::int64_t>(zone.record_set_count);
  return out;
}

aws::Outcome<api::GetReusableDelegationSetLimitResponse> Route53::GetReusableDelegationSetLimit(
    aws::Call& call, const api::GetReusableDelegationSetLimitRequest& input) {
  std::string id = TRY(delegation_set(call, input.DelegationSetId)).value.id;
  api::GetReusableDelegationSetLimitResponse out;
  out.Limit.Type = input.Type;
  out.Limit.Value = static_cast<std::int64_t>(quotas_.delegation_set_zones_max);
  out.Count = static_cast<std::int64_t>(TRY(zones_of_delegation_set(id)));
  return out;
}

}  // namespace meridian::services::route53
