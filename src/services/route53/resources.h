// What Route 53 stores: the resources, their keys and their encoding. The one header of this room that others
// (the DNS compiler) may include. Rules: a name is a lower-case wire name; every record set has a key of its
// own, and the keys of a zone sort in the order in which ListResourceRecordSets shows them; every value
// begins with its schema version.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "formats/dns/name.h"
#include "formats/dns/types.h"
#include "net/address.h"

namespace meridian::services::route53 {

// The four servers of a zone, each the N of ns-N.awsdns-NN.TLD: 0-511 .com, 512-1023 .net, 1024-1535 .org,
// 1536-2047 .co.uk. The order is that of the NS record set; the first is the MNAME of the SOA.
using NameServers = std::array<std::uint16_t, 4>;
std::string name_server_name(std::uint16_t server);  // "ns-738.awsdns-28.net"

// Zones may share a name; the one whose key was created first answers.
struct HostedZoneResource {
  std::string id;       // "Z…"
  std::string account;  // 12 digits
  dns::Name name;
  std::string caller_reference;
  std::optional<std::string> comment;
  std::string delegation_set_id;  // of a reusable set; empty: the servers are the zone's own
  NameServers name_servers{};
  std::uint64_t record_set_count = 0;
};

struct ResourceRecord {
  std::string text;   // as AWS shows it
  std::string rdata;  // uncompressed wire form
};

struct AliasTarget {
  std::string hosted_zone_id;
  dns::Name dns_name;
  bool evaluate_target_health = false;
  bool hidden = false;  // leads to hidden record sets of that name, not to visible ones
};

// A continent, a country, or a subdivision with its country; the country "*" is for clients of no other
// record set.
inline constexpr std::string_view kAnyCountry = "*";
struct GeoLocation {
  std::string continent_code, country_code, subdivision_code;
};

// Exactly one of the first three says where.
struct GeoProximityLocation {
  std::string aws_region, local_zone_group;
  std::optional<std::pair<std::string, std::string>> coordinates;  // latitude, longitude as given
  std::optional<std::int32_t> bias;
};
// "-12.5" is -1250; nothing for what is not degrees with at most two decimals.
std::optional<std::int32_t> hundredths_of_degree(std::string_view degrees);

// The location "*" is for clients in no block of the collection.
inline constexpr std::string_view kAnyCidrLocation = "*";
struct CidrRoutingConfig {
  std::string collection_id, location_name;
};

// What tells the record sets of a zone apart. Hidden ones are those that a traffic policy instance makes
// beneath its own record set: only aliases that say so reach them, no call lists or changes them, no quota
// counts them, and their names may equal visible ones.
struct RecordSetId {
  dns::Name name;
  dns::Type type = dns::Type::A;
  std::string set_identifier;  // empty: a simple record set
  bool hidden = false;
};

struct RecordSetResource {
  RecordSetId id;
  std::uint32_t ttl = 0;                // seconds; meaningless for an alias
  std::vector<ResourceRecord> records;  // in the order given; empty for an alias
  std::optional<AliasTarget> alias;

  // The routing policy: at most one of the first seven, and one exactly when there is a set identifier.
  std::optional<std::uint8_t> weight;
  std::string region;
  std::optional<GeoLocation> geo_location;
  std::string failover;                    // PRIMARY, SECONDARY
  std::optional<bool> multi_value_answer;  // never false
  std::optional<CidrRoutingConfig> cidr_routing;
  std::optional<GeoProximityLocation> geo_proximity;
  std::string health_check_id;
  std::string traffic_policy_instance_id;  // which instance made it, hidden or visible
};

// The store revision that made the key is the revision that engines must acknowledge.
struct ChangeResource {
  std::string id;  // "C…"; ids sort by the time they were made
  std::string account;
  SystemTime submitted_at;
  std::optional<std::string> comment;
  std::string zone_id;  // of the zone that it changes; empty in those made before this was kept
};

struct DelegationSetResource {
  std::string id;  // "N…"
  std::string account;
  std::string caller_reference;
  NameServers name_servers{};
};

// Named lists of address blocks, for IP-based routing. Blocks are in one location of a collection only.
struct CidrLocation {
  std::string name;               // 1 to 16 characters, never "*"
  std::vector<net::Cidr> blocks;  // in ascending order, at least one
};
struct CidrCollectionResource {
  std::string id;  // a UUID
  std::string account;
  std::string name;  // one of its own in the account
  std::string caller_reference;
  std::uint64_t version = 1;            // one more with every change
  std::vector<CidrLocation> locations;  // by name
};

enum class HealthCheckType : std::uint8_t {
  Http,
  Https,
  HttpStrMatch,
  HttpsStrMatch,
  Tcp,
  Calculated,
  CloudWatchMetric,
  RecoveryControl,
};
std::string_view to_string(HealthCheckType type);  // "HTTP_STR_MATCH"
std::optional<HealthCheckType> parse_health_check_type(std::string_view text);

// What is not of the check's type is empty, zero or false.
struct HealthCheckConfig {
  HealthCheckType type = HealthCheckType::Http;
  std::string ip_address{};                   // as given; empty: the domain name is looked up
  std::string fully_qualified_domain_name{};  // as given
  std::uint16_t port = 0;
  std::string resource_path{}, search_string{};
  std::uint8_t request_interval = 0;  // seconds
  std::uint8_t failure_threshold = 0;
  bool measure_latency = false, enable_sni = false;
  bool inverted = false, disabled = false;
  std::vector<std::string> regions{};  // of checkers; none: all
  std::vector<std::string> child_health_checks{};
  std::uint16_t health_threshold = 0;
  std::string alarm_region{}, alarm_name{}, insufficient_data_health_status{};
  std::string routing_control_arn{};
  bool operator==(const HealthCheckConfig&) const = default;
};
struct HealthCheckResource {
  std::string id;  // a UUID
  std::string account;
  std::string caller_reference;
  std::uint64_t version = 1;  // one more with every update
  HealthCheckConfig config;
  // Of a CLOUDWATCH_METRIC check: the bytes of its cloudwatch::AlarmResource as that was when the check was
  // made or updated last.
  std::string alarm{};
};

struct QueryLoggingConfigResource {
  std::string id;  // a UUID
  std::string account;
  std::string zone_id;
  std::string log_group;  // its name, in kQueryLoggingRegion and the same account
};
// Route 53 delivers to this region only.
inline constexpr std::string_view kQueryLoggingRegion = "us-east-1";

struct Tag {
  std::string key, value;
};
struct TagsResource {
  std::vector<Tag> tags;  // in the order they were added
};

struct AccountResource {
  std::uint64_t hosted_zone_count = 0;
  std::uint64_t delegation_set_count = 0;
  std::uint64_t health_check_count = 0;
  std::uint64_t traffic_policy_count = 0;
  std::uint64_t traffic_policy_instance_count = 0;
};

// Zones of AWS's own, with its fixed ids, in which aliases find CloudFront's distributions and S3's website
// endpoints. No account has them; who serves those names puts the records (apps/control/service_zones.h).
// Source: the AWS General Reference, "Amazon S3 endpoints" and "Amazon CloudFront endpoints".
struct ServiceZone {
  std::string_view id, apex;  // without the last dot
};
inline constexpr std::string_view kCloudFrontZone = "Z2FDTNDATAQYW2";
std::span<const ServiceZone> service_zones();
const ServiceZone* find_service_zone(std::string_view zone_id);  // null: none of them

// Keys. A watcher of "route53/" sees everything.
inline constexpr std::string_view kZonesPrefix = "route53/zones/";
inline constexpr std::string_view kRecordSetsPrefix = "route53/records/";
inline constexpr std::string_view kChangesPrefix = "route53/changes/";
inline constexpr std::string_view kHealthChecksPrefix = "route53/health-checks/";
inline constexpr std::string_view kQueryLoggingConfigsPrefix = "route53/query-logging-configs/";
inline constexpr std::string_view kCidrCollectionsPrefix = "route53/cidr-collections/";

std::string zone_key(std::string_view zone_id);
std::string record_sets_prefix(std::string_view zone_id);         // every visible record set of a zone
std::string hidden_record_sets_prefix(std::string_view zone_id);  // every hidden one; not behind the other
std::string record_sets_prefix(std::string_view zone_id, const dns::Name& name);  // those at one name
std::string record_set_key(std::string_view zone_id, const RecordSetId& id);
std::string change_key(std::string_view change_id);
std::string delegation_set_key(std::string_view delegation_set_id);
std::string cidr_collection_key(std::string_view collection_id);
std::string health_check_key(std::string_view health_check_id);
std::string query_logging_config_key(std::string_view config_id);
std::string zone_query_logging_key(std::string_view zone_id);  // the id of the zone's configuration
// All keys of a configuration.
std::vector<std::string> query_logging_keys(std::string_view account, std::string_view zone_id,
                                            std::string_view config_id);
std::string tags_key(std::string_view zone_id);
std::string health_check_tags_key(std::string_view health_check_id);
std::string account_key(std::string_view account);

// Nothing for a key that is not a record set's.
struct RecordSetKeyParts {
  std::string zone_id;
  RecordSetId id;
};
std::optional<RecordSetKeyParts> parse_record_set_key(std::string_view key);

// Indexes: keys with empty values, or the id of what they point at.
std::string account_zones_prefix(std::string_view account);  // + zone id
std::string account_zone_names_prefix(std::string_view account);
std::string account_zone_name_key(std::string_view account, const dns::Name& name, std::string_view zone_id);
std::string account_delegation_sets_prefix(std::string_view account);         // + delegation set id
std::string account_health_checks_prefix(std::string_view account);           // + health check id
std::string account_query_logging_prefix(std::string_view account);           // + configuration id
std::string delegation_set_zones_prefix(std::string_view delegation_set_id);  // + zone id
std::string zone_reference_key(std::string_view account, std::string_view caller_reference);
std::string delegation_set_reference_key(std::string_view account, std::string_view caller_reference);
std::string account_cidr_collections_prefix(std::string_view account);                  // + collection id
std::string cidr_collection_name_key(std::string_view account, std::string_view name);  // the id
// The record sets that route by a collection, or by one of its locations; behind it, the record set's key.
std::string cidr_users_prefix(std::string_view collection_id);
std::string cidr_users_prefix(std::string_view collection_id, std::string_view location);
std::string cidr_user_key(std::string_view zone_id, const RecordSetId& id, const CidrRoutingConfig& config);
// Written by whatever begins to use a collection or takes a location away, so that neither overlooks the
// other.
std::string cidr_use_key(std::string_view collection_id);
// The id of the health check; it stays when the check is deleted.
std::string health_check_reference_key(std::string_view account, std::string_view caller_reference);
// Which zones a server has: those named `name` or below it, or exactly `name`.
std::string server_zones_prefix(std::uint16_t server, const dns::Name& name, bool exactly);
std::string server_zone_key(std::uint16_t server, const dns::Name& name, std::string_view zone_id);

// The labels from the right, each with its dot, in AWS's spelling: "com.example.www.". Sorts as AWS lists.
std::string reversed_name(const dns::Name& name);
std::string aws_name(const dns::Name& name);  // "www.example.com.", octal escapes

std::string encode(const HostedZoneResource& zone);
std::string encode(const RecordSetResource& record_set);
std::string encode(const ChangeResource& change);
std::string encode(const DelegationSetResource& set);
std::string encode(const CidrCollectionResource& collection);
std::string encode(const HealthCheckResource& check);
std::string encode(const QueryLoggingConfigResource& config);
std::string encode(const TagsResource& tags);
std::string encode(const AccountResource& account);
// Corrupt for bytes that are not what encode() makes, of this version or an older one.
Result<HostedZoneResource> decode_hosted_zone(std::string_view bytes);
Result<RecordSetResource> decode_record_set(std::string_view bytes);
Result<ChangeResource> decode_change(std::string_view bytes);
Result<DelegationSetResource> decode_delegation_set(std::string_view bytes);
Result<CidrCollectionResource> decode_cidr_collection(std::string_view bytes);
Result<HealthCheckResource> decode_health_check(std::string_view bytes);
Result<QueryLoggingConfigResource> decode_query_logging_config(std::string_view bytes);
Result<TagsResource> decode_tags(std::string_view bytes);
Result<AccountResource> decode_account(std::string_view bytes);

}  // namespace meridian::services::route53
