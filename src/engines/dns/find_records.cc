#include "engines/dns/find_records.h"

#include <fmt/format.h>

#include "snapshots/dns/record_group.h"

namespace meridian::engines::dns {
namespace {

using snapshots::dns::PolicyKind;
using snapshots::dns::RecordGroup;

std::string shown(std::string_view wire) {
  return meridian::dns::Name::from_wire(wire)->to_string();
}

void explain_zone(Trace& trace, const DnsZone* zone, bool parent_side) {
  if (!zone) return trace.add("zone", "no zone of ours holds the name");
  trace.add("zone", fmt::format("{} ({}): {}", shown(zone->apex()), zone->id(),
                                parent_side ? "DS belongs to the parent side of the cut (RFC 4035 §3.1.4.1)"
                                            : "the longest apex above the name"));
}

Found found_wildcard(const DnsZone& zone, LookupName& name, std::size_t encloser, Trace* trace) {
  const NameNode* wildcard = zone.find_wildcard(name, encloser);
  if (trace) trace->add("wildcard", fmt::format("*.{} stands for the name", shown(name.suffix(encloser))));
  return {Found::Kind::Name, wildcard, encloser};
}

}  // namespace

const DnsZone* find_zone_of(const DnsSnapshot& snapshot, LookupName& name, Type type, Trace* trace) {
  const DnsZone* zone = snapshot.find_zone(name, name.labels());
  bool parent_side = false;
  if (zone && type == Type::DS && zone->apex_labels() == name.labels() && name.labels() > 0) {
    const DnsZone* parent = snapshot.find_zone(name, name.labels() - 1);
    parent_side = parent != nullptr;
    if (parent) zone = parent;
  }
  if (trace) explain_zone(*trace, zone, parent_side);
  return zone;
}

Found walk_to_name(const DnsZone& zone, LookupName& name, Type type, Trace* trace) {
  const NameNode* node = &zone.apex_node();
  for (std::size_t labels = zone.apex_labels() + 1; labels <= name.labels(); ++labels) {
    const NameNode* child = node->child_count() > 0 ? zone.find(name, labels) : nullptr;
    if (!child) {
      if (trace)
        trace->add("encloser", fmt::format("{} is the closest name above", shown(name.suffix(labels - 1))));
      if (node->has_wildcard_child()) return found_wildcard(zone, name, labels - 1, trace);
      if (trace) trace->add("name", fmt::format("{} does not exist", shown(name.wire())));
      return {Found::Kind::Nothing, nullptr, labels - 1};
    }
    node = child;
    // The parent side of a cut owns NS and DS, and is authoritative for DS only (RFC 4035 §3.1.4.1).
    if (node->has_ns() && !(labels == name.labels() && type == Type::DS)) {
      if (trace) trace->add("cut", fmt::format("{} is delegated", shown(name.suffix(labels))));
      return {Found::Kind::Delegation, node, labels};
    }
  }
  if (trace)
    trace->add("name", fmt::format("{} exists with {} record sets{}", shown(name.wire()), node->set_count(),
                                   node->set_count() == 0 ? " (an empty non-terminal)" : ""));
  return {Found::Kind::Name, node, name.labels()};
}

namespace {

bool is_at_or_below(LookupName& name, const DnsZone& zone) {
  return name.labels() >= zone.apex_labels() && name.suffix(zone.apex_labels()) == zone.apex();
}

}  // namespace

std::optional<RecordsView> find_target(const DnsSnapshot& snapshot, const DnsZone*& zone,
                                       const RecordsView& alias, Trace* trace) {
  const std::string_view target = alias.first();
  if (trace)
    trace->add("alias", fmt::format("stands for {} {}", shown(target), meridian::dns::to_string(alias.type)));
  LookupName name(snapshot.hash_key(), target);
  if (!is_at_or_below(name, *zone)) {
    const DnsZone* other = snapshot.find_zone(name, name.labels());
    if (trace)
      trace->add("alias", other ? fmt::format("in zone {}", other->id()) : "in no zone of ours: no data");
    if (!other) return std::nullopt;
    zone = other;
  }
  const NameNode* node = alias.target_is_hidden ? zone->find_hidden(name) : zone->find(name, name.labels());
  std::optional<RecordsView> records = node ? node->find(alias.type) : std::nullopt;
  if (trace && !records) trace->add("alias", "the target has no such records: no data");
  return records;
}

std::optional<RecordsView> find_records(const DnsSnapshot& snapshot, const DnsZone& zone,
                                        const NameNode& node, Type type) {
  std::optional<RecordsView> records = node.find(type);
  const DnsZone* at = &zone;
  for (std::size_t hops = 0; records; ++hops) {
    if (records->is_group) {
      const RecordGroup group(*records);
      if (group.kind() != PolicyKind::Simple) return std::nullopt;
      records = group.at(0).records;
    }
    if (hops > 0) records->links = nullptr;  // they lead to the end of the target's name, not of the alias's
    if (!records->is_alias) return records;
    if (hops == kAliasHopsMax) return std::nullopt;
    records = find_target(snapshot, at, *records, nullptr);
  }
  return std::nullopt;
}

}  // namespace meridian::engines::dns
