#include "apps/control/service_zones.h"

#include <fmt/format.h>

#include <cmath>

#include "formats/dns/rdata.h"
#include "services/cloudfront/resources.h"

namespace meridian::apps {
namespace {

namespace cloudfront = services::cloudfront;
namespace route53 = services::route53;
using dns::Name;
using dns::Type;
using snapshots::cdn::PriceClass;

constexpr std::string_view kDistributions = cloudfront::kPrefix<cloudfront::api::DistributionConfig>;
constexpr std::uint32_t kAuthorityTtl = 172800, kStartOfAuthorityTtl = 900;
constexpr route53::NameServers kServers{418, 666, 1306, 1597};
constexpr std::size_t kWritesMax = 1000;  // of one transaction
constexpr PriceClass kClasses[] = {PriceClass::Class100, PriceClass::Class200, PriceClass::All};

Name parsed(std::string_view text) {
  return *Name::parse(text);
}

// Hidden names: no question reaches them.
Name class_name(PriceClass price_class) {
  return parsed(fmt::format("locations-{}.{}", static_cast<int>(price_class), "cloudfront.net"));
}

route53::RecordSetResource record_set(Name owner, Type type, std::uint32_t ttl,
                                      const std::vector<std::string>& values) {
  route53::RecordSetResource set;
  set.id = {std::move(owner), type, ""};
  set.ttl = ttl;
  for (const std::string& value : values)
    set.records.push_back({value, dns::parse_rdata(type, value).value()});
  return set;
}

std::vector<std::string> of_family(const std::vector<net::IpAddress>& addresses, Type type) {
  std::vector<std::string> out;
  for (const net::IpAddress& address : addresses)
    if (address.is_v4() == (type == Type::A)) out.push_back(address.to_string());
  return out;
}

std::string hundredths(double degrees) {
  return fmt::format("{:.2f}", degrees);
}

}  // namespace

ServiceZones::ServiceZones(store::Store& store, ServiceAddresses addresses, Logger& logger)
    : store_(store),
      addresses_(std::move(addresses)),
      logger_(logger),
      follower_(store, std::string(kDistributions), *this, logger, "service-zones") {}

Result<void> ServiceZones::start() {
  for (const route53::ServiceZone& zone : route53::service_zones())
    if (zone.id != route53::kCloudFrontZone) TRY(put_right(zone.id, standing_rows(zone)));
  TRY(follower_.start());
  return first_;
}

std::vector<ServedLocation> ServiceZones::locations() const {
  std::lock_guard lock(mutex_);
  return addresses_.locations;
}

void ServiceZones::set_locations(std::vector<ServedLocation> locations) {
  std::lock_guard one_at_a_time(rewriting_);
  const route53::ServiceZone& zone = *route53::find_service_zone(route53::kCloudFrontZone);
  const Rows before = standing_rows(zone);
  {
    std::lock_guard lock(mutex_);
    addresses_.locations = std::move(locations);
  }
  const Rows after = standing_rows(zone);
  store::Transaction transaction;
  for (const auto& [key, value] : after)
    if (const auto was = before.find(key); was == before.end() || was->second != value)
      transaction.puts.push_back({key, value});
  for (const auto& [key, value] : before)
    if (!after.contains(key)) transaction.deletes.push_back(key);
  if (const auto done = write(std::move(transaction)); !done)
    logger_.error("service-zones", "the edge locations could not be written",
                  {{"why", done.error().message}});
}

ServiceZones::Rows ServiceZones::standing_rows(const route53::ServiceZone& zone) const {
  Rows rows;
  const auto add = [&](const route53::RecordSetResource& set) {
    rows[route53::record_set_key(zone.id, set.id)] = encode(set);
  };
  const bool is_cloudfront = zone.id == route53::kCloudFrontZone;
  const std::vector<ServedLocation> locations = this->locations();
  const auto website = [&](Type type) { return of_family(addresses_.s3_website, type); };
  if (!is_cloudfront && addresses_.s3_website.empty()) return rows;

  route53::HostedZoneResource resource;
  resource.id = zone.id;
  resource.name = parsed(zone.apex);
  resource.name_servers = kServers;
  rows[route53::zone_key(zone.id)] = encode(resource);
  std::vector<std::string> servers;
  for (const std::uint16_t server : kServers) servers.push_back(route53::name_server_name(server) + '.');
  add(record_set(resource.name, Type::NS, kAuthorityTtl, servers));
  add(record_set(resource.name, Type::SOA, kStartOfAuthorityTtl,
                 {servers[0] + " awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"}));
  for (const Type type : {Type::A, Type::AAAA}) {
    if (!is_cloudfront) {
      if (const auto values = website(type); !values.empty()) {
        add(record_set(resource.name, type, kTtl, values));
        add(record_set(parsed("*." + std::string(zone.apex)), type, kTtl, values));
      }
      continue;
    }
    for (const PriceClass price_class : kClasses) {
      std::size_t count = 0;
      for (const ServedLocation& location : locations) {
        const auto values = of_family(location.addresses, type);
        if (values.empty() || location.price_class > price_class || ++count > kLocationsMax) continue;
        route53::RecordSetResource set = record_set(class_name(price_class), type, kTtl, values);
        set.id.hidden = true;
        set.id.set_identifier = location.code;
        set.geo_proximity = route53::GeoProximityLocation{
            .aws_region = {},
            .local_zone_group = {},
            .coordinates = {{hundredths(location.latitude), hundredths(location.longitude)}},
            .bias = {}};
        add(set);
      }
    }
  }
  return rows;
}

namespace {

PriceClass price_class_of(const cloudfront::DistributionResource& distribution) {
  const std::string text = distribution.config.PriceClass.value_or("PriceClass_All");
  if (text == "PriceClass_100") return PriceClass::Class100;
  return text == "PriceClass_200" ? PriceClass::Class200 : PriceClass::All;
}

// The record sets of a distribution's name: both families or one, as keys and values.
std::map<std::string, std::string> rows_of(const cloudfront::DistributionResource& distribution) {
  std::map<std::string, std::string> rows;
  const auto owner = Name::parse(distribution.public_name);
  if (!owner || !owner->is_under(parsed("cloudfront.net"))) return rows;
  for (const Type type : {Type::A, Type::AAAA}) {
    if (type == Type::AAAA && !distribution.config.IsIPV6Enabled.value_or(false)) continue;
    route53::RecordSetResource set;
    set.id = {owner->lower(), type, ""};
    set.alias = route53::AliasTarget{.hosted_zone_id = std::string(route53::kCloudFrontZone),
                                     .dns_name = class_name(price_class_of(distribution)),
                                     .evaluate_target_health = false,
                                     .hidden = true};
    rows[route53::record_set_key(route53::kCloudFrontZone, set.id)] = encode(set);
  }
  return rows;
}

}  // namespace

void ServiceZones::all(store::Range range) {
  names_.clear();
  Rows wanted = standing_rows(*route53::find_service_zone(route53::kCloudFrontZone));
  for (const store::KeyValue& item : range.items) {
    const auto distribution = cloudfront::decode<cloudfront::api::DistributionConfig>(item.value);
    if (!distribution) continue;
    names_[item.key] = distribution->public_name;
    wanted.merge(rows_of(*distribution));
  }
  first_ = put_right(route53::kCloudFrontZone, wanted);
  if (!first_)
    logger_.error("service-zones", "the zone of distributions could not be written",
                  {{"why", first_.error().message}});
}

void ServiceZones::changed(const store::EventBatch& batch) {
  store::Transaction transaction;
  for (const store::Event& event : batch.events) {
    Rows wanted;
    const auto known = names_.find(event.item.key);
    std::string name = known == names_.end() ? "" : known->second;
    if (event.kind == store::Event::Kind::Put) {
      const auto distribution = cloudfront::decode<cloudfront::api::DistributionConfig>(event.item.value);
      if (!distribution) continue;
      name = distribution->public_name;
      names_[event.item.key] = name;
      wanted = rows_of(*distribution);
    } else if (known != names_.end()) {
      names_.erase(known);
    }
    const auto owner = Name::parse(name);
    if (name.empty() || !owner) continue;
    for (const Type type : {Type::A, Type::AAAA}) {
      const std::string key = route53::record_set_key(route53::kCloudFrontZone, {owner->lower(), type, ""});
      const auto row = wanted.find(key);
      if (row == wanted.end())
        transaction.deletes.push_back(key);
      else
        transaction.puts.push_back({key, row->second});
    }
  }
  if (const auto done = write(std::move(transaction)); !done)
    logger_.error("service-zones", "the names of distributions could not be written",
                  {{"why", done.error().message}});
}

Result<void> ServiceZones::put_right(std::string_view zone_id, const Rows& wanted) {
  Rows there;
  if (const auto zone = TRY(store_.get(route53::zone_key(zone_id)))) there[zone->key] = zone->value;
  for (const std::string& prefix :
       {route53::record_sets_prefix(zone_id), route53::hidden_record_sets_prefix(zone_id)})
    for (store::KeyValue& item : TRY(store_.range(prefix)).items) there[item.key] = std::move(item.value);
  store::Transaction transaction;
  const auto write_full = [&]() -> Result<void> {
    if (transaction.puts.size() + transaction.deletes.size() < kWritesMax) return {};
    return write(std::exchange(transaction, {}));
  };
  // The zone's own row sorts behind its records' and must not come after them: a record needs its zone.
  const std::string zone = route53::zone_key(zone_id);
  if (const auto row = wanted.find(zone); row != wanted.end() && there[zone] != row->second)
    transaction.puts.push_back({zone, row->second});
  for (const auto& [key, value] : wanted) {
    const auto found = there.find(key);
    if (key == zone || (found != there.end() && found->second == value)) continue;
    transaction.puts.push_back({key, value});
    TRY(write_full());
  }
  for (const auto& [key, value] : there)
    if (!wanted.contains(key) && !value.empty()) {
      transaction.deletes.push_back(key);
      TRY(write_full());
    }
  return write(std::move(transaction));
}

Result<void> ServiceZones::write(store::Transaction transaction) {
  if (transaction.puts.empty() && transaction.deletes.empty()) return {};
  TRY(store_.commit(std::move(transaction)));
  return {};
}

}  // namespace meridian::apps
