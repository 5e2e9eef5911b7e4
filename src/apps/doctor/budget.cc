#include "apps/doctor/budget.h"

#include <algorithm>

namespace meridian::apps::doctor {
namespace {

constexpr int kAliasesMax = 16;

// The longest detection among the checks that a record set's health depends on.
void add_detection(const Picture& picture, const RecordSet& set, FailoverBudget& budget, int depth) {
  if (!set.check_id().empty())
    if (const auto seconds = picture.detection_seconds(set.check_id()))
      budget.detection_s = std::max(budget.detection_s.value_or(0), *seconds);
  // A simple alias before a group chooses nothing itself; what it leads to does.
  const bool follows = set.evaluates() || set.policy == Policy::Simple;
  const Group* target = follows && depth < kAliasesMax ? picture.alias_target(set) : nullptr;
  if (!target) return;
  for (const RecordSet* below : target->sets) add_detection(picture, *below, budget, depth + 1);
}

// Whether the answer can change with health, through simple aliases too.
bool chooses_by_health(const Picture& picture, const Group& group, int depth) {
  if (group.policy() != Policy::Simple) return picture.can_fail(group);
  const Group* target = depth < kAliasesMax ? picture.alias_target(group.first()) : nullptr;
  return target && chooses_by_health(picture, *target, depth + 1);
}

bool leads_to_a_policy(const Picture& picture, const Group& group, int depth) {
  if (group.policy() != Policy::Simple) return true;
  const Group* target = depth < kAliasesMax ? picture.alias_target(group.first()) : nullptr;
  return target && leads_to_a_policy(picture, *target, depth + 1);
}

}  // namespace

std::optional<std::uint64_t> FailoverBudget::total_s() const {
  if (!fails_over || !detection_s || !ttl_s) return std::nullopt;
  return *detection_s + kPropagationSeconds + static_cast<std::uint64_t>(*ttl_s);
}

FailoverBudget budget_of(const Picture& picture, const Group& group) {
  FailoverBudget budget{.group = &group, .detection_s = {}, .ttl_s = {}};
  budget.fails_over = chooses_by_health(picture, group, 0);
  for (const RecordSet* set : group.sets) {
    if (const auto ttl = picture.ttl(*set)) budget.ttl_s = std::max(budget.ttl_s.value_or(0), *ttl);
    if (budget.fails_over) add_detection(picture, *set, budget, 0);
  }
  return budget;
}

std::vector<FailoverBudget> budgets(const Picture& picture) {
  std::vector<FailoverBudget> out;
  for (const Zone& zone : picture.zones())
    for (const Group& group : zone.groups)
      if (!group.first().shown.TrafficPolicyInstanceId && leads_to_a_policy(picture, group, 0))
        out.push_back(budget_of(picture, group));
  return out;
}

}  // namespace meridian::apps::doctor
