#include "services/route53/record_set_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "gen/route53/errors.h"
#include "services/route53/record_values.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {
namespace {

aws::Failure invalid_request(const api::Change& change, std::string_view why) {
  const api::ResourceRecordSet& set = change.ResourceRecordSet;
  return api::errors::InvalidInput(
      fmt::format("Invalid request: {} in Change with [Action={}, Name={}, Type={}, SetIdentifier={}]", why,
                  change.Action, set.Name, set.Type, set.SetIdentifier.value_or("null")));
}

aws::Outcome<void> expect_one(const api::Change& change, std::string_view choices,
                              std::initializer_list<bool> given) {
  auto count = std::ranges::count(given, true);
  if (count == 1) return {};
  return invalid_request(change, fmt::format("Expected exactly one of [{}], but found {}", choices,
                                             count > 1 ? "more than one" : "none"));
}

// A record set says where its answers come from in exactly one way.
aws::Outcome<void> check_source(const api::Change& change) {
  const api::ResourceRecordSet& set = change.ResourceRecordSet;
  constexpr std::string_view kChoices =
      "AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId";
  bool any_records = set.TTL || set.ResourceRecords, all_records = set.TTL && set.ResourceRecords;
  TRY(expect_one(change, kChoices,
                 {set.AliasTarget.has_value(), any_records, set.TrafficPolicyInstanceId.has_value()}));
  // Half of the records is none of the choices.
  return any_records ? expect_one(change, kChoices, {all_records}) : aws::Outcome<void>();
}

// A false MultiValueAnswer says nothing.
bool is_multivalue(const api::ResourceRecordSet& set) {
  return set.MultiValueAnswer.value_or(false);
}

aws::Outcome<void> check_policy(const api::Change& change) {
  const api::ResourceRecordSet& set = change.ResourceRecordSet;
  std::initializer_list<bool> policies = {
      set.Weight.has_value(),           set.Region.has_value(), set.Failover.has_value(),
      set.GeoLocation.has_value(),      is_multivalue(set),     set.GeoProximityLocation.has_value(),
      set.CidrRoutingConfig.has_value()};
  if (!set.SetIdentifier) {
    if (std::ranges::count(policies, true) == 0) return {};
    return invalid_request(change, "Missing field 'SetIdentifier'");
  }
  return expect_one(change,
                    "Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or "
                    "CidrRoutingConfig",
                    policies);
}

aws::Outcome<void> check_places(const api::Change& change) {
  if (const auto& at = change.ResourceRecordSet.GeoLocation) {
    if (at->SubdivisionCode && !at->ContinentCode && !at->CountryCode)
      return invalid_request(change, "Missing field 'CountryCode'");
    TRY(expect_one(change, "ContinentCode, or CountryCode",
                   {at->ContinentCode.has_value(), at->CountryCode || at->SubdivisionCode}));
  }
  if (const auto& at = change.ResourceRecordSet.GeoProximityLocation)
    TRY(expect_one(change, "AWSRegion, LocalZoneGroup, or Coordinates",
                   {at->AWSRegion.has_value(), at->LocalZoneGroup.has_value(), at->Coordinates.has_value()}));
  return {};
}

void read_alias(const api::AliasTarget& given, RecordSetChange& change) {
  auto target = parse_domain_name(given.DNSName);
  if (!target) return change.problems.push_back(target.error());
  change.record_set.alias =
      AliasTarget{std::string(bare_id(given.HostedZoneId)), *target, given.EvaluateTargetHealth};
}

void read_routing_policy(const api::ResourceRecordSet& given, RecordSetResource& set) {
  set.id.set_identifier = given.SetIdentifier.value_or("");
  if (given.Weight) set.weight = static_cast<std::uint8_t>(*given.Weight);
  set.region = given.Region.value_or("");
  set.failover = given.Failover.value_or("");
  if (is_multivalue(given)) set.multi_value_answer = true;
  set.health_check_id = given.HealthCheckId.value_or("");
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

}  // namespace

aws::Outcome<void> check_shape(const api::Change& change) {
  TRY(check_source(change));
  TRY(check_policy(change));
  return check_places(change);
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
  change.record_set.traffic_policy_instance_id = set.TrafficPolicyInstanceId.value_or("");
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
  if (out.TrafficPolicyInstanceId) return out;  // where its answers come from is the policy's affair
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

}  // namespace meridian::services::route53
