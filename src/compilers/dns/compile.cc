#include "compilers/dns/compile.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/route53/resources.h"

namespace meridian::compilers::dns {
namespace {

namespace route53 = services::route53;
using snapshots::dns::Delta;
using snapshots::dns::RecordSet;
using snapshots::dns::ZoneChange;

std::string wire(const meridian::dns::Name& name) {
  return std::string(name.lower().wire());
}

Result<snapshots::dns::Geoproximity> compile_location(const route53::GeoProximityLocation& location) {
  snapshots::dns::Geoproximity out;
  out.bias = static_cast<std::int8_t>(location.bias.value_or(0));
  if (!location.coordinates) {
    out.region = location.aws_region.empty() ? location.local_zone_group : location.aws_region;
    return out;
  }
  const auto latitude = route53::hundredths_of_degree(location.coordinates->first);
  const auto longitude = route53::hundredths_of_degree(location.coordinates->second);
  if (!latitude || !longitude) return invalid("its coordinates are no numbers");
  out.latitude = *latitude;
  out.longitude = *longitude;
  return out;
}

Result<snapshots::dns::Policy> compile_policy(const route53::RecordSetResource& resource) {
  namespace dns = snapshots::dns;
  if (resource.weight) return dns::Weighted{*resource.weight};
  if (!resource.failover.empty()) return dns::Failover{resource.failover == "PRIMARY"};
  if (!resource.region.empty()) return dns::Latency{resource.region};
  if (const auto& place = resource.geo_location)
    return dns::Geolocation{place->continent_code, place->country_code, place->subdivision_code};
  if (resource.geo_proximity) return TRY(compile_location(*resource.geo_proximity));
  if (resource.multi_value_answer.value_or(false)) return dns::Multivalue{};
  if (const auto& cidr = resource.cidr_routing) return dns::IpBased{cidr->collection_id, cidr->location_name};
  return dns::Simple{};
}

Result<RecordSet> compile_record_set(const std::string& zone_id, const route53::RecordSetResource& resource) {
  RecordSet out;
  out.policy = TRY(compile_policy(resource));
  out.set_identifier = resource.id.set_identifier;
  // Of NS and SOA it could only count through an alias, which they cannot have.
  if (resource.id.type != meridian::dns::Type::NS && resource.id.type != meridian::dns::Type::SOA)
    out.health_check_id = resource.health_check_id;
  out.owner = wire(resource.id.name);
  out.type = resource.id.type;
  out.ttl = resource.ttl;
  out.hidden = resource.id.hidden;
  if (resource.alias) {
    if (resource.alias->hosted_zone_id != zone_id &&
        !route53::find_service_zone(resource.alias->hosted_zone_id))
      return invalid(fmt::format("alias target {} is in another zone, {}",
                                 resource.alias->dns_name.to_string(), resource.alias->hosted_zone_id));
    out.alias_target = wire(resource.alias->dns_name);
    out.target_is_hidden = resource.alias->hidden;
    out.evaluate_target_health = resource.alias->evaluate_target_health;
    return out;
  }
  for (const auto& record : resource.records) out.rdata.push_back(record.rdata);
  return out;
}

// Collects the changes of a delta, one ZoneChange a zone.
class DeltaBuilder {
 public:
  DeltaBuilder(ZoneIndex& zones, Compiled& out) : zones_(zones), out_(out) {}

  void put_zone(const store::KeyValue& item) {
    auto zone = route53::decode_hosted_zone(item.value);
    if (!zone) return refuse(item.key, zone.error().message);
    out_.written.push_back({zone->id, item.modified});
    // The zone's own value changes with every change of its records (it counts them); only a new zone matters
    // here.
    if (zones_.contains(zone->id)) return;
    zones_[zone->id] = wire(zone->name);
    change_of(zone->id).kind = ZoneChange::Kind::Replace;
  }

  void delete_zone(const std::string& key) {
    std::string id = key.substr(route53::kZonesPrefix.size());
    if (!zones_.contains(id)) return;
    ZoneChange& change = change_of(id);
    change.kind = ZoneChange::Kind::Remove;
    change.puts.clear();
    change.removes.clear();
    zones_.erase(id);
  }

  void put_record_set(const store::KeyValue& item) {
    auto place = route53::parse_record_set_key(item.key);
    auto resource = route53::decode_record_set(item.value);
    if (!place || !resource)
      return refuse(item.key, place ? resource.error().message : "not a record set's key");
    if (!zones_.contains(place->zone_id)) return;  // its zone went in the same commit
    auto compiled = compile_record_set(place->zone_id, *resource);
    if (!compiled) {
      // What was served before under this key must not go on being served.
      remove(*place);
      return refuse(item.key, compiled.error().message);
    }
    // Beside what is left of another policy, the new one could not be put.
    if (!place->id.set_identifier.empty()) remove(*place);
    change_of(place->zone_id).puts.push_back(*std::move(compiled));
  }

  void delete_record_set(const std::string& key) {
    auto place = route53::parse_record_set_key(key);
    if (place && zones_.contains(place->zone_id)) remove(*place);
  }

  void put_cidr_collection(const store::KeyValue& item) {
    auto resource = route53::decode_cidr_collection(item.value);
    if (!resource) return refuse(item.key, resource.error().message);
    snapshots::dns::CidrCollection collection{std::move(resource->id), {}};
    for (route53::CidrLocation& location : resource->locations)
      collection.locations.push_back({std::move(location.name), std::move(location.blocks)});
    out_.delta.collection_puts.push_back(std::move(collection));
  }
  void delete_cidr_collection(const std::string& key) {
    out_.delta.collection_removes.push_back(key.substr(route53::kCidrCollectionsPrefix.size()));
  }

 private:
  void remove(const route53::RecordSetKeyParts& place) {
    ZoneChange& change = change_of(place.zone_id);
    if (change.kind == ZoneChange::Kind::Edit)
      change.removes.push_back(
          {wire(place.id.name), place.id.type, place.id.set_identifier, place.id.hidden});
  }

  ZoneChange& change_of(const std::string& zone_id) {
    auto [found, fresh] = positions_.try_emplace(zone_id, out_.delta.zones.size());
    if (fresh) {
      ZoneChange& change = out_.delta.zones.emplace_back();
      change.zone_id = zone_id;
      change.apex = zones_.at(zone_id);
    }
    return out_.delta.zones[found->second];
  }

  void refuse(std::string key, std::string reason) {
    out_.refused.push_back({std::move(key), std::move(reason)});
  }

  ZoneIndex& zones_;
  Compiled& out_;
  std::unordered_map<std::string, std::size_t> positions_;
};

}  // namespace

Compiled compile_commit(const store::EventBatch& batch, std::uint64_t from, ZoneIndex& zones) {
  Compiled out;
  out.delta.from = from;
  out.delta.to = batch.revision;
  DeltaBuilder builder(zones, out);
  auto is_zone = [](const store::Event& event) { return event.item.key.starts_with(route53::kZonesPrefix); };
  auto is_put = [](const store::Event& event) { return event.kind == store::Event::Kind::Put; };
  // Zones first: a record set needs to know its zone, wherever its key sorts.
  for (const store::Event& event : batch.events)
    if (is_zone(event)) is_put(event) ? builder.put_zone(event.item) : builder.delete_zone(event.item.key);
  for (const store::Event& event : batch.events) {
    const store::KeyValue& item = event.item;
    if (item.key.starts_with(route53::kRecordSetsPrefix))
      is_put(event) ? builder.put_record_set(item) : builder.delete_record_set(item.key);
    else if (item.key.starts_with(route53::kCidrCollectionsPrefix))
      is_put(event) ? builder.put_cidr_collection(item) : builder.delete_cidr_collection(item.key);
  }
  return out;
}

Compiled compile_image(const StoredItems& items, std::uint64_t revision, ZoneIndex& zones) {
  Compiled out;
  out.delta.to = revision;
  zones.clear();
  DeltaBuilder builder(zones, out);
  std::vector<const store::KeyValue*> by_age;
  for (const auto& item : items.zones) by_age.push_back(&item);
  std::stable_sort(by_age.begin(), by_age.end(), [](auto* a, auto* b) { return a->created < b->created; });
  for (const auto* item : by_age) builder.put_zone(*item);
  for (const auto& item : items.record_sets) builder.put_record_set(item);
  for (const auto& item : items.cidr_collections) builder.put_cidr_collection(item);
  return out;
}

}  // namespace meridian::compilers::dns
