// What Traffic Flow stores: policies, their versions, and instances of them, with their keys and encoding. A
// document has a key of its own, so that listing and counting do not read documents.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "services/route53/resources.h"

namespace meridian::services::route53 {

struct TrafficPolicyResource {
  std::string id;  // a UUID
  std::string account;
  std::string name;  // unique in the account
  SystemTime created_at;
  std::uint32_t last_version = 0;    // ever given: numbers are not used again
  std::uint32_t latest_version = 0;  // the greatest that is there
  dns::Type latest_type = dns::Type::A;
  std::uint32_t version_count = 0;
};

struct TrafficPolicyVersionResource {
  std::uint32_t version = 0;
  dns::Type type = dns::Type::A;
  std::optional<std::string> comment;
};

// The revision that wrote it is the one that engines must acknowledge.
struct TrafficPolicyInstanceResource {
  std::string id;  // a UUID
  std::string account;
  std::string zone_id;
  dns::Name name;
  dns::Type type = dns::Type::A;
  std::uint32_t ttl = 0;
  std::string policy_id;
  std::uint32_t policy_version = 0;
};

std::string traffic_policy_key(std::string_view policy_id);
std::string traffic_policy_versions_prefix(std::string_view policy_id);
std::string traffic_policy_version_key(std::string_view policy_id, std::uint32_t version);
std::string traffic_policy_document_key(std::string_view policy_id, std::uint32_t version);
std::string traffic_policy_instance_key(std::string_view instance_id);

// Indexes.
std::string traffic_policy_name_key(std::string_view account, std::string_view name);
std::string account_traffic_policies_prefix(std::string_view account);
std::string account_traffic_policy_key(const TrafficPolicyResource& policy);  // sorts by age; holds the id

// Instances in the order in which they are listed: zone, then name, then type. Behind each prefix stands a
// place; the value is the instance's id.
std::string traffic_policy_instance_place(std::string_view zone_id, const dns::Name& name,
                                          std::string_view type);
std::string account_traffic_policy_instances_prefix(std::string_view account);
std::string
zone_traffic_policy_instances_prefix();  // of all zones: a place begins with its zone's id and a slash
std::string traffic_policy_users_prefix(std::string_view policy_id, std::uint32_t version);

std::string encode(const TrafficPolicyResource& policy);
std::string encode(const TrafficPolicyVersionResource& version);
std::string encode(const TrafficPolicyInstanceResource& instance);
Result<TrafficPolicyResource> decode_traffic_policy(std::string_view bytes);
Result<TrafficPolicyVersionResource> decode_traffic_policy_version(std::string_view bytes);
Result<TrafficPolicyInstanceResource> decode_traffic_policy_instance(std::string_view bytes);

}  // namespace meridian::services::route53
