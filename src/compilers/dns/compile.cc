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

Result<RecordSet> compile_record_set(const std::string& zone_id, const route53::RecordSetResource& resource) {
  if (!resource.id.set_identifier.empty())
    return invalid("record sets with a routing policy are not served by this version");
  RecordSet out;
  out.owner = wire(resource.id.name);
  out.type = resource.id.type;
  out.ttl = resource.ttl;
  out.hidden = resource.id.hidden;
  if (resource.alias) {
    if (resource.alias->hosted_zone_id != zone_id)
      return invalid(fmt::format("alias target {} is in another zone, {}",
                                 resource.alias->dns_name.to_string(), resource.alias->hosted_zone_id));
    out.alias_target = wire(resource.alias->dns_name);
    out.target_is_hidden = resource.alias->hidden;
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
    change_of(place->zone_id).puts.push_back(*std::move(compiled));
  }

  void delete_record_set(const std::string& key) {
    auto place = route53::parse_record_set_key(key);
    if (place && zones_.contains(place->zone_id)) remove(*place);
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
    if (!event.item.key.starts_with(route53::kRecordSetsPrefix)) continue;
    is_put(event) ? builder.put_record_set(event.item) : builder.delete_record_set(event.item.key);
  }
  return out;
}

Compiled compile_image(std::span<const store::KeyValue> zone_items,
                       std::span<const store::KeyValue> record_set_items, std::uint64_t revision,
                       ZoneIndex& zones) {
  Compiled out;
  out.delta.to = revision;
  zones.clear();
  DeltaBuilder builder(zones, out);
  std::vector<const store::KeyValue*> by_age;
  for (const auto& item : zone_items) by_age.push_back(&item);
  std::stable_sort(by_age.begin(), by_age.end(), [](auto* a, auto* b) { return a->created < b->created; });
  for (const auto* item : by_age) builder.put_zone(*item);
  for (const auto& item : record_set_items) builder.put_record_set(item);
  return out;
}

}  // namespace meridian::compilers::dns
