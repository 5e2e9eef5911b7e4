// What an instance of a traffic policy puts into its hosted zone: one visible record set at its name, and
// hidden ones beneath it, a group for each rule. Pure.
//
// Rule: a rule that several others lead to has one group, so the record sets are never more than the elements
// of the document.
#pragma once

#include <string>
#include <vector>

#include "services/route53/resources.h"
#include "services/route53/traffic_policy_document.h"
#include "services/route53/traffic_policy_resources.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {

struct TrafficPolicyRecordSets {
  RecordSetResource root;
  std::vector<RecordSetResource> hidden;
};

// Refused when the zone's name leaves no room for names of rules below it.
Checked<TrafficPolicyRecordSets> traffic_policy_record_sets(const HostedZoneResource& zone,
                                                            const TrafficPolicyInstanceResource& instance,
                                                            const TrafficPolicyDocument& document);

// The keys of all hidden record sets of an instance begin with it.
Checked<std::string> hidden_record_sets_prefix(const HostedZoneResource& zone, std::string_view instance_id);

}  // namespace meridian::services::route53
