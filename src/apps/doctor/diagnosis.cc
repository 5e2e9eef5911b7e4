#include "apps/doctor/diagnosis.h"

#include <algorithm>

namespace meridian::apps::doctor {
namespace {

bool concerns(const Finding& finding, const std::string& zone_id) {
  return zone_id.empty() ||
         std::ranges::find(finding.resource.zone_ids, zone_id) != finding.resource.zone_ids.end();
}

}  // namespace

std::size_t Diagnosis::count(Severity severity) const {
  std::size_t out = 0;
  for (const Part& part : parts)
    if (part.rule.severity == severity) out += part.findings.size();
  return out;
}

bool Diagnosis::any(Severity at_least) const {
  return std::ranges::any_of(parts, [&](const Part& part) { return part.rule.severity >= at_least; });
}

Diagnosis diagnose(const Picture& picture, std::span<const Rule> rules, const DiagnosisOptions& options) {
  Diagnosis out;
  for (const Rule& rule : rules) {
    std::vector<Finding> findings = rule.find(picture);
    std::erase_if(findings, [&](const Finding& each) { return !concerns(each, options.zone_id); });
    if (findings.empty()) continue;
    if (options.ignored.contains(std::string(rule.id)))
      out.ignored[std::string(rule.id)] = findings.size();
    else
      out.parts.push_back({rule, std::move(findings)});
  }
  std::ranges::stable_sort(out.parts, std::ranges::greater(),
                           [](const Diagnosis::Part& part) { return part.rule.severity; });
  out.budgets = budgets(picture);
  for (const Zone& zone : picture.zones()) {
    if (!options.zone_id.empty() && zone.id != options.zone_id) continue;
    ++out.zones;
    out.record_sets += zone.sets.size();
  }
  if (!options.zone_id.empty())
    std::erase_if(out.budgets, [&](const FailoverBudget& budget) {
      return budget.group->first().zone->id != options.zone_id;
    });
  out.checks = picture.checks().size();
  return out;
}

}  // namespace meridian::apps::doctor
