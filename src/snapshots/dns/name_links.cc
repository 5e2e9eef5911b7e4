#include "snapshots/dns/name_links.h"

#include <algorithm>
#include <optional>

namespace meridian::snapshots::dns {
namespace {

// Where the name begins that the RDATA ends with.
std::optional<std::size_t> name_offset(Type type) {
  switch (type) {
    case Type::NS:
    case Type::CNAME:
    case Type::PTR:
      return 0;
    case Type::MX:
      return 2;
    default:
      return std::nullopt;
  }
}

// The longest end of `name` made of whole labels that `other` ends with too, the root not counted: its
// offset in `name`, or the offset of the root.
std::size_t common_end(std::string_view name, std::string_view other) {
  std::size_t at = 0, there = 0;
  while (name[at] != 0) {
    const std::size_t left = name.size() - at;
    while (other.size() - there > left) there += static_cast<std::uint8_t>(other[there]) + 1u;
    if (other.size() - there == left && meridian::dns::same_name(name.substr(at), other.substr(there))) break;
    at += static_cast<std::uint8_t>(name[at]) + 1u;
  }
  return at;
}

// What a pointer to `offset` of the RDATA of `value` leads to once that value is compressed itself.
NameLink resolve(const std::vector<NameLink>& links, const RecordSet& set, std::size_t value,
                 std::size_t offset) {
  const NameLink& there = links[value];
  if (there.to == NameLink::To::Nothing || offset < there.keep) {
    NameLink link;
    link.to = NameLink::To::Value;
    link.value = static_cast<std::uint8_t>(value);
    link.offset = static_cast<std::uint8_t>(offset);
    return link;
  }
  if (there.to == NameLink::To::Value)
    return resolve(links, set, there.value, there.offset + offset - there.keep);
  NameLink link;
  link.to = NameLink::To::Owner;
  link.offset = static_cast<std::uint8_t>(set.rdata[value].size() - offset);
  return link;
}

}  // namespace

std::vector<NameLink> link_names(const RecordSet& set, std::size_t apex_labels, const HashKey& key) {
  const auto name_at = name_offset(set.type);
  if (!name_at) return {};
  // A wildcard is not in the message: its first label stands for whatever was asked.
  std::string_view owner = set.owner;
  if (owner.starts_with(std::string_view("\1*", 2))) owner.remove_prefix(2);
  LookupName owner_name(key, set.owner);
  const std::string_view apex = owner_name.suffix(apex_labels);

  std::vector<NameLink> links(set.rdata.size());
  for (std::size_t i = 0; i < set.rdata.size(); ++i) {
    const std::string_view name = std::string_view(set.rdata[i]).substr(*name_at);
    std::size_t best = common_end(name, owner);
    if (name[best] != 0) {
      links[i].to = NameLink::To::Owner;
      links[i].offset = static_cast<std::uint8_t>(name.size() - best);
    }
    for (std::size_t j = 0; j < std::min(i, kLinkedValuesMax); ++j) {
      const std::string_view other = std::string_view(set.rdata[j]).substr(*name_at);
      const std::size_t end = common_end(name, other);
      if (end >= best) continue;
      best = end;
      links[i] = resolve(links, set, j, *name_at + other.size() - (name.size() - end));
    }
    links[i].keep = static_cast<std::uint8_t>(*name_at + best);
    if (set.type != Type::NS && set.type != Type::MX) continue;
    LookupName target(key, name);
    if (target.labels() >= apex_labels && target.suffix(apex_labels) == apex)
      links[i].target_hash = target.hash(target.labels());
  }
  return links;
}

}  // namespace meridian::snapshots::dns
