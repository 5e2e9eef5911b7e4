// What keeps an answer from following the health of its endpoints, or makes it follow late.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "apps/doctor/budget.h"
#include "apps/doctor/fixes.h"
#include "apps/doctor/route53_rules.h"

namespace meridian::apps::doctor {
namespace {

constexpr std::uint32_t kDetectionMax = 60;  // seconds that need no remark
constexpr std::int32_t kFastInterval = 10;

const RecordSet* role(const Group& group, std::string_view failover) {
  for (const RecordSet* set : group.sets)
    if (set->shown.Failover == failover) return set;
  return nullptr;
}

template <typename Look>
Findings for_each_failover(const Picture& picture, const Look& look) {
  Findings out;
  for (const Zone& zone : picture.zones())
    for (const Group& group : zone.groups)
      if (group.policy() == Policy::Failover)
        look(group, role(group, "PRIMARY"), role(group, "SECONDARY"), out);
  return out;
}

bool has_content(const RecordSet& set) {
  return !set.shown.TrafficPolicyInstanceId;  // of those, the traffic policy says what they answer
}

}  // namespace

Findings failover_primary_without_check(const Picture& picture) {
  return for_each_failover(picture, [&](const Group&, const RecordSet* primary, const RecordSet*,
                                        Findings& out) {
    if (!primary || picture.can_fail(*primary) || !has_content(*primary)) return;
    const Group* target = picture.alias_target(*primary);
    if (target && picture.can_fail(*target)) return;  // alias_without_evaluation says so
    out.push_back({of(*primary), "Nothing ever makes the primary unhealthy, so the secondary never answers.",
                   attach_check(picture, *primary)});
  });
}

Findings failover_secondary_without_check(const Picture& picture) {
  return for_each_failover(picture, [&](const Group&, const RecordSet*, const RecordSet* secondary,
                                        Findings& out) {
    if (!secondary || picture.can_fail(*secondary) || !has_content(*secondary)) return;
    const Group* target = picture.alias_target(*secondary);
    if (target && picture.can_fail(*target)) return;
    out.push_back({of(*secondary),
                   "Nobody learns that the secondary is down before it is needed: it answers whenever the "
                   "primary does not, in whatever state it is.",
                   attach_check(picture, *secondary)});
  });
}

Findings failover_alone(const Picture& picture) {
  return for_each_failover(
      picture, [&](const Group&, const RecordSet* primary, const RecordSet* secondary, Findings& out) {
        const RecordSet* only = primary && secondary ? nullptr : primary ? primary : secondary;
        if (!only || !has_content(*only)) return;
        r53::ResourceRecordSet simple = only->shown;
        simple.SetIdentifier.reset();
        simple.Failover.reset();
        simple.HealthCheckId.reset();
        out.push_back({of(*only),
                       fmt::format("There is no {}: this record set answers whether it is healthy or not.",
                                   primary ? "secondary to fail over to" : "primary that it stands in for"),
                       {fmt::format("Add the {}; or, if there is none to be, make this a simple record set:",
                                    primary ? "secondary" : "primary"),
                        {ChangeBatch(*only->zone).remove(*only).create(std::move(simple)).command()}}});
      });
}

Findings failover_same_answer(const Picture& picture) {
  return for_each_failover(picture, [&](const Group& group, const RecordSet* primary,
                                        const RecordSet* secondary, Findings& out) {
    if (!primary || !secondary || !has_content(*primary) || !has_content(*secondary)) return;
    auto mine = primary->values(), theirs = secondary->values();
    std::ranges::sort(mine);
    std::ranges::sort(theirs);
    const bool same_alias = primary->is_alias() && secondary->is_alias() &&
                            primary->shown.AliasTarget->DNSName == secondary->shown.AliasTarget->DNSName;
    if (mine != theirs || primary->is_alias() != secondary->is_alias()) return;
    if (primary->is_alias() && !same_alias) return;
    out.push_back(
        {of(group),
         "Primary and secondary answer the same, so that failing over changes nothing.",
         {"Put the address of the standby into the secondary. Until there is one:", {remove(*secondary)}}});
  });
}

Findings failover_shared_check(const Picture& picture) {
  return for_each_failover(picture, [&](const Group& group, const RecordSet* primary,
                                        const RecordSet* secondary, Findings& out) {
    if (!primary || !secondary || primary->check_id().empty() || primary->check_id() != secondary->check_id())
      return;
    const auto unchecked = [](r53::ResourceRecordSet& set) { set.HealthCheckId.reset(); };
    out.push_back(
        {of(group),
         "One health check decides about both: when it fails, both are unhealthy, and then the "
         "primary answers.",
         {"Let the secondary have a check of its own, or none:", {put_changed(*secondary, unchecked)}}});
  });
}

Findings alias_without_evaluation(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones())
    for (const RecordSet& set : zone.sets) {
      if (set.policy == Policy::Simple || !set.is_alias() || set.evaluates()) continue;
      const Group* target = picture.alias_target(set);
      if (!target || !picture.can_fail(*target)) continue;
      out.push_back(
          {of(set),
           fmt::format("The alias does not ask for the health of {}, where there are checks: it stays "
                       "chosen when everything there is down.",
                       shown_name(target->first().name)),
           {"Let it evaluate its target:", {evaluate_target(set)}}});
    }
  return out;
}

Findings ttl_beyond_failover_budget(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones())
    for (const Group& group : zone.groups) {
      if (group.policy() == Policy::Simple || !picture.can_fail(group)) continue;
      ChangeBatch shorter(zone);
      std::int64_t longest = 0;
      for (const RecordSet* set : group.sets) {
        if (set->shown.TTL.value_or(0) <= kFailoverTtlMax) continue;
        longest = std::max(longest, *set->shown.TTL);
        r53::ResourceRecordSet changed = set->shown;
        changed.TTL = kFailoverTtlMax;
        shorter.put(std::move(changed));
      }
      if (longest == 0) continue;
      const FailoverBudget budget = budget_of(picture, group);
      out.push_back(
          {of(group),
           fmt::format("Resolvers keep an answer for {} s{}: clients stay with a dead endpoint for that long "
                       "after DNS has left it.",
                       longest,
                       budget.detection_s
                           ? fmt::format(", {} s to detect a failure not counted", *budget.detection_s)
                           : ""),
           {fmt::format("A TTL of {} s or less for names that fail over:", kFailoverTtlMax),
            {shorter.command()}}});
    }
  return out;
}

Findings slow_detection(const Picture& picture) {
  Findings out;
  for (const Check& check : picture.checks()) {
    const auto seconds = picture.detection_seconds(check.id);
    if (!check.is_endpoint() || *seconds <= kDetectionMax || picture.users_of(check.id).none()) continue;
    const std::int32_t interval = check.config.RequestInterval.value_or(30);
    const std::int32_t threshold = check.config.FailureThreshold.value_or(3);
    const std::string why = fmt::format("A failure is noticed after {} s: {} failed probes, one in {} s.",
                                        *seconds, threshold, interval);
    if (interval == kFastInterval) {
      out.push_back({of(picture, check),
                     why,
                     {"Fewer failures in a row:", {update_check(check).option("failure-threshold", "3")}}});
      continue;
    }
    r53::HealthCheckConfig fast = check.config;
    fast.RequestInterval = kFastInterval;
    fast.FailureThreshold = std::min(threshold, 3);
    out.push_back({of(picture, check),
                   why,
                   {fmt::format("Probe every {} s. The interval of a check cannot be changed, so a new one "
                                "takes its place:",
                                kFastInterval),
                    replace_check(picture, check, fast)}});
  }
  return out;
}

Findings check_of_own_name(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones())
    for (const RecordSet& set : zone.sets) {
      const Check* check = picture.check(set.check_id());
      if (set.policy == Policy::Simple || !check || !check->is_endpoint() || check->config.IPAddress)
        continue;
      const auto probed = parse_name(check->config.FullyQualifiedDomainName.value_or(""));
      if (!probed || *probed != set.name) continue;
      auto config = check_for(picture, set);
      Fix fix{"Probe the address that this record set answers:", {}};
      if (config) {
        fix.commands = {create_check(*config), put_changed(set, [](r53::ResourceRecordSet& changed) {
                          changed.HealthCheckId = shell_variable("check");
                        })};
      }
      out.push_back({of(set),
                     fmt::format("Its health check probes {}, the name that it decides about: the probe goes "
                                 "wherever DNS leads, and finds the dead endpoint healthy as soon as another "
                                 "answers.",
                                 shown_name(set.name)),
                     std::move(fix)});
    }
  return out;
}

Findings check_of_other_address(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones())
    for (const RecordSet& set : zone.sets) {
      const Check* check = picture.check(set.check_id());
      if (!check || !check->config.IPAddress || !set.is_address() || set.is_alias() || !has_content(set))
        continue;
      const auto values = set.values();
      if (std::ranges::find(values, *check->config.IPAddress) != values.end()) continue;
      auto config = check_for(picture, set);
      Fix fix{"Probe the address that it answers; or leave it so, if that one tells its health too.", {}};
      if (config) {
        fix.commands = {create_check(*config), put_changed(set, [](r53::ResourceRecordSet& changed) {
                          changed.HealthCheckId = shell_variable("check");
                        })};
      }
      out.push_back({of(set),
                     fmt::format("It answers {}, and its health check probes {}.",
                                 values.empty() ? "nothing" : values.front(), *check->config.IPAddress),
                     std::move(fix)});
    }
  return out;
}

}  // namespace meridian::apps::doctor
