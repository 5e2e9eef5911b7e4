// Reusable delegation sets: four servers that several zones of one account share.
#include "base/ids.h"
#include "gen/route53/errors.h"
#include "services/route53/service.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {
namespace {
// "/delegationset/" before it still fits the 32 characters of a ResourceId.
constexpr std::size_t kDelegationSetIdSize = 17;
}  // namespace

std::vector<std::string> shown(const NameServers& servers) {
  std::vector<std::string> names;
  for (std::uint16_t server : servers) names.push_back(name_server_name(server));
  return names;
}

api::DelegationSet shown_delegation_set(const HostedZoneResource& zone) {
  api::DelegationSet out;
  if (!zone.delegation_set_id.empty()) out.Id = "/delegationset/" + zone.delegation_set_id;
  out.NameServers = shown(zone.name_servers);
  return out;
}

api::DelegationSet shown(const DelegationSetResource& set) {
  return {.Id = "/delegationset/" + set.id,
          .CallerReference = set.caller_reference,
          .NameServers = shown(set.name_servers)};
}

aws::Outcome<Route53::StoredDelegationSet> Route53::delegation_set(const aws::Call& call,
                                                                   std::string_view id) {
  id = bare_id(id);
  auto found = TRY(aws::read(store_, delegation_set_key(id), decode_delegation_set));
  if (!found || found->value.account != call.account_id)
    return api::errors::NoSuchDelegationSet(
        fmt::format("A reusable delegation set with ID {} does not exist.", id));
  return *std::move(found);
}

aws::Outcome<std::uint64_t> Route53::zones_of_delegation_set(std::string_view id) {
  return TRY(aws::or_failure(store_.range(delegation_set_zones_prefix(id)))).items.size();
}

aws::Outcome<store::Transaction> Route53::new_delegation_set(
    const aws::Call& call, const api::CreateReusableDelegationSetRequest& input, DelegationSetResource& set) {
  std::string reference = delegation_set_reference_key(set.account, set.caller_reference);
  if (TRY(aws::or_failure(store_.get(reference)))) {
    return api::errors::DelegationSetAlreadyCreated(
        "A delegation set with the same owner and caller reference combination has already been created.");
  }
  auto account = TRY(aws::read_or_default(store_, account_key(set.account), decode_account));
  if (account.value.delegation_set_count >= quotas_.delegation_sets_max) {
    return api::errors::LimitsExceeded(fmt::format(
        "Limits Exceeded: MAX_REUSABLE_DELEGATION_SETS_BY_OWNER - Cannot create more than {} reusable "
        "delegation sets.",
        quotas_.delegation_sets_max));
  }
  ++account.value.delegation_set_count;
  store::Transaction transaction;
  transaction.preconditions = {{reference, 0}, {account_key(set.account), account.modified}};
  if (input.HostedZoneId) {
    auto zone = this->zone(call, *input.HostedZoneId);
    if (!zone && zone.error().code == "NoSuchHostedZone")
      return api::errors::HostedZoneNotFound(zone.error().message);
    StoredZone stored = TRY(std::move(zone));
    if (!stored.value.delegation_set_id.empty()) {
      return api::errors::DelegationSetAlreadyReusable(fmt::format(
          "The delegation set of hosted zone {} has already been marked as reusable.", stored.value.id));
    }
    set.name_servers = stored.value.name_servers;
    stored.value.delegation_set_id = set.id;
    transaction.preconditions.push_back({zone_key(stored.value.id), stored.modified});
    transaction.puts.push_back({zone_key(stored.value.id), encode(stored.value)});
    transaction.puts.push_back({delegation_set_zones_prefix(set.id) + stored.value.id, {}});
  } else {
    set.name_servers = TRY(draw_name_servers(dns::Name()));
  }
  transaction.puts.push_back({reference, {}});
  transaction.puts.push_back({account_key(set.account), encode(account.value)});
  transaction.puts.push_back({delegation_set_key(set.id), encode(set)});
  transaction.puts.push_back({account_delegation_sets_prefix(set.account) + set.id, {}});
  return transaction;
}

aws::Outcome<api::CreateReusableDelegationSetResponse> Route53::CreateReusableDelegationSet(
    aws::Call& call, const api::CreateReusableDelegationSetRequest& input) {
  DelegationSetResource set{
      make_id(random_, 'N', kDelegationSetIdSize), call.account_id, input.CallerReference, {}};
  TRY(aws::commit_built(
      store_, [&] { return new_delegation_set(call, input, set); }, overtaken()));
  api::CreateReusableDelegationSetResponse out;
  out.DelegationSet = shown(set);
  out.Location = "https://route53.amazonaws.com/2013-04-01/delegationset/" + set.id;
  return out;
}

aws::Outcome<api::GetReusableDelegationSetResponse> Route53::GetReusableDelegationSet(
    aws::Call& call, const api::GetReusableDelegationSetRequest& input) {
  return api::GetReusableDelegationSetResponse{.DelegationSet =
                                                   shown(TRY(delegation_set(call, input.Id)).value)};
}

aws::Outcome<api::DeleteReusableDelegationSetResponse> Route53::DeleteReusableDelegationSet(
    aws::Call& call, const api::DeleteReusableDelegationSetRequest& input) {
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        StoredDelegationSet set = TRY(delegation_set(call, input.Id));
        const DelegationSetResource& value = set.value;
        if (TRY(zones_of_delegation_set(value.id)) > 0) {
          return api::errors::DelegationSetInUse(fmt::format(
              "The delegation set {} is in use by one or more hosted zones and cannot be deleted.",
              value.id));
        }
        auto account = TRY(aws::read_or_default(store_, account_key(value.account), decode_account));
        --account.value.delegation_set_count;
        return store::Transaction{
            .preconditions = {{delegation_set_key(value.id), set.modified},
                              {account_key(value.account), account.modified}},
            .puts = {{account_key(value.account), encode(account.value)}},
            .deletes = {delegation_set_key(value.id),
                        account_delegation_sets_prefix(value.account) + value.id,
                        delegation_set_reference_key(value.account, value.caller_reference)}};
      },
      overtaken()));
  return api::DeleteReusableDelegationSetResponse();
}

aws::Outcome<api::ListReusableDelegationSetsResponse> Route53::ListReusableDelegationSets(
    aws::Call& call, const api::ListReusableDelegationSetsRequest& input) {
  auto most = parse_max_items(input.MaxItems, kDelegationSetsPageMax);
  if (!most) return api::errors::InvalidInput(most.error());
  std::string prefix = account_delegation_sets_prefix(call.account_id);
  const IdPage page = TRY(page_of_ids(store_, prefix, input.Marker, *most));
  api::ListReusableDelegationSetsResponse out;
  out.Marker = input.Marker.value_or("");
  out.MaxItems = std::to_string(*most);
  out.IsTruncated = page.next.has_value();
  out.NextMarker = page.next;
  for (const std::string& id : page.ids)
    if (auto set = TRY(aws::read(store_, delegation_set_key(id), decode_delegation_set)))
      out.DelegationSets.push_back(shown(set->value));
  return out;
}

}  // namespace meridian::services::route53
