// The document of a traffic policy (API reference, "Traffic Policy Document Format"): its JSON text in,
// endpoints and rules out, or everything that is wrong with it. Pure: whether a health check exists is not
// asked here.
//
// Rule: a document that was read is sound. Every reference leads somewhere, rules make no circle and stay
// within kRuleDepthMax, every value fits the record type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/route53/resources.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {

inline constexpr std::size_t kDocumentCharactersMax = 102400;
// Rules below one another. Each is an alias that an answer follows; the engine follows 16, and the record set
// of the instance and aliases that users point at it come first.
inline constexpr std::size_t kRuleDepthMax = 12;

enum class RuleType : std::uint8_t { Failover, Geo, Geoproximity, Latency, Multivalue, Weighted };

// Where traffic goes on to: an index into the rules or into the endpoints.
struct TrafficReference {
  bool is_rule = false;
  std::size_t index = 0;
};

struct TrafficEndpoint {
  std::string id;
  ResourceRecord record;
};

struct TrafficRuleItem {
  TrafficReference target;
  bool evaluate_target_health = true;
  std::string health_check_id;  // may be empty
  // Of the rule's type only:
  bool primary = false;                // Failover
  GeoLocation geo_location;            // Geo; the default is country "*"
  GeoProximityLocation geo_proximity;  // Geoproximity
  std::string region;                  // Latency
  std::uint8_t weight = 0;             // Weighted
};

struct TrafficRule {
  std::string id;
  RuleType type = RuleType::Failover;
  std::vector<TrafficRuleItem> items;  // at least one
};

struct TrafficPolicyDocument {
  dns::Type record_type = dns::Type::A;
  TrafficReference start;
  std::vector<TrafficEndpoint> endpoints;
  std::vector<TrafficRule> rules;
};

// Problems are in the form of AWS's, "<endpoint or rule>: <what>", with ";" between them.
Checked<TrafficPolicyDocument> parse_traffic_policy_document(std::string_view text);

}  // namespace meridian::services::route53
