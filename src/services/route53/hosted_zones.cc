// Hosted zones: made with four servers, an SOA and an NS record set; deleted when nothing else is left in
// them.
#include "base/ids.h"
#include "gen/route53/errors.h"
#include "services/route53/record_values.h"
#include "services/route53/service.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {
namespace {

// "/hostedzone/" before it still fits the 32 characters of a ResourceId.
constexpr std::size_t kZoneIdSize = 20;
constexpr std::uint32_t kSoaTtl = 900;  // seconds
constexpr std::uint32_t kNsTtl = 172800;
// Written by every call that gives servers to a zone, so that two of them cannot choose without seeing each
// other.
constexpr std::string_view kServerAllocationKey = "route53/server-allocation";

void put(store::Transaction& transaction, std::string key, std::string value = {}) {
  transaction.puts.push_back({std::move(key), std::move(value)});
}

RecordSetResource made_by_us(const HostedZoneResource& zone, dns::Type type, std::uint32_t ttl,
                             const std::vector<std::string>& values) {
  RecordSetResource set;
  set.id = {zone.name, type, {}};
  set.ttl = ttl;
  for (const std::string& value : values) set.records.push_back(parse_record_value(type, value).value());
  return set;
}

// DG:SOA-NSrecords. The serial stays 1 for ever.
std::vector<RecordSetResource> records_of_a_new_zone(const HostedZoneResource& zone) {
  std::vector<std::string> servers;
  for (std::uint16_t server : zone.name_servers) servers.push_back(name_server_name(server) + '.');
  std::string soa = fmt::format("{} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400", servers[0]);
  return {made_by_us(zone, dns::Type::NS, kNsTtl, servers), made_by_us(zone, dns::Type::SOA, kSoaTtl, {soa})};
}

// The index keys that stand and fall with a zone.
std::vector<std::string> index_keys(const HostedZoneResource& zone) {
  std::vector<std::string> keys = {account_zones_prefix(zone.account) + zone.id,
                                   account_zone_name_key(zone.account, zone.name, zone.id),
                                   zone_reference_key(zone.account, zone.caller_reference)};
  for (std::uint16_t server : zone.name_servers) keys.push_back(server_zone_key(server, zone.name, zone.id));
  if (!zone.delegation_set_id.empty())
    keys.push_back(delegation_set_zones_prefix(zone.delegation_set_id) + zone.id);
  return keys;
}

aws::Outcome<void> check_public(const api::CreateHostedZoneRequest& input) {
  if (input.VPC || (input.HostedZoneConfig && input.HostedZoneConfig->PrivateZone.value_or(false)))
    return api::errors::InvalidInput("Private hosted zones are not available in this version.");
  return {};
}

}  // namespace

api::HostedZone shown(const HostedZoneResource& zone) {
  api::HostedZone out;
  out.Id = "/hostedzone/" + zone.id;
  out.Name = aws_name(zone.name);
  out.CallerReference = zone.caller_reference;
  out.Config = api::HostedZoneConfig{.Comment = zone.comment, .PrivateZone = false};
  out.ResourceRecordSetCount = static_cast<std::int64_t>(zone.record_set_count);
  return out;
}

std::vector<std::string> ids_behind(std::string_view prefix, const store::Range& range) {
  std::vector<std::string> ids;
  for (const store::KeyValue& item : range.items) ids.push_back(item.key.substr(prefix.size()));
  return ids;
}

aws::Outcome<IdPage> page_of_ids(store::Store& store, const std::string& prefix,
                                 const std::optional<std::string>& marker, std::size_t most) {
  store::RangeOptions options{.limit = most + 1};
  if (marker) options.start_at = prefix + std::string(bare_id(*marker));
  IdPage page{ids_behind(prefix, TRY(aws::or_failure(store.range(prefix, options)))), {}};
  if (page.ids.size() > most) {
    page.next = std::move(page.ids.back());
    page.ids.pop_back();
  }
  return page;
}

aws::Outcome<Route53::StoredZone> Route53::zone(const aws::Call& call, std::string_view id) {
  id = bare_id(id);
  auto found = TRY(aws::read(store_, zone_key(id), decode_hosted_zone));
  if (!found) return api::errors::NoSuchHostedZone(fmt::format("No hosted zone found with ID: {}", id));
  if (found->value.account != call.account_id) {
    return aws::refuse("AccessDenied",
                       fmt::format("User: {} is not authorized to access this resource", call.principal_arn),
                       403);
  }
  return *std::move(found);
}

aws::Outcome<std::vector<HostedZoneResource>> Route53::zones_by_id(const std::vector<std::string>& ids) {
  std::vector<HostedZoneResource> zones;
  for (const std::string& id : ids)
    // A zone deleted since the index was read is left out.
    if (auto found = TRY(aws::read(store_, zone_key(id), decode_hosted_zone)))
      zones.push_back(std::move(found->value));
  return zones;
}

aws::Outcome<void> Route53::share_delegation_set(const StoredDelegationSet& set, HostedZoneResource& zone,
                                                 store::Transaction& transaction) {
  zone.delegation_set_id = set.value.id;
  zone.name_servers = set.value.name_servers;
  if (TRY(any_server_conflicts(zone.name_servers, zone.name))) {
    return api::errors::ConflictingDomainExists(fmt::format(
        "Cannot create hosted zone with DelegationSetId DelegationSetId:{} as the DNSName {} conflicts "
        "with existing ones sharing the delegation set",
        set.value.id, aws_name(zone.name)));
  }
  if (TRY(zones_of_delegation_set(set.value.id)) >= quotas_.delegation_set_zones_max) {
    return api::errors::TooManyHostedZones(fmt::format(
        "Limits Exceeded: MAX_ZONES_BY_REUSABLE_DELEGATION_SET - Cannot create more than {} hosted zones "
        "with the reusable delegation set {}.",
        quotas_.delegation_set_zones_max, set.value.id));
  }
  // Written back unchanged, so that its deletion cannot overlook the new zone.
  transaction.preconditions.push_back({delegation_set_key(set.value.id), set.modified});
  put(transaction, delegation_set_key(set.value.id), encode(set.value));
  return {};
}

aws::Outcome<store::Transaction> Route53::new_zone(const aws::Call& call,
                                                   const api::CreateHostedZoneRequest& input,
                                                   HostedZoneResource& zone, api::ChangeInfo& change) {
  std::string reference = zone_reference_key(zone.account, zone.caller_reference);
  if (TRY(aws::or_failure(store_.get(reference)))) {
    return api::errors::HostedZoneAlreadyExists(
        fmt::format("A hosted zone has already been created with the specified caller reference: {}.",
                    zone.caller_reference));
  }
  auto account = TRY(aws::read_or_default(store_, account_key(zone.account), decode_account));
  if (account.value.hosted_zone_count >= quotas_.hosted_zones_max) {
    return api::errors::TooManyHostedZones(
        fmt::format("Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER - Cannot create more than {} hosted zones.",
                    quotas_.hosted_zones_max));
  }
  auto allocation = TRY(aws::or_failure(store_.get(kServerAllocationKey)));

  store::Transaction transaction;
  transaction.preconditions = {{reference, 0},
                               {zone_key(zone.id), 0},
                               {account_key(zone.account), account.modified},
                               {std::string(kServerAllocationKey), allocation ? allocation->modified : 0}};
  if (input.DelegationSetId) {
    TRY(share_delegation_set(TRY(delegation_set(call, *input.DelegationSetId)), zone, transaction));
  } else {
    zone.name_servers = TRY(draw_name_servers(zone.name));
  }

  std::vector<RecordSetResource> records = records_of_a_new_zone(zone);
  zone.record_set_count = records.size();
  ++account.value.hosted_zone_count;
  put(transaction, zone_key(zone.id), encode(zone));
  put(transaction, account_key(zone.account), encode(account.value));
  put(transaction, std::string(kServerAllocationKey));
  for (const RecordSetResource& set : records) put(transaction, record_set_key(zone.id, set.id), encode(set));
  for (std::string& key : index_keys(zone)) put(transaction, std::move(key));
  change = TRY(add_change(call, zone.id, std::nullopt, transaction));
  return transaction;
}

aws::Outcome<api::CreateHostedZoneResponse> Route53::CreateHostedZone(
    aws::Call& call, const api::CreateHostedZoneRequest& input) {
  TRY(check_public(input));
  auto name = parse_zone_name(input.Name);
  if (!name) return api::errors::InvalidDomainName(name.error());

  HostedZoneResource zone;
  zone.id = make_id(random_, 'Z', kZoneIdSize);
  zone.account = call.account_id;
  zone.name = *name;
  zone.caller_reference = input.CallerReference;
  if (input.HostedZoneConfig) zone.comment = input.HostedZoneConfig->Comment;
  api::CreateHostedZoneResponse out;
  TRY(aws::commit_built(
      store_, [&] { return new_zone(call, input, zone, out.ChangeInfo); }, overtaken()));
  out.HostedZone = shown(zone);
  out.DelegationSet = shown_delegation_set(zone);
  out.Location = "https://route53.amazonaws.com/2013-04-01/hostedzone/" + zone.id;
  return out;
}

aws::Outcome<api::GetHostedZoneResponse> Route53::GetHostedZone(aws::Call& call,
                                                                const api::GetHostedZoneRequest& input) {
  HostedZoneResource zone = TRY(this->zone(call, input.Id)).value;
  api::GetHostedZoneResponse out;
  out.HostedZone = shown(zone);
  out.DelegationSet = shown_delegation_set(zone);
  return out;
}

aws::Outcome<api::DeleteHostedZoneResponse> Route53::DeleteHostedZone(
    aws::Call& call, const api::DeleteHostedZoneRequest& input) {
  api::DeleteHostedZoneResponse out;
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        StoredZone zone = TRY(this->zone(call, input.Id));
        const std::string instances = zone_traffic_policy_instances_prefix() + zone.value.id + '/';
        const bool has_instances = !TRY(aws::or_failure(store_.range(instances, {.limit = 1}))).items.empty();
        // The NS and SOA of the apex cannot be deleted, so two record sets are those. An instance has hidden
        // ones even when its own was deleted.
        if (zone.value.record_set_count > 2 || has_instances) {
          // The two spaces are AWS's.
          return api::errors::HostedZoneNotEmpty(
              "The specified hosted zone contains non-required resource record sets  and so cannot be "
              "deleted.");
        }
        auto account = TRY(aws::read_or_default(store_, account_key(zone.value.account), decode_account));
        store::Transaction transaction;
        transaction.preconditions = {{zone_key(zone.value.id), zone.modified},
                                     {account_key(zone.value.account), account.modified}};
        --account.value.hosted_zone_count;
        put(transaction, account_key(zone.value.account), encode(account.value));
        transaction.deletes = index_keys(zone.value);
        transaction.deletes.push_back(zone_key(zone.value.id));
        transaction.deletes.push_back(tags_key(zone.value.id));
        for (dns::Type type : {dns::Type::NS, dns::Type::SOA})
          transaction.deletes.push_back(record_set_key(zone.value.id, {zone.value.name, type, {}}));
        if (auto logging = TRY(aws::or_failure(store_.get(zone_query_logging_key(zone.value.id)))))
          for (std::string& key : query_logging_keys(zone.value.account, zone.value.id, logging->value))
            transaction.deletes.push_back(std::move(key));
        out.ChangeInfo = TRY(add_change(call, zone.value.id, std::nullopt, transaction));
        return transaction;
      },
      overtaken()));
  return out;
}

aws::Outcome<api::ListHostedZonesResponse> Route53::ListHostedZones(
    aws::Call& call, const api::ListHostedZonesRequest& input) {
  auto most = parse_max_items(input.MaxItems, kZonesPageMax);
  if (!most) return api::errors::InvalidInput(most.error());
  std::string prefix = account_zones_prefix(call.account_id);
  if (input.DelegationSetId)
    prefix = delegation_set_zones_prefix(TRY(delegation_set(call, *input.DelegationSetId)).value.id);

  api::ListHostedZonesResponse out;
  out.MaxItems = std::to_string(*most);
  out.Marker = input.Marker.value_or("");
  // Of private zones there are none.
  if (input.HostedZoneType) return out;
  const IdPage page = TRY(page_of_ids(store_, prefix, input.Marker, *most));
  out.IsTruncated = page.next.has_value();
  out.NextMarker = page.next;
  for (const HostedZoneResource& zone : TRY(zones_by_id(page.ids))) out.HostedZones.push_back(shown(zone));
  return out;
}

aws::Outcome<api::ListHostedZonesByNameResponse> Route53::ListHostedZonesByName(
    aws::Call& call, const api::ListHostedZonesByNameRequest& input) {
  auto most = parse_max_items(input.MaxItems, kZonesPageMax);
  if (!most) return api::errors::InvalidInput(most.error());
  if (input.HostedZoneId && !input.DNSName)
    return api::errors::InvalidInput("HostedZoneId can only be given together with DNSName.");
  std::string prefix = account_zone_names_prefix(call.account_id);
  store::RangeOptions options{.limit = *most + 1};
  api::ListHostedZonesByNameResponse out;
  if (input.DNSName) {
    auto name = parse_domain_name(*input.DNSName);
    if (!name) return api::errors::InvalidDomainName(name.error());
    options.start_at =
        account_zone_name_key(call.account_id, *name, bare_id(input.HostedZoneId.value_or("")));
    out.DNSName = aws_name(*name);
    out.HostedZoneId = input.HostedZoneId;
  }
  std::vector<std::string> ids;
  for (const std::string& behind : ids_behind(prefix, TRY(aws::or_failure(store_.range(prefix, options)))))
    ids.push_back(behind.substr(behind.find('\0') + 1));
  std::vector<HostedZoneResource> zones = TRY(zones_by_id(ids));
  if (zones.size() > *most) {
    out.IsTruncated = true;
    out.NextDNSName = aws_name(zones.back().name);
    out.NextHostedZoneId = zones.back().id;
    zones.pop_back();
  }
  for (const HostedZoneResource& zone : zones) out.HostedZones.push_back(shown(zone));
  out.MaxItems = std::to_string(*most);
  return out;
}

aws::Outcome<api::GetHostedZoneCountResponse> Route53::GetHostedZoneCount(
    aws::Call& call, const api::GetHostedZoneCountRequest&) {
  AccountResource account =
      TRY(aws::read_or_default(store_, account_key(call.account_id), decode_account)).value;
  return api::GetHostedZoneCountResponse{.HostedZoneCount =
                                             static_cast<std::int64_t>(account.hosted_zone_count)};
}

aws::Outcome<api::UpdateHostedZoneCommentResponse> Route53::UpdateHostedZoneComment(
    aws::Call& call, const api::UpdateHostedZoneCommentRequest& input) {
  api::UpdateHostedZoneCommentResponse out;
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        StoredZone zone = TRY(this->zone(call, input.Id));
        zone.value.comment = input.Comment;
        out.HostedZone = shown(zone.value);
        return store::Transaction{.preconditions = {{zone_key(zone.value.id), zone.modified}},
                                  .puts = {{zone_key(zone.value.id), encode(zone.value)}},
                                  .deletes = {}};
      },
      overtaken()));
  return out;
}

}  // namespace meridian::services::route53
