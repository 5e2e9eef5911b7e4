// Routing policies that do not do what they are taken for.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "apps/doctor/budget.h"
#include "apps/doctor/fixes.h"
#include "apps/doctor/route53_rules.h"

namespace meridian::apps::doctor {
namespace {

constexpr std::size_t kMultivalueAnswersMax = 8;
constexpr std::size_t kNamedMax = 5;  // of many record sets, in words

template <typename Look>
Findings for_each_of(const Picture& picture, Policy policy, const Look& look) {
  Findings out;
  for (const Zone& zone : picture.zones())
    for (const Group& group : zone.groups)
      if (group.policy() == policy) look(group, out);
  return out;
}

std::string identifiers(const std::vector<const RecordSet*>& sets) {
  std::vector<std::string> names;
  for (const RecordSet* set : sets) names.push_back(set->shown.SetIdentifier.value_or(""));
  const std::size_t more = names.size() > kNamedMax ? names.size() - kNamedMax : 0;
  names.resize(names.size() - more);
  return fmt::format("{}{}", fmt::join(names, ", "), more > 0 ? fmt::format(" and {} more", more) : "");
}

// Those that are healthy whatever happens, and whose policy could choose another.
std::vector<const RecordSet*> unchecked(const Picture& picture, const Group& group) {
  std::vector<const RecordSet*> out;
  if (!group.first().is_address() && group.first().type != dns::Type::CNAME) return out;
  if (group.sets.size() < 2) return out;
  for (const RecordSet* set : group.sets) {
    const Group* target = picture.alias_target(*set);
    const bool only_unasked = target && picture.can_fail(*target);  // alias_without_evaluation says so
    if (!picture.can_fail(*set) && !only_unasked) out.push_back(set);
  }
  return out;
}

Findings without_checks(const Picture& picture, Policy policy, std::string_view why) {
  return for_each_of(picture, policy, [&](const Group& group, Findings& out) {
    const auto sets = unchecked(picture, group);
    if (sets.empty()) return;
    out.push_back({of(group), fmt::format("{} Without a check: {}.", why, identifiers(sets)),
                   attach_checks(picture, sets)});
  });
}

// A record set for everybody else that answers as `like` does.
Fix add_default(const Group& group, const std::function<void(r53::ResourceRecordSet&)>& make_default) {
  r53::ResourceRecordSet set = group.first().shown;
  std::set<std::string> taken;
  for (const RecordSet* other : group.sets) taken.insert(other->shown.SetIdentifier.value_or(""));
  std::string identifier = "default";
  for (int number = 2; taken.contains(identifier); ++number) identifier = fmt::format("default-{}", number);
  set.SetIdentifier = identifier;
  make_default(set);
  return {fmt::format("Answer everybody else, here as \"{}\" does:", *group.first().shown.SetIdentifier),
          {ChangeBatch(*group.first().zone).create(std::move(set)).command()}};
}

}  // namespace

namespace {

std::string places(const Group& group) {
  std::vector<std::string> out;
  for (const RecordSet* set : group.sets) {
    const r53::GeoLocation& at = *set->shown.GeoLocation;
    out.push_back(at.ContinentCode.value_or(at.CountryCode.value_or("")) +
                  (at.SubdivisionCode ? "-" + *at.SubdivisionCode : ""));
  }
  const std::size_t more = out.size() > kNamedMax ? out.size() - kNamedMax : 0;
  out.resize(out.size() - more);
  return fmt::format("{}{}", fmt::join(out, ", "), more > 0 ? fmt::format(" and {} more", more) : "");
}

}  // namespace

Findings geolocation_without_default(const Picture& picture) {
  return for_each_of(picture, Policy::Geolocation, [](const Group& group, Findings& out) {
    if (std::ranges::any_of(group.sets,
                            [](const RecordSet* set) { return set->shown.GeoLocation->CountryCode == "*"; }))
      return;
    out.push_back(
        {of(group),
         fmt::format("There is no default: clients outside of {}, and those whose place nobody knows, "
                     "get an empty answer.",
                     places(group)),
         add_default(group, [](r53::ResourceRecordSet& set) {
           set.GeoLocation = r53::GeoLocation{.ContinentCode = {}, .CountryCode = "*", .SubdivisionCode = {}};
         })});
  });
}

Findings cidr_without_default(const Picture& picture) {
  return for_each_of(picture, Policy::IpBased, [](const Group& group, Findings& out) {
    if (std::ranges::any_of(group.sets, [](const RecordSet* set) {
          return set->shown.CidrRoutingConfig->LocationName == "*";
        }))
      return;
    out.push_back(
        {of(group), "There is no default: clients in no block of the collection get an empty answer.",
         add_default(group, [](r53::ResourceRecordSet& set) { set.CidrRoutingConfig->LocationName = "*"; })});
  });
}

Findings latency_without_checks(const Picture& picture) {
  return without_checks(picture, Policy::Latency,
                        "The Region nearest to a client goes on being answered when it is down.");
}

Findings weighted_without_checks(const Picture& picture) {
  return without_checks(picture, Policy::Weighted, "A dead endpoint keeps its share of the clients.");
}

Findings multivalue_without_checks(const Picture& picture) {
  return without_checks(picture, Policy::Multivalue,
                        "Only checks take dead addresses out of the answer; without, this is a simple record "
                        "set.");
}

Findings location_without_checks(const Picture& picture) {
  Findings out;
  for (const Policy policy : {Policy::Geolocation, Policy::Geoproximity, Policy::IpBased})
    for (Finding& finding : without_checks(
             picture, policy, "Clients of a place keep being sent to its endpoint when it is down."))
      out.push_back(std::move(finding));
  return out;
}

Findings multivalue_above_eight(const Picture& picture) {
  return for_each_of(picture, Policy::Multivalue, [](const Group& group, Findings& out) {
    if (group.sets.size() <= kMultivalueAnswersMax) return;
    out.push_back(
        {of(group),
         fmt::format("Of {} record sets an answer has {} healthy ones, drawn anew for each: no client "
                     "sees all.",
                     group.sets.size(), kMultivalueAnswersMax),
         {"If clients need all addresses, put a load balancer before them or spread them over names.", {}}});
  });
}

Findings weights_all_zero(const Picture& picture) {
  return for_each_of(picture, Policy::Weighted, [](const Group& group, Findings& out) {
    if (std::ranges::any_of(group.sets, [](const RecordSet* set) { return *set->shown.Weight > 0; })) return;
    ChangeBatch batch(*group.first().zone);
    for (const RecordSet* set : group.sets) {
      r53::ResourceRecordSet changed = set->shown;
      changed.Weight = 1;
      batch.put(std::move(changed));
    }
    out.push_back({of(group),
                   "Every weight is 0. That stops nothing: all are answered with equal odds.",
                   {"Say so with equal weights, or delete what is not to be answered:", {batch.command()}}});
  });
}

Findings weight_zero_last_resort(const Picture& picture) {
  return for_each_of(picture, Policy::Weighted, [&](const Group& group, Findings& out) {
    std::vector<const RecordSet*> zero;
    bool others_can_fail = true, others = false;
    for (const RecordSet* set : group.sets) {
      if (*set->shown.Weight == 0) {
        zero.push_back(set);
      } else {
        others = true;
        others_can_fail = others_can_fail && picture.can_fail(*set);
      }
    }
    if (zero.empty() || !others || !others_can_fail) return;
    ChangeBatch batch(*group.first().zone);
    for (const RecordSet* set : zero) batch.remove(*set);
    out.push_back(
        {of(group),
         fmt::format("Weight 0 is no switch: {} will be answered when all others are unhealthy.",
                     identifiers(zero)),
         {"Keep it if that is meant, as for a way back. If it must never answer:", {batch.command()}}});
  });
}

Findings weighted_ttl(const Picture& picture) {
  return for_each_of(picture, Policy::Weighted, [&](const Group& group, Findings& out) {
    const std::int64_t ttl = group.first().shown.TTL.value_or(0);
    if (ttl <= kFailoverTtlMax || picture.can_fail(group) || group.sets.size() < 2) return;
    // One record set says it for all: the TTL of weighted ones is shared.
    out.push_back(
        {of(group),
         fmt::format("New weights take {} s to count, and so does the way back when a release is bad.", ttl),
         {fmt::format("{} s while traffic is being shifted:", kFailoverTtlMax),
          {put_changed(group.first(), [](r53::ResourceRecordSet& set) { set.TTL = kFailoverTtlMax; })}}});
  });
}

Findings sets_with_different_ttl(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones())
    for (const Group& group : zone.groups) {
      std::vector<const RecordSet*> all = group.sets;
      // Addresses of both kinds belong together, and are looked at once.
      if (group.first().type == dns::Type::AAAA && picture.group(zone, group.first().name, dns::Type::A))
        continue;
      if (group.first().type == dns::Type::A)
        if (const Group* v6 = picture.group(zone, group.first().name, dns::Type::AAAA))
          all.insert(all.end(), v6->sets.begin(), v6->sets.end());
      std::erase_if(all, [](const RecordSet* set) { return !set->shown.TTL; });
      if (all.empty()) continue;
      const auto [least, most] =
          std::ranges::minmax_element(all, {}, [](const RecordSet* set) { return *set->shown.TTL; });
      const std::int64_t shortest = *(*least)->shown.TTL, longest = *(*most)->shown.TTL;
      if (shortest == longest) continue;
      ChangeBatch batch(zone);
      for (const RecordSet* set : all) {
        if (*set->shown.TTL == shortest) continue;
        r53::ResourceRecordSet changed = set->shown;
        changed.TTL = shortest;
        batch.put(std::move(changed));
      }
      out.push_back(
          {of(group),
           fmt::format("The record sets of this name have TTLs from {} to {} s: what changes reaches "
                       "clients at different times.",
                       shortest, longest),
           {"One TTL for all:", {batch.command()}}});
    }
  return out;
}

Findings simple_with_several_values(const Picture& picture) {
  return for_each_of(picture, Policy::Simple, [&](const Group& group, Findings& out) {
    const RecordSet& set = group.first();
    const auto values = set.values();
    if (!set.is_address() || values.size() < 2 || set.name.is_wildcard()) return;
    Fix fix{"Multivalue record sets with a health check each answer the healthy ones only.", {}};
    if (values.size() <= kMultivalueAnswersMax) {
      ChangeBatch batch(*set.zone);
      batch.remove(set);
      for (std::size_t at = 0; at < values.size(); ++at) {
        RecordSet one = set;
        one.shown.ResourceRecords = {{values[at]}};
        const auto config = check_for(picture, one);
        if (!config) break;
        const std::string variable = fmt::format("check{}", at + 1);
        fix.commands.push_back(create_check(*config, variable));
        one.shown.SetIdentifier = fmt::format("{}", values[at]);
        one.shown.MultiValueAnswer = true;
        one.shown.HealthCheckId = shell_variable(variable);
        batch.create(one.shown);
      }
      if (fix.commands.size() == values.size())
        fix.commands.push_back(batch.command());
      else
        fix.commands.clear();
    }
    out.push_back({of(set),
                   fmt::format("All {} addresses are answered, dead ones too: a simple record set knows no "
                               "health.",
                               values.size()),
                   std::move(fix)});
  });
}

Findings check_on_simple_set(const Picture& picture) {
  std::set<const Group*> evaluated;
  for (const Zone& zone : picture.zones())
    for (const RecordSet& set : zone.sets)
      if (set.evaluates()) evaluated.insert(picture.alias_target(set));
  return for_each_of(picture, Policy::Simple, [&](const Group& group, Findings& out) {
    if (group.first().check_id().empty() || evaluated.contains(&group)) return;
    out.push_back(
        {of(group),
         "It has a health check that changes nothing: a simple record set is answered whatever its "
         "health is, and no alias evaluates this one.",
         {"Take the check off, or choose a routing policy that goes by it:",
          {put_changed(group.first(), [](r53::ResourceRecordSet& set) { set.HealthCheckId.reset(); })}}});
  });
}

}  // namespace meridian::apps::doctor
