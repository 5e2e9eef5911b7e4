// Quotas and how much of them is used.
#include "gen/route53/errors.h"
#include "services/route53/service.h"

namespace meridian::services::route53 {

aws::Outcome<api::GetAccountLimitResponse> Route53::GetAccountLimit(
    aws::Call& call, const api::GetAccountLimitRequest& input) {
  AccountResource account =
      TRY(aws::read_or_default(store_, account_key(call.account_id), decode_account)).value;
  const struct {
    std::string_view type;
    std::uint64_t most, count;
  } limits[] = {
      {"MAX_HOSTED_ZONES_BY_OWNER", quotas_.hosted_zones_max, account.hosted_zone_count},
      {"MAX_REUSABLE_DELEGATION_SETS_BY_OWNER", quotas_.delegation_sets_max, account.delegation_set_count},
      {"MAX_HEALTH_CHECKS_BY_OWNER", quotas_.health_checks_max, account.health_check_count},
      {"MAX_TRAFFIC_POLICIES_BY_OWNER", quotas_.traffic_policies_max, account.traffic_policy_count},
      {"MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER", quotas_.traffic_policy_instances_max,
       account.traffic_policy_instance_count},
  };
  for (const auto& limit : limits) {
    if (limit.type != input.Type) continue;
    api::GetAccountLimitResponse out;
    out.Limit.Type = input.Type;
    out.Limit.Value = static_cast<std::int64_t>(limit.most);
    out.Count = static_cast<std::int64_t>(limit.count);
    return out;
  }
  return api::errors::InvalidInput(fmt::format("{} is not a limit of an account.", input.Type));
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
