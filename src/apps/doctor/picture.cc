#include "apps/doctor/picture.h"

#include <algorithm>

#include "formats/dns/rdata.h"
#include "services/route53/traffic_policy_document.h"
#include "services/route53/validate.h"

namespace meridian::apps::doctor {
namespace {

using dns::Name;
using dns::Type;

constexpr int kAliasesMax = 16;  // that a query follows
constexpr std::string_view kEndpointTypes[] = {"HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"};

}  // namespace

std::string_view to_string(Policy policy) {
  constexpr std::string_view kNames[] = {"simple",      "weighted",     "latency",    "failover",
                                         "geolocation", "geoproximity", "multivalue", "IP-based"};
  return kNames[static_cast<std::size_t>(policy)];
}

Policy policy_of(const r53::ResourceRecordSet& set) {
  if (set.Weight) return Policy::Weighted;
  if (set.Region) return Policy::Latency;
  if (set.Failover) return Policy::Failover;
  if (set.GeoLocation) return Policy::Geolocation;
  if (set.GeoProximityLocation) return Policy::Geoproximity;
  if (set.MultiValueAnswer.value_or(false)) return Policy::Multivalue;
  if (set.CidrRoutingConfig) return Policy::IpBased;
  return Policy::Simple;
}

std::string shown_name(const Name& name) {
  std::string out = name.to_string();
  if (out.size() > 1) out.pop_back();
  return out;
}

std::optional<Name> parse_name(std::string_view text) {
  const auto name = Name::parse(text, Name(), dns::Escapes::Octal);
  return name ? std::optional(name->lower()) : std::nullopt;
}

std::optional<Name> target_in(Type type, std::string_view value) {
  const auto wire = dns::parse_rdata(type, value, Name(), dns::Escapes::Octal);
  if (!wire) return std::nullopt;
  const auto names = dns::names_in(type, *wire);
  if (names.empty()) return std::nullopt;
  const auto name = Name::from_wire(std::string_view(*wire).substr(names.front().offset, names.front().size));
  return name ? std::optional(name->lower()) : std::nullopt;
}

std::vector<std::string> RecordSet::values() const {
  std::vector<std::string> out;
  if (shown.ResourceRecords)
    for (const auto& record : *shown.ResourceRecords) out.push_back(record.Value);
  return out;
}

bool Check::is_endpoint() const {
  return std::ranges::find(kEndpointTypes, config.Type) != std::end(kEndpointTypes);
}

bool Found::has(Type type) const {
  return std::ranges::any_of(sets, [&](const RecordSet* set) { return set->type == type; });
}

Picture::Picture(Facts facts) : facts_(std::move(facts)) {
  zones_.reserve(facts_.zones.size());
  for (ZoneFacts& zone : facts_.zones) add_zone(zone);
  facts_.zones.clear();
  for (CheckFacts& read : facts_.checks)
    checks_.push_back({read.check.Id, std::move(read.check.HealthCheckConfig), read.healthy, read.override,
                       std::move(read.observations)});
  facts_.checks.clear();
  index();
  index_users();
}

void Picture::add_zone(ZoneFacts& facts) {
  const auto name = parse_name(facts.zone.Name);
  if (!name || (facts.zone.Config && facts.zone.Config->PrivateZone.value_or(false))) return;
  Zone& zone = zones_.emplace_back();
  zone.id = services::route53::bare_id(facts.zone.Id);
  zone.name = *name;
  zone.name_servers = std::move(facts.name_servers);
  zone.is_signed = facts.is_signed;
  zone.queries_logged = facts.queries_logged;
  zone.sets.reserve(facts.sets.size());
  for (r53::ResourceRecordSet& set : facts.sets) {
    const auto owner = parse_name(set.Name);
    const auto type = dns::parse_type(set.Type);
    const Policy policy = policy_of(set);
    if (owner && type) zone.sets.push_back({std::move(set), *owner, *type, policy, &zone});
  }
}

void Picture::index() {
  groups_at_.resize(zones_.size());
  for (std::size_t at = 0; at < zones_.size(); ++at) {
    Zone& zone = zones_[at];
    zone_ids_.emplace(zone.id, at);
    // Of several zones with one name, the fullest is likely the one that is used.
    const auto [named, is_first] = zone_names_.try_emplace(zone.name, at);
    if (!is_first && zone.sets.size() > zones_[named->second].sets.size()) named->second = at;
    for (const RecordSet& set : zone.sets) {
      auto& places = groups_at_[at][set.name];
      const auto same = std::ranges::find_if(
          places, [&](auto place) { return zone.groups[place].first().type == set.type; });
      if (same != places.end()) {
        zone.groups[*same].sets.push_back(&set);
      } else {
        places.push_back(zone.groups.size());
        zone.groups.push_back({{&set}});
      }
      // Names between this one and the apex exist, with or without records of their own (RFC 8020).
      for (Name up = set.name.parent(); up != zone.name && up.is_under(zone.name); up = up.parent())
        if (!groups_at_[at].try_emplace(up).second) break;
    }
  }
  for (std::size_t at = 0; at < checks_.size(); ++at) check_ids_.emplace(checks_[at].id, at);
}

void Picture::index_users() {
  for (const Zone& zone : zones_)
    for (const RecordSet& set : zone.sets)
      if (!set.check_id().empty()) users_[set.check_id()].sets.push_back(&set);
  for (const Check& check : checks_)
    if (check.config.ChildHealthChecks)
      for (const std::string& child : *check.config.ChildHealthChecks)
        users_[child].parents.push_back(&check);
  for (const r53::TrafficPolicyInstance& instance : facts_.instances)
    for (const TrafficPolicyFacts& policy : facts_.traffic_policies) {
      const auto version = policy.documents.find(instance.TrafficPolicyVersion);
      if (policy.id != instance.TrafficPolicyId || version == policy.documents.end()) continue;
      const auto document = services::route53::parse_traffic_policy_document(version->second);
      if (!document) continue;
      for (const auto& rule : document->rules)
        for (const auto& item : rule.items)
          if (!item.health_check_id.empty()) users_[item.health_check_id].instances.push_back(&instance);
    }
}

const Check* Picture::check(std::string_view id) const {
  const auto found = check_ids_.find(id);
  return found == check_ids_.end() ? nullptr : &checks_[found->second];
}

const CheckUsers& Picture::users_of(std::string_view check_id) const {
  static const CheckUsers kNobody;
  const auto found = users_.find(check_id);
  return found == users_.end() ? kNobody : found->second;
}

const Zone* Picture::zone(std::string_view id) const {
  const auto found = zone_ids_.find(services::route53::bare_id(id));
  return found == zone_ids_.end() ? nullptr : &zones_[found->second];
}

const Zone* Picture::zone_of(const Name& name) const {
  for (Name up = name; !up.is_root(); up = up.parent())
    if (const auto found = zone_names_.find(up); found != zone_names_.end()) return &zones_[found->second];
  return nullptr;
}

const Group* Picture::group(const Zone& zone, const Name& name, Type type) const {
  const auto at = static_cast<std::size_t>(&zone - zones_.data());
  const auto places = groups_at_[at].find(name);
  if (places == groups_at_[at].end()) return nullptr;
  for (const std::size_t place : places->second)
    if (zone.groups[place].first().type == type) return &zone.groups[place];
  return nullptr;
}

std::vector<const RecordSet*> Picture::sets_at(const Zone& zone, const Name& name) const {
  const auto at = static_cast<std::size_t>(&zone - zones_.data());
  std::vector<const RecordSet*> out;
  if (const auto places = groups_at_[at].find(name); places != groups_at_[at].end())
    for (const std::size_t place : places->second)
      out.insert(out.end(), zone.groups[place].sets.begin(), zone.groups[place].sets.end());
  return out;
}

bool Picture::exists(const Zone& zone, const Name& name) const {
  return groups_at_[static_cast<std::size_t>(&zone - zones_.data())].contains(name);
}

Found Picture::look_up(const Name& name) const {
  const Zone* zone = zone_of(name);
  if (!zone) return {};
  // Behind a delegation that leads to no zone of ours, nothing is known.
  for (Name up = name; up != zone->name; up = up.parent())
    if (group(*zone, up, Type::NS)) return {};
  if (exists(*zone, name)) return {Found::What::Exists, sets_at(*zone, name)};
  Name encloser = name.parent();
  while (encloser != zone->name && !exists(*zone, encloser)) encloser = encloser.parent();
  const auto wildcard = encloser.prepend("*");
  if (!wildcard || !exists(*zone, *wildcard)) return {Found::What::Missing, {}};
  return {Found::What::Exists, sets_at(*zone, *wildcard)};
}

const Group* Picture::alias_target(const RecordSet& set) const {
  if (!set.is_alias()) return nullptr;
  if (services::route53::bare_id(set.shown.AliasTarget->HostedZoneId) != set.zone->id) return nullptr;
  const auto name = parse_name(set.shown.AliasTarget->DNSName);
  return name ? group(*set.zone, *name, set.type) : nullptr;
}

bool Picture::can_fail(const RecordSet& set, int depth) const {
  if (!set.check_id().empty()) return true;
  if (!set.evaluates() || depth > kAliasesMax) return false;
  const Group* target = alias_target(set);
  return target && std::ranges::any_of(target->sets,
                                       [&](const RecordSet* below) { return can_fail(*below, depth + 1); });
}

bool Picture::can_fail(const Group& group) const {
  return std::ranges::any_of(group.sets, [&](const RecordSet* set) { return can_fail(*set); });
}

std::optional<bool> Picture::healthy(const RecordSet& set, int depth) const {
  if (!set.check_id().empty()) {
    const Check* own = check(set.check_id());
    if (own && !own->healthy) return std::nullopt;
    if (own && !*own->healthy) return false;  // a deleted check counts as healthy
  }
  const Group* target = set.evaluates() && depth <= kAliasesMax ? alias_target(set) : nullptr;
  if (!target) return true;
  bool any = false;
  for (const RecordSet* below : target->sets) {
    const auto state = healthy(*below, depth + 1);
    if (!state) return std::nullopt;
    any = any || *state;
  }
  return any;
}

std::optional<std::uint32_t> Picture::detection_seconds(std::string_view check_id) const {
  const Check* found = check(check_id);
  if (!found) return std::nullopt;
  if (found->is_endpoint())
    return static_cast<std::uint32_t>(found->config.RequestInterval.value_or(30) *
                                      found->config.FailureThreshold.value_or(3));
  if (!found->is_calculated() || !found->config.ChildHealthChecks) return std::nullopt;
  std::optional<std::uint32_t> longest;
  for (const std::string& child : *found->config.ChildHealthChecks) {
    const Check* below = check(child);  // calculated checks have no calculated children
    if (below && below->is_endpoint()) longest = std::max(longest.value_or(0), *detection_seconds(child));
  }
  return longest;
}

std::optional<std::int64_t> Picture::ttl(const RecordSet& set, int depth) const {
  if (!set.is_alias()) return set.shown.TTL;
  const Group* target = depth <= kAliasesMax ? alias_target(set) : nullptr;
  std::optional<std::int64_t> longest;
  if (target)
    for (const RecordSet* below : target->sets)
      if (const auto each = ttl(*below, depth + 1)) longest = std::max(longest.value_or(0), *each);
  return longest;
}

}  // namespace meridian::apps::doctor
