// How long clients can stay with an endpoint that has failed: until checks notice, until every engine answers
// by it, and until resolvers have forgotten the answer before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/doctor/picture.h"

namespace meridian::apps::doctor {

// What a name that fails over should ask of resolvers.
inline constexpr std::int64_t kFailoverTtlMax = 60;
// From a check's flip to the answers of every edge that is connected: measured in milliseconds, promised
// within this.
inline constexpr std::uint32_t kPropagationSeconds = 1;

struct FailoverBudget {
  const Group* group = nullptr;
  bool fails_over = false;                   // false: no check can change its answer
  std::optional<std::uint32_t> detection_s;  // interval × threshold, the longest of its checks; unknown of
                                             // metrics and routing controls
  std::optional<std::int64_t> ttl_s;         // the longest of its record sets
  std::optional<std::uint64_t> total_s() const;
};
FailoverBudget budget_of(const Picture& picture, const Group& group);
// Of every name and type that has a routing policy, or leads to one; in the order of the zones.
std::vector<FailoverBudget> budgets(const Picture& picture);

}  // namespace meridian::apps::doctor
