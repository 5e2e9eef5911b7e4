// What is wrong at this moment.
#include <fmt/format.h>

#include <algorithm>

#include "apps/doctor/fixes.h"
#include "apps/doctor/route53_rules.h"

namespace meridian::apps::doctor {
namespace {

constexpr double kBehindSecondsMax = 10;  // that a busy edge may be behind

// The policies that choose among healthy record sets.
bool chooses(const Group& group) {
  return group.policy() != Policy::Simple && group.sets.size() > 1;
}

std::vector<ShellCommand> looks_at(const std::string& check_id) {
  return {route53("get-health-check-last-failure-reason").option("health-check-id", check_id)};
}

bool failed(const Observation& observation) {
  return observation.text.starts_with("Failure");
}

// What most checkers say, in their own words.
std::string said_by(const Check& check) {
  for (const Observation& each : check.observations)
    if (failed(each)) return fmt::format(" {} says: {}", each.region, each.text);
  return "";
}

}  // namespace

Findings all_unhealthy(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones())
    for (const Group& group : zone.groups) {
      if (!chooses(group) || !std::ranges::all_of(group.sets, [&](const RecordSet* set) {
            return picture.healthy(*set) == false;
          }))
        continue;
      Fix fix{"Bring an endpoint back, or point a record set at one that works.", {}};
      if (!group.first().check_id().empty()) fix.look = looks_at(group.first().check_id());
      out.push_back({of(group),
                     group.policy() == Policy::Failover
                         ? "Primary and secondary are both unhealthy: DNS answers the primary."
                         : "All its record sets are unhealthy: DNS answers as though all were healthy.",
                     std::move(fix)});
    }
  return out;
}

Findings secondary_unhealthy(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones())
    for (const RecordSet& set : zone.sets) {
      if (set.shown.Failover != "SECONDARY" || picture.healthy(set) != false) continue;
      Fix fix{"Repair the standby before it is needed.", {}};
      if (!set.check_id().empty()) fix.look = looks_at(set.check_id());
      out.push_back(
          {of(set), "The secondary is unhealthy: if the primary fails now, there is nothing to fail over to.",
           std::move(fix)});
    }
  return out;
}

Findings check_unhealthy(const Picture& picture) {
  Findings out;
  for (const Check& check : picture.checks()) {
    if (check.healthy != false || picture.users_of(check.id).none()) continue;
    out.push_back({of(picture, check),
                   "It is unhealthy, and DNS goes by that." + said_by(check),
                   {"Look why, and repair the endpoint.", {}, looks_at(check.id)}});
  }
  return out;
}

Findings checkers_blocked(const Picture& picture) {
  Findings out;
  for (const Check& check : picture.checks()) {
    if (check.observations.empty()) continue;
    const bool all_time_out = std::ranges::all_of(check.observations, [](const Observation& each) {
      return failed(each) && (each.text.contains("timed out") || each.text.contains("unreachable"));
    });
    if (!all_time_out) continue;
    out.push_back(
        {of(picture, check),
         "No checker gets a connection, in any Region. An endpoint that others reach has a firewall that "
         "does not let checkers in; DNS then has failed over for good.",
         {"Let their address ranges in:", {}, {route53("get-checker-ip-ranges")}}});
  }
  return out;
}

Findings search_string_not_found(const Picture& picture) {
  Findings out;
  for (const Check& check : picture.checks()) {
    if (!check.config.SearchString) continue;
    const auto missed = std::ranges::count_if(check.observations, [](const Observation& each) {
      return failed(each) && (each.text.contains("earch string") || each.text.contains("response body"));
    });
    if (missed == 0) continue;
    out.push_back(
        {of(picture, check),
         "The endpoint answers, and the string is not in the first 5,120 bytes of the body as it is "
         "written here, case and all.",
         {"Answer it earlier, or look for what is there.", {}, looks_at(check.id)}});
  }
  return out;
}

Findings override_left(const Picture& picture) {
  Findings out;
  for (const Check& check : picture.checks())
    if (check.override)
      out.push_back({of(picture, check),
                     fmt::format("An operator says that it is {}, whatever probes find.",
                                 *check.override ? "healthy" : "unhealthy"),
                     {"When the drill or the repair is over:",
                      {ShellCommand("meridian health clear").word(check.id)}}});
  return out;
}

Findings zone_quarantined(const Picture& picture) {
  Findings out;
  for (const QuarantineFacts& each : picture.quarantined())
    out.push_back(
        {{.kind = "hosted zone", .label = each.name, .id = each.zone_id, .zone_ids = {each.zone_id}},
         "It is in quarantine: DNS answers as before its last change. " + each.reason,
         {"Undo the change that did it; the next one is tried anew.",
          {},
          {ShellCommand("meridian status")}}});
  return out;
}

Findings edge_behind(const Picture& picture) {
  Findings out;
  for (const EdgeFacts& each : picture.edges()) {
    const bool live = each.state == "live";
    if (live && each.behind_seconds < kBehindSecondsMax) continue;
    out.push_back(
        {{.kind = "edge", .label = each.name, .id = each.name, .zone_ids = {}},
         live ? fmt::format("It has not served the newest revision for {:.0f} s: changes do not count "
                            "there.",
                            each.behind_seconds)
              : fmt::format("It is not live ({}): it answers by what it heard last, of health too.",
                            each.state),
         {"See what it says, and its way to the control's feed.", {}, {ShellCommand("meridian edges")}}});
  }
  return out;
}

}  // namespace meridian::apps::doctor
