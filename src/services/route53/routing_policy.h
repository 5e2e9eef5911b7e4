// How one record set is chosen among several of the same name and type: which policy it has, what is wrong
// with it, and AWS's texts for that. Pure. Rule: all record sets of one name and type have the same kind of
// policy.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/route53/resources.h"

namespace meridian::services::route53 {

inline constexpr std::size_t kPolicySetsMax = 100;  // record sets of one name and type (DG:DNSLimitations)
inline constexpr std::size_t kGeoproximitySetsMax = 30;  // the same, geoproximity

enum class PolicyKind : std::uint8_t {
  Simple,
  Weighted,
  Latency,
  Failover,
  Geolocation,
  Multivalue,
  Geoproximity,
  IpBased,
};
PolicyKind policy_kind(const RecordSetResource& set);

// By id: the caller's collections that record sets name.
using CidrCollections = std::map<std::string, CidrCollectionResource>;

// Whether a deletion names the policy and the health check that are there.
bool same_routing(const RecordSetResource& a, const RecordSetResource& b);

// What is wrong with the policy of a record set, whatever others there are.
std::vector<std::string> policy_problems(const RecordSetResource& set, const CidrCollections& collections);

// Why a record set cannot be one of `all`, every one of its name and type with itself among them.
std::vector<std::string> group_problems(const RecordSetResource& set,
                                        std::span<const RecordSetResource* const> all);

// Weighted and multivalue record sets of one name and type share their TTL: the one written last
// (DG:resource-record-sets-values-weighted, -multivalue).
bool shares_ttl(PolicyKind kind);

}  // namespace meridian::services::route53
