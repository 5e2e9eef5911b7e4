#include "apps/drill/arrangement.h"

#include <fmt/format.h>

#include "gen/route53/api.h"

namespace meridian::apps::drill {
namespace {

namespace r53 = gen::route53;

static_assert(kRecordsMax + 2 <= 300);  // with SOA and NS on one page of ListResourceRecordSets

template <typename T>
Result<T> or_error(aws::Outcome<T> outcome, std::string_view what) {
  if (outcome) return *std::move(outcome);
  return invalid(fmt::format("{}: {}: {}", what, outcome.error().code, outcome.error().message));
}

}  // namespace

Result<void> Arrangement::make(const std::vector<net::Address>& endpoints) {
  endpoints_ = endpoints;
  TRY(make_zone());
  for (const Check& each : scenario_.checks) TRY(make_check(each));
  std::vector<std::size_t> all;
  // Aliases last: what they lead to must be there.
  for (const bool aliases : {false, true})
    for (std::size_t i = 0; i < records_.size(); ++i)
      if (records_[i].alias.empty() != aliases) all.push_back(i);
  return put_records(all);
}

Result<void> Arrangement::make_zone() {
  r53::CreateHostedZoneRequest create;
  create.Name = stage_.zone_name();
  create.CallerReference = reference();
  create.HostedZoneConfig.emplace().Comment = "A drill: it is removed when the drill is over";
  const auto made = TRY(
      or_error(stage_.call<r53::CreateHostedZoneResponse>("CreateHostedZone", create), "the hosted zone"));
  zone_id_ = made.HostedZone.Id;
  if (const auto slash = zone_id_.rfind('/'); slash != zone_id_.npos) zone_id_.erase(0, slash + 1);
  return {};
}

Result<void> Arrangement::make_check(const Check& check) {
  r53::CreateHealthCheckRequest create;
  create.CallerReference = reference();
  auto& config = create.HealthCheckConfig;
  config.Type = check.type;
  if (check.endpoint) {
    const net::Address& address = endpoints_[*check.endpoint];
    config.IPAddress = address.ip.to_string();
    config.Port = address.port;
    config.RequestInterval = static_cast<std::int32_t>(check.interval_s);
    config.FailureThreshold = static_cast<std::int32_t>(check.threshold);
    if (check.type != "TCP") config.ResourcePath = check.path;
    if (!check.search_string.empty()) config.SearchString = check.search_string;
    if (!check.regions.empty()) config.Regions = check.regions;
  } else {
    config.HealthThreshold = static_cast<std::int32_t>(check.healthy_children_min);
    auto& children = config.ChildHealthChecks.emplace();
    for (const std::size_t child : check.children) children.push_back(check_ids_[child]);
  }
  if (check.inverted) config.Inverted = true;
  if (check.disabled) config.Disabled = true;
  const auto made = TRY(or_error(stage_.call<r53::CreateHealthCheckResponse>("CreateHealthCheck", create),
                                 fmt::format("the check '{}'", check.name)));
  check_ids_.push_back(made.HealthCheck.Id);
  return {};
}

Result<void> Arrangement::put_records(const std::vector<std::size_t>& which) {
  r53::ChangeResourceRecordSetsRequest change;
  change.HostedZoneId = zone_id_;
  for (const std::size_t i : which)
    change.ChangeBatch.Changes.push_back({.Action = "UPSERT", .ResourceRecordSet = record_set(records_[i])});
  TRY(or_error(stage_.call<r53::ChangeResourceRecordSetsResponse>("ChangeResourceRecordSets", change),
               "the records"));
  return {};
}

r53::ResourceRecordSet Arrangement::record_set(const Record& record) const {
  r53::ResourceRecordSet set;
  set.Name = full_name(record.name);
  set.Type = "A";
  const Policy& policy = record.policy;
  if (policy.any()) set.SetIdentifier = record.id;
  if (policy.weight) set.Weight = *policy.weight;
  if (!policy.failover.empty()) set.Failover = policy.failover;
  if (!policy.region.empty()) set.Region = policy.region;
  if (policy.multivalue) set.MultiValueAnswer = true;
  if (!policy.country.empty()) set.GeoLocation.emplace().CountryCode = policy.country;
  if (!policy.continent.empty()) set.GeoLocation.emplace().ContinentCode = policy.continent;
  if (record.check) set.HealthCheckId = check_ids_[*record.check];
  if (!record.alias.empty()) {
    auto& alias = set.AliasTarget.emplace();
    alias.HostedZoneId = zone_id_;
    alias.DNSName = full_name(record.alias);
    alias.EvaluateTargetHealth = record.evaluates_target;
    return set;
  }
  set.TTL = record.ttl_s;
  auto& values = set.ResourceRecords.emplace();
  for (const std::size_t each : record.endpoints)
    values.push_back({.Value = endpoints_[each].ip.to_string()});
  return set;
}

Result<void> Arrangement::change_record(const Step& step) {
  Record& record = records_[*step.record];
  std::vector<std::size_t> changed{*step.record};
  if (step.weight) record.policy.weight = step.weight;
  if (step.ttl_s) {
    // Record sets of one name share their TTL.
    changed.clear();
    for (std::size_t i = 0; i < records_.size(); ++i)
      if (records_[i].name == record.name && records_[i].alias.empty()) {
        records_[i].ttl_s = *step.ttl_s;
        changed.push_back(i);
      }
  }
  return put_records(changed);
}

Result<void> Arrangement::change_check(const Step& step) {
  r53::UpdateHealthCheckRequest update;
  update.HealthCheckId = check_ids_[*step.check];
  update.Disabled = step.check_disabled;
  update.Inverted = step.check_inverted;
  TRY(or_error(stage_.call<r53::UpdateHealthCheckResponse>("UpdateHealthCheck", update), "the check"));
  return {};
}

Result<void> Arrangement::remove() {
  Result<void> done;
  const auto note = [&done](Result<void> removed) {
    if (!removed && done) done = std::unexpected(removed.error());
  };
  if (!zone_id_.empty()) note(remove_zone());
  for (auto id = check_ids_.rbegin(); id != check_ids_.rend(); ++id) note(remove_check(*id));
  return done;
}

Result<void> Arrangement::remove_zone() {
  r53::ListResourceRecordSetsRequest list;
  list.HostedZoneId = zone_id_;
  const auto listed = TRY(or_error(
      stage_.call<r53::ListResourceRecordSetsResponse>("ListResourceRecordSets", list), "the records"));
  r53::ChangeResourceRecordSetsRequest change;
  change.HostedZoneId = zone_id_;
  for (const auto& set : listed.ResourceRecordSets)
    if (set.Type == "A") change.ChangeBatch.Changes.push_back({.Action = "DELETE", .ResourceRecordSet = set});
  if (!change.ChangeBatch.Changes.empty())
    TRY(or_error(stage_.call<r53::ChangeResourceRecordSetsResponse>("ChangeResourceRecordSets", change),
                 "the records"));
  TRY(or_error(stage_.call<r53::DeleteHostedZoneResponse>("DeleteHostedZone",
                                                          r53::DeleteHostedZoneRequest{.Id = zone_id_}),
               fmt::format("the hosted zone {}", zone_id_)));
  return {};
}

Result<void> Arrangement::remove_check(const std::string& id) {
  TRY(or_error(stage_.call<r53::DeleteHealthCheckResponse>(
                   "DeleteHealthCheck", r53::DeleteHealthCheckRequest{.HealthCheckId = id}),
               fmt::format("the health check {}", id)));
  return {};
}

}  // namespace meridian::apps::drill
