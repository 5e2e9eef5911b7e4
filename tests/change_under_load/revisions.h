// A zone whose every value tells which change wrote it, so that an answer shows the revision it was made
// from.
//
// Names come in groups; change R rewrites group R mod kGroups and the SOA, in one delta. Rule: whatever an
// answer carries of a group carries one revision, and the SOA carries the snapshot's.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "snapshots/dns/delta.h"

namespace meridian::change_under_load {

inline constexpr std::uint64_t kGroups = 64;
inline constexpr std::uint64_t kFirstRevision = kGroups;  // by then each group has been written once

// Several values of one set, a set and its additional data, values across names and across zones, and a
// denial.
enum class Kind : std::uint8_t { Addresses, Mail, Text, Referral, Link, Missing };
inline constexpr std::uint64_t kKinds = 6;

struct Origins {
  std::string zone = "changing.test.";
  std::string links_lead_to = "pool.test.";  // another zone, or the same
};

// The zones with `records` more that never change.
snapshots::dns::Delta first_image(const Origins& origins, std::size_t records);
snapshots::dns::Delta change(const Origins& origins, std::uint64_t revision);

struct Probe {
  Kind kind = Kind::Addresses;
  std::uint64_t group = 0;
};
std::string encode_probe(const Origins& origins, const Probe& probe, std::uint16_t id);

// The snapshots that a reply may come from.
struct Revisions {
  std::uint64_t first = 0;
  std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
};
struct Verdict {
  Revisions revisions;
  const char* wrong = nullptr;
  bool has_additional_data = false;  // beside an answer, of the same revision
};
Verdict judge(const Probe& probe, std::string_view reply);

}  // namespace meridian::change_under_load
