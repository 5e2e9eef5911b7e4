// Records that lead nowhere, or elsewhere than it seems.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "apps/doctor/fixes.h"
#include "apps/doctor/route53_rules.h"

namespace meridian::apps::doctor {
namespace {

using dns::Name;
using dns::Type;

constexpr std::size_t kChainMax = 2;  // CNAMEs in a row that need no remark
constexpr std::size_t kChainLookedAtMax = 16;
constexpr std::size_t kNamedMax = 5;
// The names of AWS's own endpoints for which an alias can stand.
constexpr std::string_view kAliasTargets[] = {".cloudfront.net.", ".elb.amazonaws.com.",
                                              ".awsglobalaccelerator.com."};

// The values of a record set that lead to names which our own zones say are not there.
std::vector<std::string> missing_targets(const Picture& picture, const RecordSet& set) {
  std::vector<std::string> out;
  for (const std::string& value : set.values()) {
    const auto target = target_in(set.type, value);
    if (!target || target->is_root()) continue;  // "." is a service that is not there, on purpose
    const Found found = picture.look_up(*target);
    const bool addresses = found.has(Type::A) || found.has(Type::AAAA) || found.has(Type::CNAME);
    const bool enough = set.type == Type::CNAME ? !found.sets.empty() : addresses;
    if (found.what == Found::What::Missing || (found.what == Found::What::Exists && !enough))
      out.push_back(value);
  }
  return out;
}

// The values of record sets of a type that lead nowhere, and the change that takes them out.
Findings targets_missing(const Picture& picture, Type type, std::string_view consequence) {
  Findings out;
  for (const Zone& zone : picture.zones())
    for (const RecordSet& set : zone.sets) {
      if (set.type != type || set.is_alias() || (type == Type::NS && set.name == zone.name)) continue;
      const auto missing = missing_targets(picture, set);
      if (missing.empty()) continue;
      std::vector<std::string> names;
      for (const std::string& value : missing) names.push_back(shown_name(*target_in(type, value)));
      Fix fix{"Make the name, or take the record away:", {}};
      if (missing.size() == set.values().size()) {
        fix.commands = {remove(set)};
      } else {
        fix.commands = {put_changed(set, [&](r53::ResourceRecordSet& changed) {
          std::erase_if(*changed.ResourceRecords, [&](const r53::ResourceRecord& record) {
            return std::ranges::find(missing, record.Value) != missing.end();
          });
        })};
      }
      out.push_back(
          {of(set),
           fmt::format("{} {}: {}", fmt::join(names, ", "),
                       names.size() == 1 ? "has no address here" : "have no addresses here", consequence),
           std::move(fix)});
    }
  return out;
}

// The names that a CNAME leads to, one after the other, within our zones; a loop ends with a name seen
// before.
std::vector<Name> chain_of(const Picture& picture, const RecordSet& first) {
  std::vector<Name> out{first.name};
  const RecordSet* at = &first;
  while (out.size() <= kChainLookedAtMax) {
    const auto values = at->values();
    const auto target = values.empty() ? std::nullopt : target_in(Type::CNAME, values.front());
    if (!target) return out;
    const bool again = std::ranges::find(out, *target) != out.end();
    out.push_back(*target);
    if (again) return out;
    const Found found = picture.look_up(*target);
    const auto next = std::ranges::find(found.sets, Type::CNAME, &RecordSet::type);
    if (next == found.sets.end() || (*next)->is_alias() || (*next)->policy != Policy::Simple) return out;
    at = *next;
  }
  return out;
}

bool loops(const std::vector<Name>& chain) {
  return std::ranges::find(chain.begin(), chain.end() - 1, chain.back()) != chain.end() - 1;
}

template <typename Look>
Findings for_each_cname(const Picture& picture, const Look& look) {
  Findings out;
  for (const Zone& zone : picture.zones())
    for (const RecordSet& set : zone.sets)
      if (set.type == Type::CNAME && !set.is_alias() && !set.values().empty()) look(zone, set, out);
  return out;
}

r53::ResourceRecordSet alias_to(const RecordSet& from, const Name& target, Type type, bool evaluate) {
  r53::ResourceRecordSet alias = from.shown;
  alias.Type = dns::to_string(type);
  alias.TTL.reset();
  alias.ResourceRecords.reset();
  alias.AliasTarget = r53::AliasTarget{.HostedZoneId = from.zone->id,
                                       .DNSName = target.to_string(dns::Escapes::Octal),
                                       .EvaluateTargetHealth = evaluate};
  return alias;
}

}  // namespace

Findings cname_at_apex(const Picture& picture) {
  return for_each_cname(picture, [&](const Zone& zone, const RecordSet& set, Findings& out) {
    if (set.name != zone.name) return;
    out.push_back({of(set),
                   "A CNAME may not stand beside other records, and the apex has SOA and NS: resolvers take "
                   "either for the whole name.",
                   {"An alias does what is wanted here; create it in its place.", {remove(set)}}});
  });
}

Findings apex_without_address(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones()) {
    const auto www = zone.name.prepend("www");
    if (!www || picture.group(zone, zone.name, Type::A) || picture.group(zone, zone.name, Type::AAAA))
      continue;
    const auto at_www = picture.sets_at(zone, *www);
    if (at_www.empty()) continue;
    Fix fix{"A CNAME cannot stand at the apex; an alias to a record set of this zone can.", {}};
    ChangeBatch batch(zone);
    for (const Type type : {Type::A, Type::AAAA}) {
      const Group* group = picture.group(zone, *www, type);
      if (!group) continue;
      RecordSet apex = group->first();
      r53::ResourceRecordSet plain;
      plain.Name = zone.name.to_string(dns::Escapes::Octal);
      apex.shown = std::move(plain);
      batch.create(alias_to(apex, *www, type, picture.can_fail(*group)));
      fix.words = "Let an alias lead the bare name to www:";
      fix.commands = {batch.command()};
    }
    out.push_back({of(zone),
                   fmt::format("{} answers and {} does not: who leaves out the www finds nothing.",
                               shown_name(*www), shown_name(zone.name)),
                   std::move(fix)});
  }
  return out;
}

Findings alias_dangling(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones())
    for (const RecordSet& set : zone.sets) {
      if (!set.is_alias() || picture.alias_target(set)) continue;
      const r53::AliasTarget& target = *set.shown.AliasTarget;
      const Zone* leads_to = picture.zone(target.HostedZoneId);
      if (!leads_to) continue;  // of an AWS resource nothing is known here
      const auto name = parse_name(target.DNSName);
      if (leads_to != &zone && name && picture.group(*leads_to, *name, set.type)) continue;
      out.push_back({of(set),
                     fmt::format("Its target {} has no record set of type {}: the answer is empty.",
                                 name ? shown_name(*name) : target.DNSName, set.shown.Type),
                     {"Make the target, or take the alias away:", {remove(set)}}});
    }
  return out;
}

Findings cname_target_missing(const Picture& picture) {
  return targets_missing(picture, Type::CNAME, "whoever follows the CNAME finds nothing.");
}
Findings mx_target_missing(const Picture& picture) {
  return targets_missing(picture, Type::MX, "mail is kept back there, or lost.");
}
Findings ns_target_missing(const Picture& picture) {
  return targets_missing(picture, Type::NS, "the delegation leads to a server that nobody finds.");
}
Findings srv_target_missing(const Picture& picture) {
  return targets_missing(picture, Type::SRV, "clients of the service find no host.");
}

Findings cname_loop(const Picture& picture) {
  return for_each_cname(picture, [&](const Zone&, const RecordSet& set, Findings& out) {
    const auto chain = chain_of(picture, set);
    if (!loops(chain) || chain.back() != set.name) return;
    out.push_back({of(set),
                   "It leads back to itself: no resolver answers it.",
                   {"Point it at a name with an address, or take it away:", {remove(set)}}});
  });
}

Findings cname_chain(const Picture& picture) {
  return for_each_cname(picture, [&](const Zone&, const RecordSet& set, Findings& out) {
    const auto chain = chain_of(picture, set);
    if (chain.size() <= kChainMax + 1 || loops(chain)) return;
    std::vector<std::string> names;
    for (const Name& name : chain) names.push_back(shown_name(name));
    out.push_back({of(set),
                   fmt::format("{} CNAMEs in a row, each with a TTL and perhaps a lookup of its own: {}.",
                               chain.size() - 1, fmt::join(names, " > ")),
                   {"Lead straight to the end:", {put_changed(set, [&](r53::ResourceRecordSet& changed) {
                      changed.ResourceRecords = {{chain.back().to_string(dns::Escapes::Octal)}};
                    })}}});
  });
}

Findings cname_instead_of_alias(const Picture& picture) {
  return for_each_cname(picture, [&](const Zone& zone, const RecordSet& set, Findings& out) {
    const auto target = target_in(Type::CNAME, set.values().front());
    if (!target || set.policy != Policy::Simple) return;
    const std::string text = target->to_string();
    if (std::ranges::any_of(kAliasTargets, [&](std::string_view end) { return text.ends_with(end); })) {
      out.push_back(
          {of(set),
           fmt::format("{} is AWS's own: an alias to it is free, saves a lookup and knows its health. "
                       "AWS only: this server has no aliases to AWS resources.",
                       text),
           {"On AWS, replace it by an alias.", {}}});
      return;
    }
    if (!target->is_under(zone.name) || *target == set.name) return;
    ChangeBatch batch(zone);
    batch.remove(set);
    bool any = false;
    for (const Type type : {Type::A, Type::AAAA})
      if (const Group* group = picture.group(zone, *target, type)) {
        r53::ResourceRecordSet alias = alias_to(set, *target, type, picture.can_fail(*group));
        batch.create(std::move(alias));
        any = true;
      }
    if (!any) return;
    out.push_back(
        {of(set),
         fmt::format("An alias to {} would answer at once, follow its health and cost nothing on AWS.",
                     shown_name(*target)),
         {"Put aliases in its place (they answer for addresses only):", {batch.command()}}});
  });
}

Findings wildcard_hidden(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones())
    for (const Group& wildcard : zone.groups) {
      const Type type = wildcard.first().type;
      if (!wildcard.first().name.is_wildcard() || (!wildcard.first().is_address() && type != Type::CNAME))
        continue;
      const Name parent = wildcard.first().name.parent();
      std::set<Name> hidden;
      for (const Group& other : zone.groups) {
        const Name& name = other.first().name;
        if (!name.is_under(parent) || name == parent || name.is_wildcard()) continue;
        // The name right below the wildcard's parent is the one that hides it, if need be without records.
        const Name closest = name.suffix(parent.label_count() + 1);
        if (closest.is_wildcard() || closest.first_label().starts_with('_')) continue;
        if (picture.group(zone, closest, Type::CNAME) || picture.group(zone, closest, Type::NS)) continue;
        const bool has = type == Type::CNAME ? picture.group(zone, closest, Type::A) ||
                                                   picture.group(zone, closest, Type::AAAA)
                                             : picture.group(zone, closest, type) != nullptr;
        if (!has) hidden.insert(closest);
      }
      if (hidden.empty()) continue;
      std::vector<std::string> names;
      ChangeBatch batch(zone);
      for (const Name& name : hidden) {
        names.push_back(shown_name(name));
        r53::ResourceRecordSet here = wildcard.first().shown;
        if (wildcard.policy() != Policy::Simple)
          here = alias_to(wildcard.first(), wildcard.first().name, type, true);
        here.Name = name.to_string(dns::Escapes::Octal);
        here.SetIdentifier.reset();
        here.Weight.reset();
        here.Region.reset();
        here.Failover.reset();
        here.GeoLocation.reset();
        here.GeoProximityLocation.reset();
        here.CidrRoutingConfig.reset();
        here.MultiValueAnswer.reset();
        here.HealthCheckId.reset();
        batch.create(std::move(here));
      }
      const std::size_t more = names.size() > kNamedMax ? names.size() - kNamedMax : 0;
      names.resize(names.size() - more);
      Fix fix{"If they are to answer as the wildcard does, say so at each:", {}};
      // A CNAME could not stand beside what is there.
      if (type != Type::CNAME && hidden.size() <= kNamedMax) fix.commands = {batch.command()};
      out.push_back({of(wildcard),
                     fmt::format("{}{} {} records of other types, or names below, and so no answer from the "
                                 "wildcard.",
                                 fmt::join(names, ", "), more > 0 ? fmt::format(" and {} more", more) : "",
                                 names.size() + more == 1 ? "has" : "have"),
                     std::move(fix)});
    }
  return out;
}

}  // namespace meridian::apps::doctor
