// ChangeResourceRecordSets and ListResourceRecordSets. A change touches the zone's key, the record sets at
// the names it names, and nothing else of the zone.
#include <algorithm>
#include <set>

#include "gen/route53/errors.h"
#include "services/route53/change_batch.h"
#include "services/route53/cidr_use.h"
#include "services/route53/record_set_shape.h"
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

// Record sets may outlive their health check: only what is written needs one.
aws::Outcome<void> check_health_checks(store::Store& store, std::string_view account,
                                       const std::vector<RecordSetChange>& changes) {
  std::set<std::string_view> ids;
  for (const RecordSetChange& change : changes)
    if (change.action != Action::Delete && !change.record_set.health_check_id.empty())
      ids.insert(change.record_set.health_check_id);
  for (std::string_view id : ids) {
    auto found = TRY(aws::read(store, health_check_key(id), decode_health_check));
    if (!found || found->value.account != account)
      return api::errors::NoSuchHealthCheck(fmt::format("A health check with id {} does not exist.", id));
  }
  return {};
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

aws::Outcome<BatchProblems> Route53::put_changes(StoredZone& zone,
                                                 const std::vector<RecordSetChange>& changes,
                                                 store::Transaction& transaction) {
  const std::string& zone_id = zone.value.id;
  const RecordSets before = TRY(record_sets_at(store_, zone_id, names_needed(changes)));
  TRY(check_health_checks(store_, zone.value.account, changes));
  CidrUse cidr_use = TRY(CidrUse::read(store_, zone.value.account, changes));
  RecordSets service_targets;
  for (const ServiceTarget& target : service_targets_needed(changes))
    service_targets.merge(TRY(record_sets_at(store_, target.zone_id, {target.name})));
  BatchOutcome outcome = apply_changes(zone.value, changes, before, cidr_use.collections(), service_targets);
  // Unsigned arithmetic wraps and comes out right.
  zone.value.record_set_count += outcome.record_sets.size() - before.size();
  bool grows = outcome.record_sets.size() > before.size();
  if (outcome.problems.empty() && grows && zone.value.record_set_count > quotas_.record_sets_max)
    outcome.problems.push_back(
        fmt::format("Number of records limit of {} exceeded.", quotas_.record_sets_max));
  outcome.problem_changes.resize(outcome.problems.size(), changes.size());
  if (!outcome.problems.empty())
    return BatchProblems{std::move(outcome.problems), std::move(outcome.problem_changes)};

  transaction.preconditions.push_back({zone_key(zone_id), zone.modified});
  transaction.puts.push_back({zone_key(zone_id), encode(zone.value)});
  for (const std::string& key : outcome.puts)
    transaction.puts.push_back({key, encode(outcome.record_sets.at(key))});
  std::ranges::copy(outcome.deletes, std::back_inserter(transaction.deletes));
  cidr_use.index(zone_id, before, outcome, transaction);
  // One TTL for whole groups may write many more record sets than the batch names.
  if (transaction.puts.size() + transaction.deletes.size() > kBatchWritesMax)
    return BatchProblems{{fmt::format("Number of records limit of {} exceeded.", kBatchWritesMax)},
                         {changes.size()}};
  return BatchProblems{};
}

aws::Outcome<api::ChangeResourceRecordSetsResponse> Route53::ChangeResourceRecordSets(
    aws::Call& call, const api::ChangeResourceRecordSetsRequest& input) {
  const std::vector<api::Change>& given = input.ChangeBatch.Changes;
  TRY(check_size(given));
  for (const api::Change& change : given) TRY(check_shape(change));
  std::string zone_id = TRY(zone(call, input.HostedZoneId)).value.id;
  for (const api::Change& change : given)
    if (change.ResourceRecordSet.TrafficPolicyInstanceId && change.Action != "DELETE")
      return api::errors::InvalidInput(
          "TrafficPolicyInstanceId can only be given to delete: CreateTrafficPolicyInstance makes such "
          "record sets.");
  std::vector<RecordSetChange> changes;
  for (const api::Change& change : given) changes.push_back(read_change(change));

  api::ChangeResourceRecordSetsResponse out;
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        // The zone first: whatever changes its record sets afterwards changes its key.
        StoredZone zone = TRY(this->zone(call, zone_id));
        store::Transaction transaction;
        BatchProblems problems = TRY(put_changes(zone, changes, transaction));
        call.refused_items = std::move(problems.changes);
        if (!problems.texts.empty()) return invalid_change_batch(std::move(problems.texts));
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
