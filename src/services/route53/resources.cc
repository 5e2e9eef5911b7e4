// Fields follow one another in a fixed order after the version byte. A later version appends fields; a reader
// of that version takes their defaults when it meets an older value.
#include "services/route53/resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "store/fields.h"

namespace meridian::services::route53 {
namespace {

constexpr std::uint8_t kVersion = 4;
constexpr std::uint8_t kChangesHaveZones = 2;
constexpr std::uint8_t kAccountsCountHealthChecks = 3;
constexpr std::uint8_t kAccountsCountTrafficPolicies = 4;

constexpr std::string_view kIndexPrefix = "route53/index/";

class Writer : public store::FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}
  Writer& name(const dns::Name& value) { return text(value.wire()); }
  Writer& servers(const NameServers& value) {
    for (std::uint16_t server : value) u16(server);
    return *this;
  }
};

class Reader : public store::FieldReader {
 public:
  explicit Reader(std::string_view bytes) : FieldReader(bytes, kVersion) {}
  dns::Name name() {
    auto parsed = dns::Name::from_wire(bytes());
    if (!parsed) spoil();
    return parsed.value_or(dns::Name());
  }
  NameServers servers() {
    NameServers out;
    for (std::uint16_t& server : out) server = u16();
    return out;
  }
};

std::string index_key(std::string_view kind, std::string_view first, std::string_view rest = {}) {
  return fmt::format("{}{}/{}/{}", kIndexPrefix, kind, first, rest);
}

// The end of a name in a key. It sorts before every byte a name can hold, so that a name precedes those below
// it.
constexpr char kEndOfName = '\0';

// Between the zone's id and the name in keys of hidden record sets. No id ends with it, and it is no slash.
constexpr char kHiddenMark = '~';

std::string zone_records_prefix(std::string_view zone_id, bool hidden) {
  return fmt::format("{}{}{}/", kRecordSetsPrefix, zone_id, hidden ? std::string_view(&kHiddenMark, 1) : "");
}

}  // namespace

std::string name_server_name(std::uint16_t server) {
  static constexpr std::string_view kTlds[] = {"com", "net", "org", "co.uk"};
  return fmt::format("ns-{}.awsdns-{:02}.{}", server, server % 512 / 8, kTlds[server / 512 % 4]);
}

std::string aws_name(const dns::Name& name) {
  return name.to_string(dns::Escapes::Octal);
}

std::string reversed_name(const dns::Name& name) {
  std::string text = aws_name(name), out;
  // A dot inside a label is written \056, so every dot of the text ends a label.
  for (std::size_t end = text.size(); end > 1;) {
    std::size_t dot = end >= 2 ? text.rfind('.', end - 2) : std::string::npos;
    std::size_t begin = dot == std::string::npos ? 0 : dot + 1;
    out.append(text, begin, end - begin);
    end = begin;
  }
  return out.empty() ? "." : out;
}

std::optional<std::int32_t> hundredths_of_degree(std::string_view degrees) {
  bool negative = degrees.starts_with('-');
  if (negative || degrees.starts_with('+')) degrees.remove_prefix(1);
  constexpr std::size_t kWholeDigitsMax = 3, kDecimalsMax = 2;
  std::size_t dot = std::min(degrees.find('.'), degrees.size());
  std::string_view decimals = degrees.substr(std::min(dot + 1, degrees.size()));
  if (dot == 0 || dot > kWholeDigitsMax || decimals.size() > kDecimalsMax) return std::nullopt;
  std::string digits = std::string(degrees.substr(0, dot)).append(decimals);
  digits.append(kDecimalsMax - decimals.size(), '0');
  std::int32_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || digits[0] == '-') return std::nullopt;
  return negative ? -value : value;
}

std::string zone_key(std::string_view zone_id) {
  return fmt::format("{}{}", kZonesPrefix, zone_id);
}
std::string record_sets_prefix(std::string_view zone_id) {
  return zone_records_prefix(zone_id, false);
}
std::string hidden_record_sets_prefix(std::string_view zone_id) {
  return zone_records_prefix(zone_id, true);
}
std::string record_sets_prefix(std::string_view zone_id, const dns::Name& name) {
  return record_sets_prefix(zone_id) + reversed_name(name) + kEndOfName;
}
std::string record_set_key(std::string_view zone_id, const RecordSetId& id) {
  return zone_records_prefix(zone_id, id.hidden) + reversed_name(id.name) + kEndOfName +
         dns::to_string(id.type) + kEndOfName + id.set_identifier;
}
std::string change_key(std::string_view change_id) {
  return fmt::format("{}{}", kChangesPrefix, change_id);
}
std::string delegation_set_key(std::string_view delegation_set_id) {
  return fmt::format("route53/delegation-sets/{}", delegation_set_id);
}
std::string cidr_collection_key(std::string_view collection_id) {
  return fmt::format("{}{}", kCidrCollectionsPrefix, collection_id);
}
std::string query_logging_config_key(std::string_view config_id) {
  return fmt::format("{}{}", kQueryLoggingConfigsPrefix, config_id);
}
std::string zone_query_logging_key(std::string_view zone_id) {
  return fmt::format("route53/zone-query-logging/{}", zone_id);
}
std::vector<std::string> query_logging_keys(std::string_view account, std::string_view zone_id,
                                            std::string_view config_id) {
  return {query_logging_config_key(config_id), zone_query_logging_key(zone_id),
          account_query_logging_prefix(account) + std::string(config_id)};
}
std::string tags_key(std::string_view zone_id) {
  return fmt::format("route53/tags/hostedzone/{}", zone_id);
}
std::string health_check_key(std::string_view health_check_id) {
  return fmt::format("{}{}", kHealthChecksPrefix, health_check_id);
}
std::string health_check_tags_key(std::string_view health_check_id) {
  return fmt::format("route53/tags/healthcheck/{}", health_check_id);
}
std::string account_key(std::string_view account) {
  return fmt::format("route53/accounts/{}", account);
}
std::string account_zones_prefix(std::string_view account) {
  return index_key("account-zones", account);
}
std::string account_zone_names_prefix(std::string_view account) {
  return index_key("account-zone-names", account);
}
std::string account_zone_name_key(std::string_view account, const dns::Name& name, std::string_view zone_id) {
  return fmt::format("{}{}{}{}", account_zone_names_prefix(account), reversed_name(name), kEndOfName,
                     zone_id);
}
std::string account_delegation_sets_prefix(std::string_view account) {
  return index_key("account-delegation-sets", account);
}
std::string delegation_set_zones_prefix(std::string_view delegation_set_id) {
  return index_key("delegation-set-zones", delegation_set_id);
}
std::string account_query_logging_prefix(std::string_view account) {
  return index_key("account-query-logging", account);
}
std::string account_health_checks_prefix(std::string_view account) {
  return index_key("account-health-checks", account);
}
std::string health_check_reference_key(std::string_view account, std::string_view caller_reference) {
  return index_key("health-check-references", account, caller_reference);
}
std::string zone_reference_key(std::string_view account, std::string_view caller_reference) {
  return index_key("zone-references", account, caller_reference);
}
std::string delegation_set_reference_key(std::string_view account, std::string_view caller_reference) {
  return index_key("delegation-set-references", account, caller_reference);
}
std::string account_cidr_collections_prefix(std::string_view account) {
  return index_key("account-cidr-collections", account);
}
std::string cidr_collection_name_key(std::string_view account, std::string_view name) {
  return index_key("cidr-collection-names", account, name);
}
std::string cidr_users_prefix(std::string_view collection_id) {
  return index_key("cidr-users", collection_id);
}
std::string cidr_users_prefix(std::string_view collection_id, std::string_view location) {
  return index_key("cidr-users", collection_id, location) + '/';
}
std::string cidr_user_key(std::string_view zone_id, const RecordSetId& id, const CidrRoutingConfig& config) {
  return cidr_users_prefix(config.collection_id, config.location_name) +
         record_set_key(zone_id, id).substr(kRecordSetsPrefix.size());
}
std::string cidr_use_key(std::string_view collection_id) {
  return index_key("cidr-use", collection_id);
}
std::string server_zones_prefix(std::uint16_t server, const dns::Name& name, bool exactly) {
  std::string prefix = index_key("server-zones", fmt::format("{:04}", server), reversed_name(name));
  if (exactly) prefix.push_back(kEndOfName);
  return prefix;
}
std::string server_zone_key(std::uint16_t server, const dns::Name& name, std::string_view zone_id) {
  return server_zones_prefix(server, name, true).append(zone_id);
}

std::optional<RecordSetKeyParts> parse_record_set_key(std::string_view key) {
  if (!key.starts_with(kRecordSetsPrefix)) return std::nullopt;
  key.remove_prefix(kRecordSetsPrefix.size());
  std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  RecordSetKeyParts parts;
  parts.zone_id = key.substr(0, slash);
  const bool hidden = parts.zone_id.ends_with(kHiddenMark);
  if (hidden) parts.zone_id.pop_back();
  key.remove_prefix(slash + 1);
  std::size_t end_of_name = key.find(kEndOfName);
  if (end_of_name == std::string_view::npos) return std::nullopt;
  std::size_t end_of_type = key.find(kEndOfName, end_of_name + 1);
  if (end_of_type == std::string_view::npos) return std::nullopt;

  std::string text;
  std::string_view reversed = key.substr(0, end_of_name);
  for (std::size_t at = 0; at < reversed.size();) {
    std::size_t dot = reversed.find('.', at);
    if (dot == std::string_view::npos) return std::nullopt;
    if (dot > at) text.insert(0, reversed.substr(at, dot + 1 - at));
    at = dot + 1;
  }
  auto name = dns::Name::parse(text.empty() ? "." : text, dns::Name(), dns::Escapes::Octal);
  auto type = dns::parse_type(key.substr(end_of_name + 1, end_of_type - end_of_name - 1));
  if (!name || !type) return std::nullopt;
  parts.id = {*name, *type, std::string(key.substr(end_of_type + 1)), hidden};
  return parts;
}

std::string encode(const HostedZoneResource& zone) {
  return Writer()
      .text(zone.id)
      .text(zone.account)
      .name(zone.name)
      .text(zone.caller_reference)
      .optional_text(zone.comment)
      .text(zone.delegation_set_id)
      .servers(zone.name_servers)
      .u64(zone.record_set_count)
      .take();
}

Result<HostedZoneResource> decode_hosted_zone(std::string_view bytes) {
  Reader in(bytes);
  HostedZoneResource zone;
  zone.id = in.text();
  zone.account = in.text();
  zone.name = in.name();
  zone.caller_reference = in.text();
  zone.comment = in.optional_text();
  zone.delegation_set_id = in.text();
  zone.name_servers = in.servers();
  zone.record_set_count = in.u64();
  return in.finish(std::move(zone), "hosted zone");
}

namespace {
// Which optional parts a record set has, so that a simple one stays small.
enum Part : std::uint16_t {
  kAlias = 1,
  kWeight = 2,
  kRegion = 4,
  kGeoLocation = 8,
  kFailover = 16,
  kMultiValue = 32,
  kCidrRouting = 64,
  kGeoProximity = 128,
  kHealthCheck = 256,
  kTrafficPolicy = 512,
  kSetIdentifier = 1024,
  kHidden = 2048,
  kAliasOfHidden = 4096,
};

std::uint16_t parts_of(const RecordSetResource& set) {
  unsigned parts = 0;
  if (set.alias) parts |= kAlias;
  if (set.weight) parts |= kWeight;
  if (!set.region.empty()) parts |= kRegion;
  if (set.geo_location) parts |= kGeoLocation;
  if (!set.failover.empty()) parts |= kFailover;
  if (set.multi_value_answer) parts |= kMultiValue;
  if (set.cidr_routing) parts |= kCidrRouting;
  if (set.geo_proximity) parts |= kGeoProximity;
  if (!set.health_check_id.empty()) parts |= kHealthCheck;
  if (!set.traffic_policy_instance_id.empty()) parts |= kTrafficPolicy;
  if (!set.id.set_identifier.empty()) parts |= kSetIdentifier;
  if (set.id.hidden) parts |= kHidden;
  if (set.alias && set.alias->hidden) parts |= kAliasOfHidden;
  return static_cast<std::uint16_t>(parts);
}

void write(Writer& out, const GeoProximityLocation& location) {
  out.text(location.aws_region).text(location.local_zone_group).u8(location.coordinates.has_value());
  if (location.coordinates) out.text(location.coordinates->first).text(location.coordinates->second);
  out.u8(location.bias.has_value()).u32(static_cast<std::uint32_t>(location.bias.value_or(0)));
}

GeoProximityLocation read_geo_proximity(Reader& in) {
  GeoProximityLocation location;
  location.aws_region = in.text();
  location.local_zone_group = in.text();
  if (in.flag()) {
    std::string latitude = in.text();
    location.coordinates.emplace(std::move(latitude), in.text());
  }
  bool has_bias = in.flag();
  auto bias = static_cast<std::int32_t>(in.u32());
  if (has_bias) location.bias = bias;
  return location;
}
}  // namespace

std::string encode(const RecordSetResource& set) {
  std::uint16_t parts = parts_of(set);
  Writer out;
  out.name(set.id.name).u16(static_cast<std::uint16_t>(set.id.type)).u16(parts).u32(set.ttl);
  out.u32(static_cast<std::uint32_t>(set.records.size()));
  for (const ResourceRecord& record : set.records) out.text(record.text).text(record.rdata);
  if (set.alias) {
    out.text(set.alias->hosted_zone_id).name(set.alias->dns_name).u8(set.alias->evaluate_target_health);
  }
  if (set.weight) out.u8(*set.weight);
  if (parts & kRegion) out.text(set.region);
  if (set.geo_location) {
    const GeoLocation& location = *set.geo_location;
    out.text(location.continent_code).text(location.country_code).text(location.subdivision_code);
  }
  if (parts & kFailover) out.text(set.failover);
  if (set.multi_value_answer) out.u8(*set.multi_value_answer);
  if (set.cidr_routing) out.text(set.cidr_routing->collection_id).text(set.cidr_routing->location_name);
  if (set.geo_proximity) write(out, *set.geo_proximity);
  if (parts & kHealthCheck) out.text(set.health_check_id);
  if (parts & kTrafficPolicy) out.text(set.traffic_policy_instance_id);
  if (parts & kSetIdentifier) out.text(set.id.set_identifier);
  return out.take();
}

Result<RecordSetResource> decode_record_set(std::string_view bytes) {
  Reader in(bytes);
  RecordSetResource set;
  set.id.name = in.name();
  set.id.type = static_cast<dns::Type>(in.u16());
  std::uint16_t parts = in.u16();
  set.id.hidden = parts & kHidden;
  set.ttl = in.u32();
  set.records.resize(in.count(8));
  for (ResourceRecord& record : set.records) {
    record.text = in.text();
    record.rdata = in.text();
  }
  if (parts & kAlias) {
    AliasTarget& alias = set.alias.emplace();
    alias.hosted_zone_id = in.text();
    alias.dns_name = in.name();
    alias.evaluate_target_health = in.flag();
    alias.hidden = parts & kAliasOfHidden;
  }
  if (parts & kWeight) set.weight = in.u8();
  if (parts & kRegion) set.region = in.text();
  if (parts & kGeoLocation) {
    GeoLocation& location = set.geo_location.emplace();
    location.continent_code = in.text();
    location.country_code = in.text();
    location.subdivision_code = in.text();
  }
  if (parts & kFailover) set.failover = in.text();
  if (parts & kMultiValue) set.multi_value_answer = in.flag();
  if (parts & kCidrRouting) {
    CidrRoutingConfig& config = set.cidr_routing.emplace();
    config.collection_id = in.text();
    config.location_name = in.text();
  }
  if (parts & kGeoProximity) set.geo_proximity = read_geo_proximity(in);
  if (parts & kHealthCheck) set.health_check_id = in.text();
  if (parts & kTrafficPolicy) set.traffic_policy_instance_id = in.text();
  if (parts & kSetIdentifier) set.id.set_identifier = in.text();
  return in.finish(std::move(set), "record set");
}

std::string encode(const ChangeResource& change) {
  return Writer()
      .text(change.id)
      .text(change.account)
      .u64(static_cast<std::uint64_t>(change.submitted_at.time_since_epoch().count()))
      .optional_text(change.comment)
      .text(change.zone_id)
      .take();
}

Result<ChangeResource> decode_change(std::string_view bytes) {
  Reader in(bytes);
  ChangeResource change;
  change.id = in.text();
  change.account = in.text();
  change.submitted_at = SystemTime(Duration(static_cast<Duration::rep>(in.u64())));
  change.comment = in.optional_text();
  if (in.version() >= kChangesHaveZones) change.zone_id = in.text();
  return in.finish(std::move(change), "change");
}

std::string encode(const DelegationSetResource& set) {
  return Writer().text(set.id).text(set.account).text(set.caller_reference).servers(set.name_servers).take();
}

Result<DelegationSetResource> decode_delegation_set(std::string_view bytes) {
  Reader in(bytes);
  DelegationSetResource set;
  set.id = in.text();
  set.account = in.text();
  set.caller_reference = in.text();
  set.name_servers = in.servers();
  return in.finish(std::move(set), "delegation set");
}

namespace {
void write(Writer& out, const net::Cidr& block) {
  out.text(block.base.bytes()).u8(block.bits);
}

// Its address has four bytes or sixteen.
net::Cidr read_block(Reader& in) {
  net::Cidr block;
  std::string_view bytes = in.bytes();
  std::array<std::uint8_t, 4> v4{};
  std::array<std::uint8_t, 16> v6{};
  if (bytes.size() == v4.size()) {
    std::ranges::copy(bytes, v4.begin());
    block.base = net::IpAddress::v4(v4);
  } else if (bytes.size() == v6.size()) {
    std::ranges::copy(bytes, v6.begin());
    block.base = net::IpAddress::v6(v6);
  } else {
    in.spoil();
  }
  block.bits = in.u8();
  if (block.bits > bytes.size() * 8) in.spoil();
  return block;
}
}  // namespace

std::string encode(const CidrCollectionResource& collection) {
  Writer out;
  out.text(collection.id).text(collection.account).text(collection.name).text(collection.caller_reference);
  out.u64(collection.version).count(collection.locations.size());
  for (const CidrLocation& location : collection.locations) {
    out.text(location.name).count(location.blocks.size());
    for (const net::Cidr& block : location.blocks) write(out, block);
  }
  return out.take();
}

Result<CidrCollectionResource> decode_cidr_collection(std::string_view bytes) {
  Reader in(bytes);
  CidrCollectionResource collection;
  collection.id = in.text();
  collection.account = in.text();
  collection.name = in.text();
  collection.caller_reference = in.text();
  collection.version = in.u64();
  collection.locations.resize(in.count(8));
  for (CidrLocation& location : collection.locations) {
    location.name = in.text();
    location.blocks.resize(in.count(9));
    for (net::Cidr& block : location.blocks) block = read_block(in);
  }
  return in.finish(std::move(collection), "CIDR collection");
}

std::string encode(const QueryLoggingConfigResource& config) {
  return Writer().text(config.id).text(config.account).text(config.zone_id).text(config.log_group).take();
}
Result<QueryLoggingConfigResource> decode_query_logging_config(std::string_view bytes) {
  Reader in(bytes);
  QueryLoggingConfigResource config;
  config.id = in.text();
  config.account = in.text();
  config.zone_id = in.text();
  config.log_group = in.text();
  return in.finish(std::move(config), "query logging configuration");
}

std::string encode(const TagsResource& tags) {
  Writer out;
  out.u32(static_cast<std::uint32_t>(tags.tags.size()));
  for (const Tag& tag : tags.tags) out.text(tag.key).text(tag.value);
  return out.take();
}

Result<TagsResource> decode_tags(std::string_view bytes) {
  Reader in(bytes);
  TagsResource tags;
  tags.tags.resize(in.count(8));
  for (Tag& tag : tags.tags) {
    tag.key = in.text();
    tag.value = in.text();
  }
  return in.finish(std::move(tags), "tag list");
}

std::string encode(const AccountResource& account) {
  return Writer()
      .u64(account.hosted_zone_count)
      .u64(account.delegation_set_count)
      .u64(account.health_check_count)
      .u64(account.traffic_policy_count)
      .u64(account.traffic_policy_instance_count)
      .take();
}

Result<AccountResource> decode_account(std::string_view bytes) {
  Reader in(bytes);
  AccountResource account;
  account.hosted_zone_count = in.u64();
  account.delegation_set_count = in.u64();
  if (in.version() >= kAccountsCountHealthChecks) account.health_check_count = in.u64();
  if (in.version() >= kAccountsCountTrafficPolicies) {
    account.traffic_policy_count = in.u64();
    account.traffic_policy_instance_count = in.u64();
  }
  return in.finish(account, "account");
}

}  // namespace meridian::services::route53
