// ChangeResourceRecordSets and ListResourceRecordSets. A change touches the zone's key, the record sets at
// the names it names, and nothing else of the zone.
#include <algorithm>

#include "gen/route53/errors.h"
#include "services/route53/change_batch.h"
#include "services/route53/record_values.h"
#include "services/route53/service.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {
namespace {

// AWS shows messages as a list, in the message as well: "[first, second]".
aws::Failure invalid_change_batch(std::vector<std::string> problems) {
  std::string message = fmt::format("[{}]", fmt::join(problems, ", "));
  return api::errors::InvalidChangeBatch({.messages = std::move(problems), .message = std::move(message)});
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(utf8, [](char c) { return (c & 0xc0) != 0x80; }));
}

// DG:DNSLimitations: an UPSERT counts its elements and characters twice. An alias counts as one element.
aws::Outcome<void> check_size(const std::vector<api::Change>& changes) {
  std::size_t elements = 0, letters = 0;
  for (const api::Change& change : changes) {
    std::size_t weight = change.Action == "UPSERT" ? 2 : 1;
    if (!change.ResourceRecordSet.ResourceRecords) {
      elements += weight;
      continue;
    }
    for (const api::ResourceRecord& record : *change.ResourceRecordSet.ResourceRecords) {
      elements += weight;
      letters += weight * characters(record.Value);
    }
  }
  std::vector<std::string> problems;
  if (elements > kResourceRecordsMax)
    problems.push_back(fmt::format("Number of records limit of {} exceeded.", kResourceRecordsMax));
  if (letters > kValueCharactersMax)
    problems.push_back(fmt::format("Number of characters limit of {} exceeded.", kValueCharactersMax));
  if (!problems.empty()) return invalid_change_batch(std::move(problems));
  return {};
}

// A record set says where its answers come from in exactly one way.
aws::Outcome<void> check_shape(const api::Change& change) {
  const api::ResourceRecordSet& set = change.ResourceRecordSet;
  bool any_records = set.TTL || set.ResourceRecords, all_records = set.TTL && set.ResourceRecords;
  int ways = set.AliasTarget.has_value() + any_records + set.TrafficPolicyInstanceId.has_value();
  if (ways == 1 && any_records == all_records) return {};
  return api::errors::InvalidInput(fmt::format(
      "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
      "TrafficPolicyInstanceId], but found {} in Change with [Action={}, Name={}, Type={}, SetIdentifier={}]",
      ways > 1 ? "more than one" : "none", change.Action, set.Name, set.Type,
      set.SetIdentifier.value_or("null")));
}

aws::Outcome<void> check_what_is_absent(const api::Change& change) {
  const api::ResourceRecordSet& set = change.ResourceRecordSet;
  if (set.TrafficPolicyInstanceId)
    return api::errors::InvalidInput("Traffic policy instances are not available in this version.");
  if (set.HealthCheckId)
    return api::errors::NoSuchHealthCheck(
        fmt::format("A health check with id {} does not exist.", *set.HealthCheckId));
  return {};
}

void read_alias(const api::AliasTarget& given, RecordSetChange& change) {
  auto target = parse_domain_name(given.DNSName);
  if (!target) return change.problems.push_back(target.error());
  change.record_set.alias =
      AliasTarget{std::string(bare_id(given.HostedZoneId)), *target, given.EvaluateTargetHealth};
}

// Policies are carried over only so that the batch can say which record set it refuses for having one.
void read_routing_policy(const api::ResourceRecordSet& given, RecordSetResource& set) {
  set.id.set_identifier = given.SetIdentifier.value_or("");
  if (given.Weight) set.weight = static_cast<std::uint8_t>(*given.Weight);
  set.region = given.Region.value_or("");
  set.failover = given.Failover.value_or("");
  set.multi_value_answer = given.MultiValueAnswer;
  if (given.GeoLocation) {
    set.geo_location = GeoLocation{given.GeoLocation->ContinentCode.value_or(""),
                                   given.GeoLocation->CountryCode.value_or(""),
                                   given.GeoLocation->SubdivisionCode.value_or("")};
  }
  if (given.CidrRoutingConfig)
    set.cidr_routing =
        CidrRoutingConfig{given.CidrRoutingConfig->CollectionId, given.CidrRoutingConfig->LocationName};
  if (given.GeoProximityLocation) {
    GeoProximityLocation& location = set.geo_proximity.emplace();
    location.aws_region = given.GeoProximityLocation->AWSRegion.value_or("");
    location.local_zone_group = given.GeoProximityLocation->LocalZoneGroup.value_or("");
    if (auto& at = given.GeoProximityLocation->Coordinates)
      location.coordinates.emplace(at->Latitude, at->Longitude);
    location.bias = given.GeoProximityLocation->Bias;
  }
}

RecordSetChange read_change(const api::Change& given) {
  RecordSetChange change;
  change.action = given.Action == "CREATE"   ? Action::Create
                  : given.Action == "DELETE" ? Action::Delete
                                             : Action::Upsert;
  const api::ResourceRecordSet& set = given.ResourceRecordSet;
  change.record_set.id.type = dns::parse_type(set.Type).value_or(dns::Type::ANY);
  if (auto name = parse_domain_name(set.Name)) {
    change.record_set.id.name = *name;
  } else {
    change.problems.push_back(name.error());
  }
  change.record_set.ttl = static_cast<std::uint32_t>(set.TTL.value_or(0));
  read_routing_policy(set, change.record_set);
  if (set.AliasTarget) read_alias(*set.AliasTarget, change);
  for (const api::ResourceRecord& record : set.ResourceRecords.value_or(std::vector<api::ResourceRecord>())) {
    auto value = parse_record_value(change.record_set.id.type, record.Value);
    if (value) {
      change.record_set.records.push_back(*std::move(value));
    } else {
      change.problems.push_back(fmt::format("Invalid Resource Record: '{}'", value.error()));
    }
  }
  return change;
}

aws::Outcome<RecordSets> record_sets_at(store::Store& store, const std::string& zone_id,
                                        const std::vector<dns::Name>& names) {
  RecordSets found;
  for (const dns::Name& name : names) {
    store::Range range = TRY(aws::or_failure(store.range(record_sets_prefix(zone_id, name))));
    for (store::KeyValue& item : range.items)
      found.emplace(std::move(item.key), TRY(aws::or_failure(decode_record_set(item.value))));
  }
  return found;
}

}  // namespace

api::ResourceRecordSet shown(const RecordSetResource& set) {
  auto text = [](const std::string& value) { return value.empty() ? std::nullopt : std::optional(value); };
  api::ResourceRecordSet out;
  out.Name = aws_name(set.id.name);
  out.Type = dns::to_string(set.id.type);
  out.SetIdentifier = text(set.id.set_identifier);
  if (set.weight) out.Weight = *set.weight;
  out.Region = text(set.region);
  if (const auto& at = set.geo_location) {
    out.GeoLocation = api::GeoLocation{.ContinentCode = text(at->continent_code),
                                       .CountryCode = text(at->country_code),
                                       .SubdivisionCode = text(at->subdivision_code)};
  }
  out.Failover = text(set.failover);
  out.MultiValueAnswer = set.multi_value_answer;
  if (const auto& cidr = set.cidr_routing)
    out.CidrRoutingConfig =
        api::CidrRoutingConfig{.CollectionId = cidr->collection_id, .LocationName = cidr->location_name};
  if (const auto& at = set.geo_proximity) {
    auto& location = out.GeoProximityLocation.emplace();
    location.AWSRegion = text(at->aws_region);
    location.LocalZoneGroup = text(at->local_zone_group);
    if (at->coordinates)
      location.Coordinates =
          api::Coordinates{.Latitude = at->coordinates->first, .Longitude = at->coordinates->second};
    location.Bias = at->bias;
  }
  out.HealthCheckId = text(set.health_check_id);
  out.TrafficPolicyInstanceId = text(set.traffic_policy_instance_id);
  if (set.alias) {
    out.AliasTarget = api::AliasTarget{.HostedZoneId = set.alias->hosted_zone_id,
                                       .DNSName = aws_name(set.alias->dns_name),
                                       .EvaluateTargetHealth = set.alias->evaluate_target_health};
  } else {
    out.TTL = set.ttl;
    auto& records = out.ResourceRecords.emplace();
    for (const ResourceRecord& record : set.records) records.push_back({.Value = record.text});
  }
  return out;
}

aws::Outcome<api::ChangeResourceRecordSetsResponse> Route53::ChangeResourceRecordSets(
    aws::Call& call, const api::ChangeResourceRecordSetsRequest& input) {
  const std::vector<api::Change>& given = input.ChangeBatch.Changes;
  TRY(check_size(given));
  for (const api::Change& change : given) TRY(check_shape(change));
  std::string zone_id = TRY(zone(call, input.HostedZoneId)).value.id;
  for (const api::Change& change : given) TRY(check_what_is_absent(change));
  std::vector<RecordSetChange> changes;
  for (const api::Change& change : given) changes.push_back(read_change(change));
  const std::vector<dns::Name> names = names_needed(changes);

  api::ChangeResourceRecordSetsResponse out;
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        // The zone first: whatever changes its record sets afterwards changes its key.
        StoredZone zone = TRY(this->zone(call, zone_id));
        RecordSets existing = TRY(record_sets_at(store_, zone_id, names));
        std::size_t before = existing.size();
        BatchOutcome outcome = apply_changes(zone.value, changes, std::move(existing));
        // Unsigned arithmetic wraps and comes out right.
        zone.value.record_set_count += outcome.record_sets.size() - before;
        bool grows = outcome.record_sets.size() > before;
        if (outcome.problems.empty() && grows && zone.value.record_set_count > quotas_.record_sets_max)
          outcome.problems.push_back(
              fmt::format("Number of records limit of {} exceeded.", quotas_.record_sets_max));
        if (!outcome.problems.empty()) return invalid_change_batch(std::move(outcome.problems));

        store::Transaction transaction;
        transaction.preconditions.push_back({zone_key(zone_id), zone.modified});
        transaction.puts.push_back({zone_key(zone_id), encode(zone.value)});
        for (const std::string& key : outcome.puts)
          transaction.puts.push_back({key, encode(outcome.record_sets.at(key))});
        transaction.deletes = std::move(outcome.deletes);
        out.ChangeInfo = TRY(add_change(call, zone_id, input.ChangeBatch.Comment, transaction));
        return transaction;
      },
      overtaken()));
  return out;
}

aws::Outcome<api::ListResourceRecordSetsResponse> Route53::ListResourceRecordSets(
    aws::Call& call, const api::ListResourceRecordSetsRequest& input) {
  auto most = parse_max_items(input.MaxItems, kRecordSetsPageMax);
  if (!most) return api::errors::InvalidInput(most.error());
  if (input.StartRecordType && !input.StartRecordName)
    return api::errors::InvalidInput("StartRecordType can only be given together with StartRecordName.");
  if (input.StartRecordIdentifier && !input.StartRecordType)
    return api::errors::InvalidInput(
        "StartRecordIdentifier can only be given together with StartRecordName and StartRecordType.");
  std::string zone_id = TRY(zone(call, input.HostedZoneId)).value.id;

  store::RangeOptions options{.limit = *most + 1};
  if (input.StartRecordName) {
    auto name = parse_domain_name(*input.StartRecordName);
    if (!name) return api::errors::InvalidInput(name.error());
    options.start_at = record_sets_prefix(zone_id, *name);
    if (input.StartRecordType) {
      dns::Type type = dns::parse_type(*input.StartRecordType).value_or(dns::Type::ANY);
      options.start_at = record_set_key(zone_id, {*name, type, input.StartRecordIdentifier.value_or("")});
    }
  }
  store::Range range = TRY(aws::or_failure(store_.range(record_sets_prefix(zone_id), options)));
  api::ListResourceRecordSetsResponse out;
  out.MaxItems = std::to_string(*most);
  for (const store::KeyValue& item : range.items) {
    api::ResourceRecordSet set = shown(TRY(aws::or_failure(decode_record_set(item.value))));
    if (out.ResourceRecordSets.size() == *most) {
      out.IsTruncated = true;
      out.NextRecordName = set.Name;
      out.NextRecordType = set.Type;
      out.NextRecordIdentifier = set.SetIdentifier;
      break;
    }
    out.ResourceRecordSets.push_back(std::move(set));
  }
  return out;
}

}  // namespace meridian::services::route53
