// A traffic policy document from outside. Besides not crashing: what was accepted holds together, as whatever
// makes record sets of it relies on without asking.
#include <cstdint>

#include "base/check.h"
#include "services/route53/routing_policy.h"
#include "services/route53/traffic_policy_document.h"

using namespace meridian::services::route53;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto document = parse_traffic_policy_document({reinterpret_cast<const char*>(data), size});
  if (!document) {
    CHECK(!document.error().empty());
    return 0;
  }
  auto leads_somewhere = [&](const TrafficReference& to) {
    return to.index < (to.is_rule ? document->rules.size() : document->endpoints.size());
  };
  CHECK(leads_somewhere(document->start));
  for (const TrafficEndpoint& endpoint : document->endpoints) CHECK(!endpoint.record.rdata.empty());
  for (const TrafficRule& rule : document->rules) {
    CHECK(!rule.items.empty() && rule.items.size() <= kPolicySetsMax);
    for (const TrafficRuleItem& item : rule.items) {
      CHECK(leads_somewhere(item.target));
      CHECK(rule.type != RuleType::Multivalue || !item.target.is_rule);
    }
  }
  // No walk along rules is longer than the depth that is allowed, so none goes in a circle.
  std::vector<bool> here(document->rules.size(), true);
  for (std::size_t depth = 0; depth < kRuleDepthMax; ++depth) {
    std::vector<bool> next(here.size(), false);
    for (std::size_t i = 0; i < here.size(); ++i)
      for (const TrafficRuleItem& item : document->rules[i].items)
        if (here[i] && item.target.is_rule) next[item.target.index] = true;
    here = next;
  }
  for (const bool still : here) CHECK(!still);
  return 0;
}
