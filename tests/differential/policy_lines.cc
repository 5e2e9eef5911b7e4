#include "policy_lines.h"

#include <map>
#include <sstream>

#include "formats/dns/name.h"
#include "formats/dns/rdata.h"

namespace meridian::differential {
namespace {

using snapshots::dns::CidrCollection;
using snapshots::dns::Delta;
using snapshots::dns::Policy;
using snapshots::dns::RecordSet;

std::string or_nothing(const std::string& word) {
  return word == "-" ? "" : word;
}

Result<Policy> read_policy(std::istream& words) {
  std::string kind, first, second;
  words >> kind >> first >> second;
  const auto number = [](const std::string& text) { return std::strtol(text.c_str(), nullptr, 10); };
  if (kind == "weighted") return snapshots::dns::Weighted{static_cast<std::uint8_t>(number(first))};
  if (kind == "failover") return snapshots::dns::Failover{first == "primary"};
  if (kind == "latency") return snapshots::dns::Latency{first};
  if (kind == "geolocation") return snapshots::dns::Geolocation{or_nothing(first), or_nothing(second), ""};
  if (kind == "geoproximity")
    return snapshots::dns::Geoproximity{first, 0, 0, static_cast<std::int8_t>(number(second))};
  if (kind == "multivalue") return snapshots::dns::Multivalue{};
  if (kind == "ip-based") return snapshots::dns::IpBased{first, second};
  return invalid("not a policy: " + kind);
}

Result<void> add_collection(std::istream& words, Delta& delta) {
  std::string id, block;
  CidrCollection::Location location;
  words >> id >> location.name;
  while (words >> block) location.blocks.push_back(TRY(net::Cidr::parse(block)));
  auto& all = delta.collection_puts;
  auto found = std::ranges::find(all, id, &CidrCollection::id);
  if (found == all.end()) found = all.insert(all.end(), {.id = id, .locations = {}});
  found->locations.push_back(std::move(location));
  return {};
}

Result<RecordSet> read_set(std::istream& words) {
  std::string owner, type_text, value, health_check;
  RecordSet set;
  words >> owner >> type_text >> set.ttl >> value >> set.set_identifier >> health_check;
  const auto type = dns::parse_type(type_text);
  if (!type) return invalid("not a type: " + type_text);
  set.owner = std::string(TRY(dns::Name::parse(owner)).lower().wire());
  set.type = *type;
  set.rdata = {TRY(dns::parse_rdata(*type, value))};
  set.health_check_id = or_nothing(health_check);
  set.policy = TRY(read_policy(words));
  return set;
}

}  // namespace

Result<void> add_policies(std::istream& lines, Delta& delta) {
  std::map<std::string, snapshots::dns::ZoneChange*> zones;
  for (auto& zone : delta.zones) zones[zone.apex] = &zone;
  std::string line, what, origin;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    words >> what;
    if (what == "collection") {
      TRY(add_collection(words, delta));
    } else if (what == "set" && words >> origin) {
      const auto zone = zones.find(std::string(TRY(dns::Name::parse(origin)).lower().wire()));
      if (zone == zones.end()) return invalid("no such zone: " + line);
      zone->second->puts.push_back(TRY(read_set(words)));
    } else {
      return invalid("neither collection nor set: " + line);
    }
  }
  return {};
}

}  // namespace meridian::differential
