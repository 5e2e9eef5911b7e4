#include "apps/control/acme/hosted_zone_challenges.h"

#include <fmt/format.h>

#include <algorithm>

namespace meridian::apps::acme {
namespace {

namespace r53 = gen::route53;
namespace route53 = services::route53;

std::string quoted(const std::string& value) {
  return "\"" + value + "\"";
}

std::unexpected<Error> refused(const aws::ServiceError& error) {
  return fail(ErrorCode::Unavailable, fmt::format("{}: {}", error.code, error.message));
}

}  // namespace

aws::Call HostedZoneChallenges::call_for(const Zone& zone) const {
  aws::Call call;
  call.account_id = zone.account;
  call.time = clock_.now();
  return call;
}

// Of zones with one name the one that answers: whose key was created first.
Result<HostedZoneChallenges::Zone> HostedZoneChallenges::zone_of(const dns::Name& name) {
  std::optional<Zone> best;
  store::Revision made = 0;
  const store::Range all = TRY(store_.range(route53::kZonesPrefix));
  for (const store::KeyValue& item : all.items) {
    Zone zone = TRY(route53::decode_hosted_zone(item.value));
    if (!name.is_under(zone.name)) continue;
    const std::size_t labels = zone.name.label_count(), most = best ? best->name.label_count() : 0;
    if (best && (labels < most || (labels == most && item.created > made))) continue;
    best = std::move(zone);
    made = item.created;
  }
  if (best) return *std::move(best);
  return fail(ErrorCode::NotFound,
              name.to_string() + " is in no hosted zone of this server, so that nothing proves its domain");
}

Result<HostedZoneChallenges::TxtSet> HostedZoneChallenges::set_at(const Zone& zone, const dns::Name& name) {
  TxtSet set;
  const auto stored = TRY(store_.get(route53::record_set_key(zone.id, {name.lower(), dns::Type::TXT, ""})));
  if (!stored) return set;
  const auto resource = TRY(route53::decode_record_set(stored->value));
  set.ttl = resource.ttl;
  for (const auto& record : resource.records) set.values.push_back(record.text);
  return set;
}

Result<std::string> HostedZoneChallenges::change(const Zone& zone, const std::string& name,
                                                 const char* action, TxtSet set) {
  r53::ChangeResourceRecordSetsRequest input;
  input.HostedZoneId = zone.id;
  input.ChangeBatch.Comment = "Proof of the domain for a certificate of ACM";
  auto& made = input.ChangeBatch.Changes.emplace_back();
  made.Action = action;
  made.ResourceRecordSet.Name = name;
  made.ResourceRecordSet.Type = "TXT";
  made.ResourceRecordSet.TTL = set.ttl;
  auto& records = made.ResourceRecordSet.ResourceRecords.emplace();
  for (std::string& value : set.values) records.push_back({.Value = std::move(value)});
  aws::Call call = call_for(zone);
  auto changed = route53_.ChangeResourceRecordSets(call, input);
  if (!changed) return refused(changed.error());
  return changed->ChangeInfo.Id;
}

Result<bool> HostedZoneChallenges::put(const TxtRecord& record) {
  auto pending = pending_.find(record.value);
  if (pending == pending_.end()) {
    const dns::Name name = TRY(dns::Name::parse(record.name));
    const Zone zone = TRY(zone_of(name));
    TxtSet set = TRY(set_at(zone, name));
    if (std::ranges::find(set.values, quoted(record.value)) == set.values.end())
      set.values.push_back(quoted(record.value));
    std::string id = TRY(change(zone, record.name, "UPSERT", std::move(set)));
    if (pending_.size() >= kPendingMax) pending_.clear();  // they are put again
    pending = pending_.emplace(record.value, std::pair(zone, std::move(id))).first;
  }
  const auto& [zone, id] = pending->second;
  aws::Call call = call_for(zone);
  const auto state = route53_.GetChange(call, {.Id = id});
  if (!state) return refused(state.error());
  return state->ChangeInfo.Status == "INSYNC";
}

Result<void> HostedZoneChallenges::remove(const TxtRecord& record) {
  pending_.erase(record.value);
  const dns::Name name = TRY(dns::Name::parse(record.name));
  const auto zone = zone_of(name);
  if (!zone && zone.error().code == ErrorCode::NotFound) return {};
  if (!zone) return std::unexpected(zone.error());
  TxtSet set = TRY(set_at(*zone, name));
  if (std::erase(set.values, quoted(record.value)) == 0) return {};
  const bool was_last = set.values.empty();
  if (was_last) set.values.push_back(quoted(record.value));  // a DELETE names what is there
  TRY(change(*zone, record.name, was_last ? "DELETE" : "UPSERT", std::move(set)));
  return {};
}

}  // namespace meridian::apps::acme
