// Traffic policy instances: a version of a policy at a name of a hosted zone. Rule: an instance and its
// record sets are written in one commit, so that an update changes all answers at once.
#include <algorithm>
#include <set>

#include "base/ids.h"
#include "gen/route53/errors.h"
#include "services/route53/service.h"
#include "services/route53/traffic_policy_document.h"
#include "services/route53/traffic_policy_record_sets.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {
namespace {

// An index entry for each order in which instances are listed.
std::vector<std::string> index_keys(const TrafficPolicyInstanceResource& instance) {
  const std::string place =
      traffic_policy_instance_place(instance.zone_id, instance.name, dns::to_string(instance.type));
  return {account_traffic_policy_instances_prefix(instance.account) + place,
          zone_traffic_policy_instances_prefix() + place,
          traffic_policy_users_prefix(instance.policy_id, instance.policy_version) + place};
}

void put_instance(const TrafficPolicyInstanceResource& instance, store::Transaction& transaction) {
  transaction.puts.push_back({traffic_policy_instance_key(instance.id), encode(instance)});
  for (std::string& key : index_keys(instance)) transaction.puts.push_back({std::move(key), instance.id});
}

// As far as they are given, in the order in which they sort. Empty: from the first.
aws::Outcome<std::string> start_of(const std::optional<std::string>& zone_id,
                                   const std::optional<std::string>& name,
                                   const std::optional<std::string>& type) {
  if ((name && !zone_id) || (type && !name))
    return api::errors::InvalidInput(
        "The marker of a type can only be given with that of a name, and that of a name with that of a "
        "hosted zone.");
  if (!zone_id) return std::string();
  if (!name) return fmt::format("{}/", bare_id(*zone_id));
  auto parsed = parse_domain_name(*name);
  if (!parsed) return api::errors::InvalidInput(parsed.error());
  return traffic_policy_instance_place(bare_id(*zone_id), *parsed, type.value_or(""));
}

}  // namespace

aws::Outcome<Route53::StoredTrafficPolicyInstance> Route53::traffic_policy_instance(const aws::Call& call,
                                                                                    std::string_view id) {
  auto found = TRY(aws::read(store_, traffic_policy_instance_key(id), decode_traffic_policy_instance));
  if (!found || found->value.account != call.account_id)
    return api::errors::NoSuchTrafficPolicyInstance(
        fmt::format("No traffic policy instance exists with ID {}.", id));
  return *std::move(found);
}

api::TrafficPolicyInstance Route53::shown_instance(const StoredTrafficPolicyInstance& stored) const {
  const TrafficPolicyInstanceResource& instance = stored.value;
  const bool applied = stored.modified > 0 && acknowledgements_.serves(instance.zone_id, stored.modified);
  return {.Id = instance.id,
          .HostedZoneId = instance.zone_id,
          .Name = aws_name(instance.name),
          .TTL = instance.ttl,
          .State = applied                             ? "Applied"
                   : stored.modified == stored.created ? "Creating"
                                                       : "Updating",
          .Message = "",
          .TrafficPolicyId = instance.policy_id,
          .TrafficPolicyVersion = static_cast<std::int32_t>(instance.policy_version),
          .TrafficPolicyType = dns::to_string(instance.type)};
}

aws::Outcome<void> Route53::write_instance(const aws::Call& call, StoredZone& zone,
                                           const TrafficPolicyInstanceResource& instance, Action action,
                                           store::Transaction& transaction) {
  const StoredTrafficPolicy policy = TRY(traffic_policy(call, instance.policy_id));
  // Written back unchanged, so that the deletion of its version cannot overlook this instance.
  transaction.preconditions.push_back({traffic_policy_key(policy.value.id), policy.modified});
  transaction.puts.push_back({traffic_policy_key(policy.value.id), encode(policy.value)});
  auto document =
      parse_traffic_policy_document(TRY(traffic_policy_document(policy.value, instance.policy_version)));
  if (!document) return api::errors::InvalidInput(document.error());
  auto sets = traffic_policy_record_sets(zone.value, instance, *document);
  if (!sets) return api::errors::InvalidInput(sets.error());

  std::set<std::string> health_checks, written;
  for (const RecordSetResource& set : sets->hidden) {
    std::string key = record_set_key(zone.value.id, set.id);
    transaction.puts.push_back({key, encode(set)});
    written.insert(std::move(key));
    if (!set.health_check_id.empty()) health_checks.insert(set.health_check_id);
  }
  for (const std::string& id : health_checks) {
    auto check = health_check(call, id);
    if (!check && check.error().code == "NoSuchHealthCheck")
      return api::errors::InvalidInput(check.error().message);
    TRY(std::move(check));
  }
  auto prefix = hidden_record_sets_prefix(zone.value, instance.id);
  if (!prefix) return api::errors::InvalidInput(prefix.error());
  store::Range before = TRY(aws::or_failure(store_.range(*prefix)));
  for (store::KeyValue& item : before.items)
    if (!written.contains(item.key)) transaction.deletes.push_back(std::move(item.key));

  put_instance(instance, transaction);
  auto problems =
      TRY(put_changes(zone, {{.action = action, .record_set = sets->root, .problems = {}}}, transaction));
  if (!problems.texts.empty())
    return api::errors::InvalidInput(fmt::format("{}", fmt::join(problems.texts, ", ")));
  return {};
}

aws::Outcome<void> Route53::remove_instance(StoredZone& zone, const TrafficPolicyInstanceResource& instance,
                                            store::Transaction& transaction) {
  const RecordSetId root_id{instance.name, instance.type, {}};
  auto root = TRY(aws::read(store_, record_set_key(zone.value.id, root_id), decode_record_set));
  std::vector<RecordSetChange> changes;
  // A caller may have deleted it before, and put another there.
  if (root && root->value.traffic_policy_instance_id == instance.id)
    changes.push_back({.action = Action::Delete, .record_set = std::move(root->value), .problems = {}});
  auto prefix = hidden_record_sets_prefix(zone.value, instance.id);
  if (!prefix) return aws::internal_failure(prefix.error());
  store::Range hidden = TRY(aws::or_failure(store_.range(*prefix)));
  for (store::KeyValue& item : hidden.items) transaction.deletes.push_back(std::move(item.key));
  transaction.deletes.push_back(traffic_policy_instance_key(instance.id));
  std::ranges::move(index_keys(instance), std::back_inserter(transaction.deletes));
  auto problems = TRY(put_changes(zone, changes, transaction));
  if (!problems.texts.empty())
    return api::errors::InvalidInput(fmt::format("{}", fmt::join(problems.texts, ", ")));
  return {};
}

aws::Outcome<api::CreateTrafficPolicyInstanceResponse> Route53::CreateTrafficPolicyInstance(
    aws::Call& call, const api::CreateTrafficPolicyInstanceRequest& input) {
  auto name = parse_domain_name(input.Name);
  if (!name) return api::errors::InvalidInput(name.error());
  TrafficPolicyInstanceResource instance{.id = make_uuid(random_),
                                         .account = call.account_id,
                                         .zone_id = std::string(bare_id(input.HostedZoneId)),
                                         .name = *name,
                                         .ttl = static_cast<std::uint32_t>(input.TTL),
                                         .policy_id = input.TrafficPolicyId};
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        StoredZone zone = TRY(this->zone(call, instance.zone_id));
        const TrafficPolicyResource policy = TRY(traffic_policy(call, instance.policy_id)).value;
        const auto version = TRY(traffic_policy_version(policy, input.TrafficPolicyVersion)).value;
        instance.policy_version = version.version;
        instance.type = version.type;
        const std::string place =
            zone_traffic_policy_instances_prefix() +
            traffic_policy_instance_place(instance.zone_id, instance.name, dns::to_string(instance.type));
        if (auto other = TRY(aws::or_failure(store_.get(place)))) {
          return api::errors::TrafficPolicyInstanceAlreadyExists(fmt::format(
              "There is already a traffic policy instance, {}, for {} {} in hosted zone {}.", other->value,
              aws_name(instance.name), dns::to_string(instance.type), instance.zone_id));
        }
        auto account = TRY(aws::read_or_default(store_, account_key(instance.account), decode_account));
        if (account.value.traffic_policy_instance_count >= quotas_.traffic_policy_instances_max) {
          return api::errors::TooManyTrafficPolicyInstances(fmt::format(
              "Limits Exceeded: MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER - Cannot create more than {} "
              "traffic policy instances.",
              quotas_.traffic_policy_instances_max));
        }
        ++account.value.traffic_policy_instance_count;
        store::Transaction transaction;
        transaction.preconditions = {{place, 0}, {account_key(instance.account), account.modified}};
        transaction.puts.push_back({account_key(instance.account), encode(account.value)});
        TRY(write_instance(call, zone, instance, Action::Create, transaction));
        return transaction;
      },
      overtaken()));
  return api::CreateTrafficPolicyInstanceResponse{
      .TrafficPolicyInstance = shown_instance(StoredTrafficPolicyInstance{instance, 0, 0}),
      .Location = "https://route53.amazonaws.com/2013-04-01/trafficpolicyinstance/" + instance.id};
}

aws::Outcome<api::GetTrafficPolicyInstanceResponse> Route53::GetTrafficPolicyInstance(
    aws::Call& call, const api::GetTrafficPolicyInstanceRequest& input) {
  return api::GetTrafficPolicyInstanceResponse{
      .TrafficPolicyInstance = shown_instance(TRY(traffic_policy_instance(call, input.Id)))};
}

aws::Outcome<api::UpdateTrafficPolicyInstanceResponse> Route53::UpdateTrafficPolicyInstance(
    aws::Call& call, const api::UpdateTrafficPolicyInstanceRequest& input) {
  StoredTrafficPolicyInstance instance;
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        instance = TRY(traffic_policy_instance(call, input.Id));
        StoredZone zone = TRY(this->zone(call, instance.value.zone_id));
        const TrafficPolicyResource policy = TRY(traffic_policy(call, input.TrafficPolicyId)).value;
        const auto version = TRY(traffic_policy_version(policy, input.TrafficPolicyVersion)).value;
        if (version.type != instance.value.type) {
          return api::errors::ConflictingTypes(
              fmt::format("The traffic policy instance is of type {}, the traffic policy version of type {}.",
                          dns::to_string(instance.value.type), dns::to_string(version.type)));
        }
        store::Transaction transaction;
        transaction.preconditions = {{traffic_policy_instance_key(instance.value.id), instance.modified}};
        std::vector<std::string> left = index_keys(instance.value);
        instance.value.ttl = static_cast<std::uint32_t>(input.TTL);
        instance.value.policy_id = policy.id;
        instance.value.policy_version = version.version;
        const std::vector<std::string> kept = index_keys(instance.value);
        std::erase_if(left,
                      [&](const std::string& key) { return std::ranges::find(kept, key) != kept.end(); });
        transaction.deletes = std::move(left);
        // An upsert: a caller may have deleted the record set of the instance.
        TRY(write_instance(call, zone, instance.value, Action::Upsert, transaction));
        return transaction;
      },
      overtaken()));
  instance.modified = 0;  // the commit that engines have yet to serve
  return api::UpdateTrafficPolicyInstanceResponse{.TrafficPolicyInstance = shown_instance(instance)};
}

aws::Outcome<api::DeleteTrafficPolicyInstanceResponse> Route53::DeleteTrafficPolicyInstance(
    aws::Call& call, const api::DeleteTrafficPolicyInstanceRequest& input) {
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        const StoredTrafficPolicyInstance instance = TRY(traffic_policy_instance(call, input.Id));
        StoredZone zone = TRY(this->zone(call, instance.value.zone_id));
        auto account = TRY(aws::read_or_default(store_, account_key(call.account_id), decode_account));
        --account.value.traffic_policy_instance_count;
        store::Transaction transaction;
        transaction.preconditions = {{traffic_policy_instance_key(instance.value.id), instance.modified},
                                     {account_key(call.account_id), account.modified}};
        transaction.puts.push_back({account_key(call.account_id), encode(account.value)});
        TRY(remove_instance(zone, instance.value, transaction));
        return transaction;
      },
      overtaken()));
  return api::DeleteTrafficPolicyInstanceResponse();
}

aws::Outcome<Route53::InstancePage> Route53::list_instances(const std::string& prefix,
                                                            const std::string& start_at, std::size_t most) {
  store::RangeOptions options{.limit = most + 1};
  if (!start_at.empty()) options.start_at = start_at;
  InstancePage page;
  const store::Range range = TRY(aws::or_failure(store_.range(prefix, options)));
  for (const store::KeyValue& item : range.items) {
    auto instance =
        TRY(aws::read(store_, traffic_policy_instance_key(item.value), decode_traffic_policy_instance));
    if (!instance) continue;  // deleted since the index was read
    api::TrafficPolicyInstance one = shown_instance(*instance);
    if (page.instances.size() == most) {
      page.zone_id = one.HostedZoneId;
      page.name = one.Name;
      page.type = one.TrafficPolicyType;
      break;
    }
    page.instances.push_back(std::move(one));
  }
  return page;
}

aws::Outcome<api::ListTrafficPolicyInstancesResponse> Route53::ListTrafficPolicyInstances(
    aws::Call& call, const api::ListTrafficPolicyInstancesRequest& input) {
  auto most = parse_max_items(input.MaxItems, kTrafficPoliciesPageMax);
  if (!most) return api::errors::InvalidInput(most.error());
  const std::string prefix = account_traffic_policy_instances_prefix(call.account_id);
  const std::string start = TRY(start_of(input.HostedZoneIdMarker, input.TrafficPolicyInstanceNameMarker,
                                         input.TrafficPolicyInstanceTypeMarker));
  InstancePage page = TRY(list_instances(prefix, prefix + start, *most));
  return api::ListTrafficPolicyInstancesResponse{.TrafficPolicyInstances = std::move(page.instances),
                                                 .HostedZoneIdMarker = page.zone_id,
                                                 .TrafficPolicyInstanceNameMarker = page.name,
                                                 .TrafficPolicyInstanceTypeMarker = page.type,
                                                 .IsTruncated = page.zone_id.has_value(),
                                                 .MaxItems = std::to_string(*most)};
}

aws::Outcome<api::ListTrafficPolicyInstancesByHostedZoneResponse>
Route53::ListTrafficPolicyInstancesByHostedZone(
    aws::Call& call, const api::ListTrafficPolicyInstancesByHostedZoneRequest& input) {
  auto most = parse_max_items(input.MaxItems, kTrafficPoliciesPageMax);
  if (!most) return api::errors::InvalidInput(most.error());
  const std::string zone_id = TRY(zone(call, input.HostedZoneId)).value.id;
  const std::string start =
      TRY(start_of(zone_id, input.TrafficPolicyInstanceNameMarker, input.TrafficPolicyInstanceTypeMarker));
  const std::string all = zone_traffic_policy_instances_prefix();
  InstancePage page = TRY(list_instances(all + zone_id + '/', all + start, *most));
  return api::ListTrafficPolicyInstancesByHostedZoneResponse{
      .TrafficPolicyInstances = std::move(page.instances),
      .TrafficPolicyInstanceNameMarker = page.name,
      .TrafficPolicyInstanceTypeMarker = page.type,
      .IsTruncated = page.zone_id.has_value(),
      .MaxItems = std::to_string(*most)};
}

aws::Outcome<api::ListTrafficPolicyInstancesByPolicyResponse> Route53::ListTrafficPolicyInstancesByPolicy(
    aws::Call& call, const api::ListTrafficPolicyInstancesByPolicyRequest& input) {
  auto most = parse_max_items(input.MaxItems, kTrafficPoliciesPageMax);
  if (!most) return api::errors::InvalidInput(most.error());
  const TrafficPolicyResource policy = TRY(traffic_policy(call, input.TrafficPolicyId)).value;
  const std::uint32_t version = TRY(traffic_policy_version(policy, input.TrafficPolicyVersion)).value.version;
  const std::string prefix = traffic_policy_users_prefix(policy.id, version);
  const std::string start = TRY(start_of(input.HostedZoneIdMarker, input.TrafficPolicyInstanceNameMarker,
                                         input.TrafficPolicyInstanceTypeMarker));
  InstancePage page = TRY(list_instances(prefix, prefix + start, *most));
  return api::ListTrafficPolicyInstancesByPolicyResponse{.TrafficPolicyInstances = std::move(page.instances),
                                                         .HostedZoneIdMarker = page.zone_id,
                                                         .TrafficPolicyInstanceNameMarker = page.name,
                                                         .TrafficPolicyInstanceTypeMarker = page.type,
                                                         .IsTruncated = page.zone_id.has_value(),
                                                         .MaxItems = std::to_string(*most)};
}

aws::Outcome<api::GetTrafficPolicyInstanceCountResponse> Route53::GetTrafficPolicyInstanceCount(
    aws::Call& call, const api::GetTrafficPolicyInstanceCountRequest&) {
  AccountResource account =
      TRY(aws::read_or_default(store_, account_key(call.account_id), decode_account)).value;
  return api::GetTrafficPolicyInstanceCountResponse{
      .TrafficPolicyInstanceCount = static_cast<std::int32_t>(account.traffic_policy_instance_count)};
}

}  // namespace meridian::services::route53
