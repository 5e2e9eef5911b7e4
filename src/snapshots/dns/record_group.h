// RecordGroup: the record sets of one name and type among which a routing policy chooses, as they lie in the
// NameNode's block. What choosing needs stands in one small entry a candidate, the entries side by side and
// the records behind them all: regions and places are resolved to indexes and points, health checks to slots,
// when the record set is put.
//
// A simple record set with a health check is a group of one, of kind Simple: only an alias that evaluates its
// health makes a difference of it.
//
// Rule: candidates stand in the order of their set identifiers, whatever the order they came in, so that the
// same random draw chooses the same one on every edge.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
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
  RecordsView records;  // as those of a simple set; an alias says there where it leads

  // Of the group's kind only:
  std::uint8_t weight = 0;
  bool primary = false;
  regions::RegionIndex region =
      regions::kNoRegion;                          // Latency; kNoRegion: one not known here, farthest of all
  location::Code continent, country, subdivision;  // Geolocation; country "*": the default
  bool has_point = false;                          // Geoproximity; false: its Region is not known here
  location::Point point;                           // Geoproximity
  std::int8_t bias = 0;                            // Geoproximity
  std::string_view location;                       // IpBased; "*": the default
};

class RecordGroup {
 public:
  explicit RecordGroup(const RecordsView& records)  // of which is_group is set
      : type_(records.type), size_(records.count), data_(records.data.data()) {
    std::memcpy(&head_, data_, sizeof head_);
  }
  PolicyKind kind() const { return head_.kind; }
  std::size_t size() const { return size_; }  // 1..kGroupSizeMax
  inline Candidate at(std::size_t i) const;
  inline RecordsView records(std::size_t i) const;
  // The parts of a candidate that choosing walks over.
  health::Slot health(std::size_t i) const { return entry(i).health; }
  std::uint8_t weight(std::size_t i) const { return entry(i).number; }
  regions::RegionIndex region(std::size_t i) const { return entry(i).number; }
  bool is_primary(std::size_t i) const { return entry(i).flags & kPrimary; }
  bool evaluates_target_health(std::size_t i) const { return entry(i).flags & kEvaluateTargetHealth; }
  unsigned weight_sum() const { return head_.weight_sum; }
  bool has_health_checks() const { return head_.has_health_checks; }  // of any candidate

  std::uint64_t collection_hash() const {
    return head_.collection_hash;
  }  // for DnsSnapshot::find_collection()
  std::string_view collection_id() const { return {data_ + collection_at(), head_.collection_size}; }
  Policy policy(std::size_t i) const;  // as it was put

 private:
  friend class GroupBuilder;
  struct Head {
    PolicyKind kind = PolicyKind::Simple;
    std::uint8_t collection_size = 0;
    std::uint16_t weight_sum = 0;
    bool has_health_checks = false;
    std::uint64_t collection_hash = 0;
  };
  static_assert(sizeof(Head) == 16);

  static constexpr std::uint8_t kAlias = 1, kEvaluateTargetHealth = 2, kTargetIsHidden = 4, kHasLinks = 8,
                                kPrimary = 16, kHasPoint = 32;
  static constexpr std::uint8_t kHasCoordinates = 64;
  using Codes = std::array<location::Code, 3>;  // continent, country, subdivision

  // The body of a candidate: set identifier, text, links, records. Text is a Region, a location's name, or
  // the two coordinates as given.
  struct Entry {
    health::Slot health = health::kNoCheck;
    std::uint32_t body = 0;  // where it begins in the group
    std::uint32_t records_size = 0;
    std::uint16_t count = 0;  // of records
    std::uint8_t flags = 0;
    std::uint8_t number = 0;  // the weight, the Region's index, or the bias
    std::uint8_t identifier_size = 0;
    std::uint8_t text_size = 0;
    std::array<char, sizeof(location::Point)> place{};  // a Point or Codes

    std::size_t links_size() const { return flags & kHasLinks ? count * sizeof(NameLink) : 0; }
    std::size_t body_size() const { return identifier_size + text_size + links_size() + records_size; }
  };
  static_assert(sizeof(Entry) == 32 && sizeof(Codes) <= sizeof(location::Point));

  Entry entry(std::size_t i) const {
    Entry entry;
    std::memcpy(&entry, data_ + sizeof head_ + i * sizeof entry, sizeof entry);
    return entry;
  }
  std::string_view body(const Entry& entry) const { return {data_ + entry.body, entry.body_size()}; }
  std::size_t collection_at() const { return sizeof head_ + size_ * sizeof(Entry); }

  Type type_;
  std::size_t size_;
  const char* data_;
  Head head_;
};

inline RecordsView RecordGroup::records(std::size_t i) const {
  const Entry entry = this->entry(i);
  const char* const links = data_ + entry.body + entry.identifier_size + entry.text_size;
  return {.type = type_,
          .count = entry.count,
          .is_alias = (entry.flags & kAlias) != 0,
          .target_is_hidden = (entry.flags & kTargetIsHidden) != 0,
          .evaluate_target_health = (entry.flags & kEvaluateTargetHealth) != 0,
          .data = {links + entry.links_size(), entry.records_size},
          .links = entry.flags & kHasLinks ? links : nullptr};
}

inline Candidate RecordGroup::at(std::size_t i) const {
  const Entry entry = this->entry(i);
  const char* const body = data_ + entry.body;
  Candidate candidate;
  candidate.set_identifier = {body, entry.identifier_size};
  candidate.health = entry.health;
  candidate.records = records(i);
  switch (kind()) {
    case PolicyKind::Simple:
    case PolicyKind::Multivalue:
      break;
    case PolicyKind::Weighted:
      candidate.weight = entry.number;
      break;
    case PolicyKind::Failover:
      candidate.primary = (entry.flags & kPrimary) != 0;
      break;
    case PolicyKind::Latency:
      candidate.region = entry.number;
      break;
    case PolicyKind::Geolocation: {
      Codes codes;
      std::memcpy(codes.data(), entry.place.data(), sizeof codes);
      candidate.continent = codes[0];
      candidate.country = codes[1];
      candidate.subdivision = codes[2];
      break;
    }
    case PolicyKind::Geoproximity:
      candidate.has_point = (entry.flags & kHasPoint) != 0;
      std::memcpy(&candidate.point, entry.place.data(), sizeof candidate.point);
      candidate.bias = static_cast<std::int8_t>(entry.number);
      break;
    case PolicyKind::IpBased:
      candidate.location = {body + entry.identifier_size, entry.text_size};
      break;
  }
  return candidate;
}

// How a group is made: the bytes of the group, `before` when there is one already, with this record set or
// without that of this identifier. Invalid when it is of another kind than the others, or of another
// collection.
struct GroupBytes {
  std::string bytes;  // empty: nobody is left
  std::size_t size = 0;
};
Result<GroupBytes> group_with(const RecordGroup* before, const RecordSet& set, const PutContext& context);
GroupBytes group_without(const RecordGroup& before, std::string_view set_identifier);

}  // namespace meridian::snapshots::dns
