// Finding: which zone speaks for a name, what the zone has there (RFC 1034 §4.3.2, RFC 4592), and which
// records an alias stands for. Pure lookups in a pinned snapshot.
#pragma once

#include <cstdint>
#include <optional>

#include "engines/dns/trace.h"
#include "snapshots/dns/snapshot.h"

namespace meridian::engines::dns {

using snapshots::dns::DnsSnapshot;
using snapshots::dns::DnsZone;
using snapshots::dns::LookupName;
using snapshots::dns::NameNode;
using snapshots::dns::RecordsView;
using Type = meridian::dns::Type;

inline constexpr std::size_t kAliasHopsMax = 32;

// What is out of the ordinary: DS, or a trace to fill.
const DnsZone* find_zone_of(const DnsSnapshot& snapshot, LookupName& name, Type type, Trace* trace);

// Null when we are not asked about a zone of ours.
inline const DnsZone* find_zone(const DnsSnapshot& snapshot, LookupName& name, Type type, Trace* trace) {
  if (trace || type == Type::DS) [[unlikely]]
    return find_zone_of(snapshot, name, type, trace);
  return snapshot.find_zone(name, name.labels());
}

struct Found {
  enum class Kind : std::uint8_t {
    Name,        // `node` is the name's own, or the wildcard's that stands for it
    Delegation,  // `node` is the zone cut at or above the name
    Nothing,     // the name does not exist
  };
  Kind kind;
  const NameNode* node;
  std::size_t labels;  // of the name, the cut, or the closest encloser (of a wildcard's name, too)
};
// Label by label from the apex down.
Found walk_to_name(const DnsZone& zone, LookupName& name, Type type, Trace* trace);

inline Found find_name(const DnsZone& zone, LookupName& name, Type type, Trace* trace) {
  // Nothing above a name can take its place where nothing is delegated.
  if (!zone.has_cuts() && !trace)
    if (const NameNode* exact = zone.find(name, name.labels()))
      return {Found::Kind::Name, exact, name.labels()};
  return walk_to_name(zone, name, type, trace);
}

// The records, of the alias's own type, that it stands for, which may be an alias or a group again. `zone` is
// the alias's; a target that is not below its apex is looked for in the zone that it is in, which `zone` then
// is.
std::optional<RecordsView> find_target(const DnsSnapshot& snapshot, const DnsZone*& zone,
                                       const RecordsView& alias, Trace* trace);

// The records of the type at the node that are the same for every client; those of the alias's final target,
// with the target's TTL, when it is one. None when there are none, a routing policy chooses among them, or an
// alias leads nowhere.
std::optional<RecordsView> find_records(const DnsSnapshot& snapshot, const DnsZone& zone,
                                        const NameNode& node, Type type);

}  // namespace meridian::engines::dns
