// What a delta must be before it is applied or written: see check() in delta.h.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "formats/dns/name.h"
#include "formats/dns/rdata.h"
#include "snapshots/dns/delta.h"
#include "snapshots/location/location.h"

namespace meridian::snapshots::dns {
namespace {

using meridian::dns::check_rdata;
using meridian::dns::Name;

constexpr std::size_t kRdlengthSize = 2;

bool host_bits_set(const net::Cidr& block) {
  const std::string_view bytes = block.base.bytes();
  for (std::size_t i = block.bits / 8u; i < bytes.size(); ++i) {
    const unsigned mask = i == block.bits / 8u ? 0xffu >> block.bits % 8 : 0xffu;
    if (static_cast<std::uint8_t>(bytes[i]) & mask) return true;
  }
  return false;
}

std::string shown(std::string_view wire) {
  const Result<Name> name = Name::from_wire(wire);
  return name ? name->to_string() : "(no name)";
}

Result<Name> check_name(std::string_view wire, const char* what) {
  Result<Name> name = Name::from_wire(wire);
  if (!name) return invalid(fmt::format("{} is not a wire name: {}", what, name.error().message));
  if (name->lower().wire() != wire)
    return invalid(fmt::format("{} {} is not in lower case", what, name->to_string()));
  return name;
}

Result<void> check_owner(std::string_view wire, const Name& apex, const char* what) {
  const Name name = TRY(check_name(wire, what));
  if (!name.is_under(apex))
    return invalid(fmt::format("{} {} is outside the zone {}", what, name.to_string(), apex.to_string()));
  return {};
}

// RFC 6895 §3.1: zero and 128 to 255 are for questions and transport; OPT is neither data. DNAME asks for a
// redirection that the engine does not make.
bool can_be_stored(Type type) {
  const auto number = static_cast<std::uint16_t>(type);
  return number != 0 && (number < 128 || number > 255) && type != Type::OPT && type != Type::DNAME;
}

Result<void> check_values(const RecordSet& set) {
  std::size_t total = 0;
  for (const std::string& value : set.rdata) {
    total += value.size() + kRdlengthSize;
    TRY(check_rdata(set.type, value));
  }
  if (total > kSetBytesMax) return invalid(fmt::format("its values take more than {} bytes", kSetBytesMax));
  // Route 53 and RFC 2181 §10.1 know one value only.
  const bool single = set.type == Type::CNAME || set.type == Type::SOA;
  if (single && set.rdata.size() > 1) return invalid("it has more than one value");
  return {};
}

bool is_collection_id(std::string_view id) {
  return !id.empty() && id.size() <= kCidrCollectionIdSizeMax;
}

bool is_code(std::string_view text, std::size_t size_max) {
  return !text.empty() && text.size() <= size_max &&
         std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

Result<void> check_geolocation(const Geolocation& policy) {
  const bool of_continent = is_code(policy.continent, 2) && policy.country.empty();
  const bool of_country = policy.continent.empty() && (is_code(policy.country, 2) || policy.country == "*");
  if (!of_continent && !of_country) return invalid("its place is neither a continent nor a country");
  if (policy.subdivision.empty()) return {};
  if (!is_code(policy.country, 2) || !is_code(policy.subdivision, location::Code{}.letters.size()))
    return invalid("its subdivision is none of a country");
  return {};
}

Result<void> check_geoproximity(const Geoproximity& policy) {
  if (policy.region.size() > kRegionSizeMax) return invalid("the name of its Region is too long");
  if (!policy.region.empty() && (policy.latitude != 0 || policy.longitude != 0))
    return invalid("it has both a Region and coordinates");
  if (policy.latitude < -9000 || policy.latitude > 9000 || policy.longitude < -18000 ||
      policy.longitude > 18000)
    return invalid("its coordinates are not on the globe");
  if (policy.bias < -99 || policy.bias > 99) return invalid("its bias is outside -99 to 99");
  return {};
}

Result<void> check_policy(const RecordSet& set) {
  if (set.health_check_id.size() > kHealthCheckIdSizeMax) return invalid("its health check id is too long");
  if (std::holds_alternative<Simple>(set.policy)) {
    if (!set.set_identifier.empty()) return invalid("it has an identifier but no routing policy");
    if (!set.health_check_id.empty() && (set.type == Type::NS || set.type == Type::SOA))
      return invalid("NS and SOA have no health check");
    return {};
  }
  if (set.set_identifier.empty()) return invalid("it has a routing policy but no identifier");
  if (set.type == Type::NS || set.type == Type::SOA || set.type == Type::DS)
    return invalid("NS, SOA and DS have no routing policy");
  if (const auto* latency = std::get_if<Latency>(&set.policy))
    return latency->region.empty() || latency->region.size() > kRegionSizeMax ? invalid("it has no Region")
                                                                              : Result<void>{};
  if (const auto* geolocation = std::get_if<Geolocation>(&set.policy)) return check_geolocation(*geolocation);
  if (const auto* near = std::get_if<Geoproximity>(&set.policy)) return check_geoproximity(*near);
  if (const auto* block = std::get_if<IpBased>(&set.policy)) {
    if (!is_collection_id(block->collection_id)) return invalid("bad CIDR collection id");
    if (block->location.empty() || block->location.size() > kCidrLocationSizeMax)
      return invalid("bad CIDR location");
  }
  if (std::holds_alternative<Multivalue>(set.policy) &&
      (set.type == Type::CNAME || !set.alias_target.empty()))
    return invalid("neither CNAME nor an alias can be one of several values");
  return {};
}

Result<void> check_contents(const RecordSet& set, const Name& apex) {
  if (!can_be_stored(set.type)) return invalid("this type is not served");
  if (set.set_identifier.size() > kSetIdentifierSizeMax) return invalid("its identifier is too long");
  if (set.hidden && (set.type == Type::NS || set.type == Type::SOA || set.type == Type::DS))
    return invalid("NS, SOA and DS cannot be hidden");
  TRY(check_policy(set));
  if (set.ttl > kTtlMax) return invalid(fmt::format("its TTL is above {}", kTtlMax));
  if (set.type == Type::SOA && set.owner != apex.wire()) return invalid("SOA belongs at the apex");
  if (set.rdata.size() > kValuesMax) return invalid(fmt::format("it has more than {} values", kValuesMax));
  if (set.alias_target.empty()) {
    if (set.target_is_hidden || set.evaluate_target_health)
      return invalid("what is said of a target fits no values");
    if (set.rdata.empty()) return invalid("it has neither values nor an alias target");
    return check_values(set);
  }
  if (!set.rdata.empty()) return invalid("it has both values and an alias target");
  if (set.type == Type::NS || set.type == Type::SOA) return invalid("NS and SOA cannot be aliases");
  const Name target = TRY(check_name(set.alias_target, "alias target"));
  if (set.target_is_hidden && !target.is_under(apex))
    return invalid(fmt::format("its target {} is hidden in another zone", target.to_string()));
  return {};
}

// Of a whole zone: those of one name and type go together.
Result<void> check_groups(const ZoneChange& change) {
  using Key = std::tuple<std::string_view, Type, bool>;
  const auto key_of = [](const RecordSet& set) { return Key(set.owner, set.type, set.hidden); };
  struct Group {
    std::size_t policy;
    std::set<std::string_view> identifiers;
  };
  std::map<Key, Group> groups;
  for (const RecordSet& set : change.puts) {
    if (std::holds_alternative<Simple>(set.policy)) continue;
    Group& group = groups.try_emplace(key_of(set), Group{set.policy.index(), {}}).first->second;
    group.identifiers.insert(set.set_identifier);
    if (group.policy != set.policy.index())
      return invalid(fmt::format("{} {} has several routing policies", shown(set.owner),
                                 meridian::dns::to_string(set.type)));
    if (group.identifiers.size() > kGroupSizeMax)
      return invalid(fmt::format("{} {} has more than {} record sets", shown(set.owner),
                                 meridian::dns::to_string(set.type), kGroupSizeMax));
  }
  if (groups.empty()) return {};
  for (const RecordSet& set : change.puts)
    if (std::holds_alternative<Simple>(set.policy) && groups.contains(key_of(set)))
      return invalid(fmt::format("{} {} has record sets with and without a routing policy", shown(set.owner),
                                 meridian::dns::to_string(set.type)));
  return {};
}

Result<void> check_collection(const CidrCollection& collection) {
  if (!is_collection_id(collection.id)) return invalid("bad id");
  if (collection.locations.size() > kCidrBlocksMax)
    return invalid(fmt::format("more than {} locations", kCidrBlocksMax));
  std::size_t blocks = 0;
  for (const CidrCollection::Location& location : collection.locations) {
    if (location.name.empty() || location.name.size() > kCidrLocationSizeMax)
      return invalid("a location's name is empty or too long");
    blocks += location.blocks.size();
    for (const net::Cidr& block : location.blocks) {
      if (block.bits < 1 || block.bits > (block.base.is_v4() ? 24 : 48))
        return invalid(fmt::format("{}: blocks are /1 to /24, of IPv6 /1 to /48", block.to_string()));
      if (host_bits_set(block)) return invalid(fmt::format("{} has host bits", block.to_string()));
    }
  }
  if (blocks > kCidrBlocksMax) return invalid(fmt::format("more than {} blocks", kCidrBlocksMax));
  return {};
}

Result<void> check_change(const ZoneChange& change) {
  if (change.zone_id.empty() || change.zone_id.size() > kZoneIdSizeMax) return invalid("bad zone id");
  const Name apex = TRY(check_name(change.apex, "apex"));
  if (change.kind != ZoneChange::Kind::Edit && !change.removes.empty())
    return invalid("removes in a whole zone");
  if (change.kind == ZoneChange::Kind::Remove && !change.puts.empty())
    return invalid("puts in a removed zone");
  for (const RecordSetKey& key : change.removes) TRY(check_owner(key.owner, apex, "owner"));
  for (const RecordSet& set : change.puts) {
    TRY(check_owner(set.owner, apex, "owner"));
    if (const Result<void> good = check_contents(set, apex); !good)
      return invalid(fmt::format("{} {}: {}", shown(set.owner), meridian::dns::to_string(set.type),
                                 good.error().message));
  }
  return change.kind == ZoneChange::Kind::Replace ? check_groups(change) : Result<void>{};
}

}  // namespace

Result<void> check(const Delta& delta) {
  if (delta.from != 0 && delta.to <= delta.from)
    return invalid(fmt::format("DNS delta goes from revision {} to {}", delta.from, delta.to));
  for (const ZoneChange& change : delta.zones) {
    Result<void> good = delta.from == 0 && change.kind != ZoneChange::Kind::Replace
                            ? invalid("a full image only replaces zones")
                            : check_change(change);
    if (!good) return invalid(fmt::format("DNS delta, zone {}: {}", change.zone_id, good.error().message));
  }
  if (!std::ranges::all_of(delta.collection_removes, is_collection_id))
    return invalid("DNS delta: the id of a removed CIDR collection is empty or too long");
  if (delta.from == 0 && !delta.collection_removes.empty())
    return invalid("a full image removes no collection");
  for (const CidrCollection& collection : delta.collection_puts)
    if (const Result<void> good = check_collection(collection); !good)
      return invalid(fmt::format("DNS delta, CIDR collection {}: {}", collection.id, good.error().message));
  return {};
}

}  // namespace meridian::snapshots::dns
