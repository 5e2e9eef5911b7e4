// RecordGroup: the record sets of one name and type among which a routing policy chooses, as they lie in the
// NameNode's block. What choosing needs stands in one small entry a candidate: regions and places are
// resolved to indexes and points, health checks to slots, when the record set is put.
//
// Rule: candidates stand in the order of their set identifiers, whatever the order they came in, so that the
// same random draw chooses the same one on every edge.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "formats/regions/regions.h"
#include "snapshots/dns/name_node.h"
#include "snapshots/health/health_table.h"
#include "snapshots/location/location.h"

namespace meridian::snapshots::dns {

enum class PolicyKind : std::uint8_t {  // the index in Policy
  Simple,
  Weighted,
  Failover,
  Latency,
  Geolocation,
  Geoproximity,
  Multivalue,
  IpBased,
};

struct Candidate {
  std::string_view set_identifier;
  health::Slot health = health::kNoCheck;
  bool evaluate_target_health = false;  // of an alias
  RecordsView records;  // records.is_alias: first() is the target's owner name; target_is_hidden says where

  // Of the group's kind only:
  std::uint8_t weight = 0;
  bool primary = false;
  regions::RegionIndex region = regions::kNoRegion;  // Latency
  location::Code continent, country, subdivision;    // Geolocation; country "*": the default
  location::Point point;                             // Geoproximity
  std::int8_t bias = 0;                              // Geoproximity
  std::string_view location;                         // IpBased; "*": the default
};

class RecordGroup {
 public:
  explicit RecordGroup(const RecordsView& records);  // of which is_group is set
  PolicyKind kind() const;
  std::size_t size() const;  // 1..kGroupSizeMax
  Candidate at(std::size_t i) const;
  std::uint64_t collection_hash() const;  // IpBased: for DnsSnapshot::find_collection()
};

}  // namespace meridian::snapshots::dns
