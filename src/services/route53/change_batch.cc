#include "services/route53/change_batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>

namespace meridian::services::route53 {
namespace {

using dns::Type;

std::string described(const RecordSetId& id) {
  std::string text = fmt::format("[name='{}', type='{}'", aws_name(id.name), dns::to_string(id.type));
  if (!id.set_identifier.empty()) text += fmt::format(", set-identifier='{}'", id.set_identifier);
  return text + ']';
}

std::vector<std::string> sorted_rdata(const RecordSetResource& set) {
  std::vector<std::string> all;
  for (const ResourceRecord& record : set.records) all.push_back(record.rdata);
  std::ranges::sort(all);
  return all;
}

bool same_alias(const std::optional<AliasTarget>& a, const std::optional<AliasTarget>& b) {
  if (!a || !b) return !a && !b;
  return a->hosted_zone_id == b->hosted_zone_id && a->dns_name == b->dns_name &&
         a->evaluate_target_health == b->evaluate_target_health;
}

// A deletion names everything that is there; only the values may come in any order.
bool same_values(const RecordSetResource& a, const RecordSetResource& b) {
  if (a.traffic_policy_instance_id != b.traffic_policy_instance_id) return false;
  if (!a.traffic_policy_instance_id.empty()) return true;  // callers are not shown more of it
  return same_alias(a.alias, b.alias) && (a.alias || a.ttl == b.ttl) && same_routing(a, b) &&
         sorted_rdata(a) == sorted_rdata(b);
}

// What AWS would resolve itself and this version does not: zones of its other services, and names inside its
// domains.
bool is_absent_resource(const AliasTarget& target) {
  static constexpr std::string_view kDomains[] = {".elb.amazonaws.com.", ".awsglobalaccelerator.com.",
                                                  ".elasticbeanstalk.com.", ".execute-api.amazonaws.com.",
                                                  ".vpce.amazonaws.com."};
  if (target.hosted_zone_id == "Z2BJ6XQ5FK7U4H") return true;  // Global Accelerator's
  if (find_service_zone(target.hosted_zone_id)) return false;
  std::string name = aws_name(target.dns_name);
  return std::ranges::any_of(kDomains, [&](std::string_view domain) { return name.ends_with(domain); });
}

class Batch {
 public:
  Batch(const HostedZoneResource& zone, const std::vector<RecordSetChange>& changes, RecordSets existing,
        const CidrCollections& collections, const RecordSets& service_targets)
      : zone_(zone),
        zone_name_(aws_name(zone.name)),
        changes_(changes),
        collections_(collections),
        service_targets_(service_targets),
        before_(existing),
        after_(std::move(existing)) {}

  BatchOutcome run() {
    find_repeats();
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      problems_ = &by_change_.emplace_back(changes_[i].problems);
      if (!problems_->empty()) continue;
      if (repeats_.contains(i)) {
        const RecordSetId& id = changes_[i].record_set.id;
        refuse("The request contains an invalid set of changes for a resource record set '{} {}'",
               dns::to_string(id.type), aws_name(id.name));
      }
      check_alone(changes_[i]);
      if (problems_->empty()) apply(changes_[i]);
    }
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      problems_ = &by_change_[i];
      if (problems_->empty() && changes_[i].action != Action::Delete) check_together(changes_[i].record_set);
    }
    share_ttls();
    problems_ = &by_change_.emplace_back();
    check_apex();
    return outcome();
  }

 private:
  template <typename... Args>
  void refuse(fmt::format_string<Args...> text, Args&&... args) {
    problems_->push_back(fmt::format(text, std::forward<Args>(args)...));
  }
  std::string key(const RecordSetId& id) const { return record_set_key(zone_.id, id); }

  // The one pair allowed for a record set is a deletion and then a creation: that is how clients older than
  // UPSERT replace one.
  void find_repeats() {
    std::map<std::string, std::vector<std::size_t>> places;
    for (std::size_t i = 0; i < changes_.size(); ++i)
      if (changes_[i].problems.empty()) places[key(changes_[i].record_set.id)].push_back(i);
    for (const auto& [_, at] : places) {
      bool replaces = at.size() == 2 && changes_[at[0]].action == Action::Delete &&
                      changes_[at[1]].action != Action::Delete;
      if (at.size() > 1 && !replaces) repeats_.insert(at[1]);
    }
  }

  // What can be said without the other record sets.
  void check_alone(const RecordSetChange& change) {
    const RecordSetResource& set = change.record_set;
    std::string name = aws_name(set.id.name), type = dns::to_string(set.id.type);
    if (!set.id.name.is_under(zone_.name))
      return refuse("RRSet with DNS name {} is not permitted in zone {}", name, zone_name_);
    if (change.action == Action::Delete) return;
    std::ranges::move(policy_problems(set, collections_), std::back_inserter(*problems_));
    if (set.id.type == Type::SOA && set.id.name != zone_.name)
      refuse("RRSet of type SOA with DNS name {} is only permitted at apex in zone {}", name, zone_name_);
    if (set.id.type == Type::NS && set.id.name.is_wildcard())
      refuse("RRSet of type NS with DNS name {} is not permitted because the name is a wildcard", name);
    if (set.alias) {
      check_alias_alone(set, name, type);
    } else {
      check_records(set, name, type);
    }
  }

  void check_records(const RecordSetResource& set, std::string_view name, std::string_view type) {
    if (set.records.size() > kRecordsPerSetMax)
      refuse("Cannot have more than {} records in a RRSet.", kRecordsPerSetMax);
    if (set.records.size() > 1 && (set.id.type == Type::CNAME || set.id.type == Type::SOA))
      refuse("RRSet of type {} with DNS name {} is not permitted to have more than one record", type, name);
    std::set<std::string_view> seen;
    for (const ResourceRecord& record : set.records)
      if (!seen.insert(record.rdata).second) refuse("Duplicate Resource Record: '{}'", record.text);
  }

  void check_alias_alone(const RecordSetResource& set, std::string_view name, std::string_view type) {
    if (set.id.type == Type::NS || set.id.type == Type::SOA)
      refuse("RRSet of type {} with DNS name {} is not permitted to be an alias", type, name);
    if (set.alias->hosted_zone_id != zone_.id && is_absent_resource(*set.alias)) {
      refuse(
          "Tried to create an alias that targets {}, type {} in zone {}, but aliases to such AWS resources "
          "are not available in this version",
          aws_name(set.alias->dns_name), type, set.alias->hosted_zone_id);
    }
    // AliasTarget's page: of CloudFront distributions it must be false.
    if (set.alias->hosted_zone_id == kCloudFrontZone && set.alias->evaluate_target_health)
      refuse("EvaluateTargetHealth must be false for an alias to a CloudFront distribution: {} {}", name,
             type);
  }

  void apply(const RecordSetChange& change) {
    const RecordSetResource& set = change.record_set;
    std::string at = key(set.id);
    auto found = after_.find(at);
    switch (change.action) {
      case Action::Create:
        if (found != after_.end())
          return refuse("Tried to create resource record set {} but it already exists", described(set.id));
        after_.emplace(at, set);
        break;
      case Action::Upsert:
        if (found != after_.end() &&
            found->second.traffic_policy_instance_id != set.traffic_policy_instance_id)
          return refuse("Tried to change resource record set {} but {}", described(set.id),
                        set.traffic_policy_instance_id.empty() ? "a traffic policy instance made it"
                                                               : "no traffic policy instance made it");
        after_.insert_or_assign(at, set);
        break;
      case Action::Delete:
        if (found == after_.end())
          return refuse("Tried to delete resource record set {} but it was not found", described(set.id));
        if (!same_values(found->second, set)) {
          return refuse(
              "Tried to delete resource record set {} but the values provided do not match the current "
              "values",
              described(set.id));
        }
        after_.erase(found);
        break;
    }
    touched_.insert(std::move(at));
  }

  // Every record set of a name and type.
  std::vector<RecordSetResource*> group(const RecordSetId& id) {
    std::vector<RecordSetResource*> sets;
    std::string prefix = key({id.name, id.type, {}});
    for (auto at = after_.lower_bound(prefix); at != after_.end() && at->first.starts_with(prefix); ++at)
      sets.push_back(&at->second);
    return sets;
  }

  // In the order of the changes, so that the last one decides.
  void share_ttls() {
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      const RecordSetResource& set = changes_[i].record_set;
      bool written = changes_[i].action != Action::Delete && by_change_[i].empty();
      if (!written || set.alias || !shares_ttl(policy_kind(set))) continue;
      for (RecordSetResource* other : group(set.id)) {
        if (other->alias || other->ttl == set.ttl) continue;
        other->ttl = set.ttl;
        touched_.insert(key(other->id));
      }
    }
  }

  bool holds(const dns::Name& name, auto&& predicate) const {
    return holds(after_, zone_.id, name, predicate);
  }
  static bool holds(const RecordSets& sets, std::string_view zone_id, const dns::Name& name,
                    auto&& predicate) {
    std::string prefix = record_sets_prefix(zone_id, name);
    for (auto at = sets.lower_bound(prefix); at != sets.end() && at->first.starts_with(prefix); ++at)
      if (predicate(at->second)) return true;
    return false;
  }

  // What the zone as it would be says about a record set of the batch.
  void check_together(const RecordSetResource& set) {
    std::string name = aws_name(set.id.name), type = dns::to_string(set.id.type);
    auto is_cname = [](const RecordSetResource& other) { return other.id.type == Type::CNAME; };
    if (set.id.type == Type::CNAME) {
      if (set.id.name == zone_.name)
        return refuse("RRSet of type CNAME with DNS name {} is not permitted at apex in zone {}", name,
                      zone_name_);
      if (holds(set.id.name, [&](const RecordSetResource& other) { return !is_cname(other); })) {
        refuse(
            "RRSet of type CNAME with DNS name {} is not permitted as it conflicts with other records with "
            "the same "
            "DNS name in zone {}",
            name, zone_name_);
      }
    } else if (holds(set.id.name, is_cname) && set.id.name != zone_.name) {
      // The two spaces are AWS's.
      refuse(
          "RRSet of type {} with DNS name {} is not permitted because a conflicting RRSet of type  CNAME "
          "with the "
          "same DNS name already exists in zone {}",
          type, name, zone_name_);
    }
    std::vector<RecordSetResource*> all = group(set.id);
    std::ranges::move(group_problems(set, {all.data(), all.size()}), std::back_inserter(*problems_));
    if (set.alias && !set.alias->hidden) check_alias_target(set, type);
  }

  void check_alias_target(const RecordSetResource& set, std::string_view type) {
    const AliasTarget& alias = *set.alias;
    std::string target = fmt::format("Tried to create an alias that targets {}, type {} in zone {}, but ",
                                     aws_name(alias.dns_name), type, alias.hosted_zone_id);
    const ServiceZone* service = find_service_zone(alias.hosted_zone_id);
    const bool own = alias.hosted_zone_id == zone_.id;
    const dns::Name apex = service ? dns::Name::parse(service->apex).value_or(zone_.name) : zone_.name;
    bool inside = (own || service) && alias.dns_name.is_under(apex);
    if (!inside) refuse("{}the alias target name does not lie within the target zone", target);
    auto is_target = [&](const RecordSetResource& other) {
      return other.id.type == set.id.type && other.id.name != set.id.name;
    };
    if (!inside || !holds(own ? after_ : service_targets_, alias.hosted_zone_id, alias.dns_name, is_target))
      refuse("{}that target was not found", target);
  }

  void check_apex() {
    auto lost = [&](Type type) {
      std::string at = key({zone_.name, type, {}});
      return touched_.contains(at) && !after_.contains(at);
    };
    if (lost(Type::NS)) refuse("A HostedZone must contain at least one NS record for the zone itself.");
    if (lost(Type::SOA)) refuse("A HostedZone must contain exactly one SOA record.");
  }

  BatchOutcome outcome() {
    BatchOutcome out;
    for (std::size_t i = 0; i < by_change_.size(); ++i) {
      out.problem_changes.insert(out.problem_changes.end(), by_change_[i].size(), i);
      std::ranges::move(by_change_[i], std::back_inserter(out.problems));
    }
    for (const std::string& at : touched_) {
      if (after_.contains(at)) {
        out.puts.push_back(at);
      } else if (before_.contains(at)) {
        out.deletes.push_back(at);
      }
    }
    out.record_sets = std::move(after_);
    return out;
  }

  const HostedZoneResource& zone_;
  std::string zone_name_;
  const std::vector<RecordSetChange>& changes_;
  const CidrCollections& collections_;
  const RecordSets& service_targets_;
  const RecordSets before_;
  RecordSets after_;
  std::set<std::string> touched_;
  std::set<std::size_t> repeats_;  // changes of a record set that the batch changed before
  std::deque<std::vector<std::string>> by_change_;
  std::vector<std::string>* problems_ = nullptr;  // of the change being looked at
};

}  // namespace

std::vector<dns::Name> names_needed(const std::vector<RecordSetChange>& changes) {
  std::vector<dns::Name> names;
  for (const RecordSetChange& change : changes) {
    if (!change.problems.empty()) continue;
    names.push_back(change.record_set.id.name);
    if (change.record_set.alias) names.push_back(change.record_set.alias->dns_name);
  }
  std::ranges::sort(names);
  auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

std::vector<ServiceTarget> service_targets_needed(const std::vector<RecordSetChange>& changes) {
  std::vector<ServiceTarget> out;
  for (const RecordSetChange& change : changes) {
    const auto& alias = change.record_set.alias;
    if (change.problems.empty() && alias && find_service_zone(alias->hosted_zone_id))
      out.push_back({alias->hosted_zone_id, alias->dns_name});
  }
  return out;
}

BatchOutcome apply_changes(const HostedZoneResource& zone, const std::vector<RecordSetChange>& changes,
                           RecordSets existing, const CidrCollections& collections,
                           const RecordSets& service_targets) {
  return Batch(zone, changes, std::move(existing), collections, service_targets).run();
}

}  // namespace meridian::services::route53
