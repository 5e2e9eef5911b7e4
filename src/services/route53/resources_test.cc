#include "services/route53/resources.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace meridian::services::route53 {
namespace {

dns::Name name(std::string_view text) {
  return *dns::Name::parse(text, dns::Name(), dns::Escapes::Octal);
}

TEST(NameServers, EachQuarterHasItsTopLevelDomain) {
  EXPECT_EQ(name_server_name(0), "ns-0.awsdns-00.com");
  EXPECT_EQ(name_server_name(511), "ns-511.awsdns-63.com");
  EXPECT_EQ(name_server_name(738), "ns-738.awsdns-28.net");
  EXPECT_EQ(name_server_name(1024), "ns-1024.awsdns-00.org");
  EXPECT_EQ(name_server_name(2047), "ns-2047.awsdns-63.co.uk");
}

TEST(Names, AreReversedLabelByLabel) {
  EXPECT_EQ(reversed_name(name("www.example.com")), "com.example.www.");
  EXPECT_EQ(reversed_name(name("*.example.com")), "com.example.\\052.");
  EXPECT_EQ(reversed_name(name("a\\056b.example.com")), "com.example.a\\056b.");
  EXPECT_EQ(reversed_name(dns::Name()), ".");
}

// DG / ListResourceRecordSets: labels reversed, with the dot behind each, in ASCII order; then type.
TEST(RecordSetKeys, SortAsAwsLists) {
  std::vector<RecordSetId> in_order = {
      {name("example-x.com"), dns::Type::A, ""},    {name("example.com"), dns::Type::A, ""},
      {name("example.com"), dns::Type::AAAA, ""},   {name("example.com"), dns::Type::NS, ""},
      {name("example.com"), dns::Type::SOA, ""},    {name("*.example.com"), dns::Type::A, ""},
      {name("a-b.example.com"), dns::Type::A, ""},  {name("a.example.com"), dns::Type::A, "one"},
      {name("a.example.com"), dns::Type::A, "two"}, {name("a.example.com"), dns::Type::TXT, ""},
      {name("z.a.example.com"), dns::Type::A, ""},  {name("b.example.com"), dns::Type::A, ""},
  };
  std::vector<std::string> keys;
  for (const RecordSetId& id : in_order) keys.push_back(record_set_key("Z1", id));
  EXPECT_TRUE(std::ranges::is_sorted(keys));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto parts = parse_record_set_key(keys[i]);
    ASSERT_TRUE(parts) << i;
    EXPECT_EQ(parts->zone_id, "Z1");
    EXPECT_EQ(parts->id.name, in_order[i].name);
    EXPECT_EQ(parts->id.type, in_order[i].type);
    EXPECT_EQ(parts->id.set_identifier, in_order[i].set_identifier);
  }
}

TEST(RecordSetKeys, OneNameDoesNotReachIntoAnother) {
  std::string prefix = record_sets_prefix("Z1", name("a.example.com"));
  EXPECT_TRUE(record_set_key("Z1", {name("a.example.com"), dns::Type::A, "x"}).starts_with(prefix));
  EXPECT_FALSE(record_set_key("Z1", {name("b.a.example.com"), dns::Type::A, ""}).starts_with(prefix));
  EXPECT_FALSE(record_set_key("Z1", {name("ab.example.com"), dns::Type::A, ""}).starts_with(prefix));
}

TEST(RecordSetKeys, HiddenOnesAreApartFromVisibleOnes) {
  const RecordSetId visible{name("a.example.com"), dns::Type::A, "one"};
  RecordSetId hidden = visible;
  hidden.hidden = true;
  const std::string key = record_set_key("Z1", hidden);
  EXPECT_TRUE(key.starts_with(kRecordSetsPrefix));
  EXPECT_TRUE(key.starts_with(hidden_record_sets_prefix("Z1")));
  EXPECT_FALSE(key.starts_with(record_sets_prefix("Z1")));
  EXPECT_FALSE(record_set_key("Z1", visible).starts_with(hidden_record_sets_prefix("Z1")));
  auto parts = parse_record_set_key(key);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->zone_id, "Z1");
  EXPECT_TRUE(parts->id.hidden);
  EXPECT_EQ(parts->id.name, hidden.name);
  EXPECT_FALSE(parse_record_set_key(record_set_key("Z1", visible))->id.hidden);
}

TEST(Encoding, HiddenRecordSetsAndAliasesOfThemStayWhatTheyAre) {
  RecordSetResource set;
  set.id = {name("rule.example.com"), dns::Type::A, "1", true};
  set.weight = 3;
  set.alias = AliasTarget{"Z1", name("other.example.com"), true, true};
  set.traffic_policy_instance_id = "instance";
  auto read = decode_record_set(encode(set));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->id.hidden);
  EXPECT_TRUE(read->alias->hidden);
  EXPECT_EQ(read->traffic_policy_instance_id, "instance");
  set.id.hidden = false;
  set.alias->hidden = false;
  read = decode_record_set(encode(set));
  EXPECT_FALSE(read->id.hidden);
  EXPECT_FALSE(read->alias->hidden);
}

TEST(RecordSetKeys, OtherKeysAreNotTakenForThem) {
  EXPECT_FALSE(parse_record_set_key("route53/zones/Z1"));
  EXPECT_FALSE(parse_record_set_key("route53/records/Z1"));
  EXPECT_FALSE(parse_record_set_key("route53/records/Z1/com.example."));
  EXPECT_FALSE(parse_record_set_key(std::string_view("route53/records/Z1/com\0A\0", 24)));
}

TEST(ServerKeys, FindTheNameAndWhatIsBelowIt) {
  std::string exact = server_zone_key(7, name("example.com"), "Z1");
  EXPECT_TRUE(exact.starts_with(server_zones_prefix(7, name("example.com"), true)));
  EXPECT_TRUE(server_zone_key(7, name("sub.example.com"), "Z2")
                  .starts_with(server_zones_prefix(7, name("example.com"), false)));
  EXPECT_FALSE(server_zone_key(7, name("sub.example.com"), "Z2")
                   .starts_with(server_zones_prefix(7, name("example.com"), true)));
  EXPECT_FALSE(server_zone_key(7, name("example-x.com"), "Z2")
                   .starts_with(server_zones_prefix(7, name("example.com"), false)));
}

TEST(Encoding, AZoneComesBackWhole) {
  HostedZoneResource zone{"Z123",      "123456789012", name("example.com"),  "ref",
                          "a comment", "N1",           {1, 600, 1100, 1600}, 7};
  auto read = decode_hosted_zone(encode(zone));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, "Z123");
  EXPECT_EQ(read->account, "123456789012");
  EXPECT_EQ(read->name, zone.name);
  EXPECT_EQ(read->caller_reference, "ref");
  EXPECT_EQ(read->comment, "a comment");
  EXPECT_EQ(read->delegation_set_id, "N1");
  EXPECT_EQ(read->name_servers, zone.name_servers);
  EXPECT_EQ(read->record_set_count, 7u);
  zone.comment.reset();
  EXPECT_FALSE(decode_hosted_zone(encode(zone))->comment.has_value());
}

RecordSetResource with_everything() {
  RecordSetResource set;
  set.id = {name("www.example.com"), dns::Type::A, "blue"};
  set.ttl = 60;
  set.records = {{"192.0.2.1", "\xc0\x00\x02\x01"}, {"192.0.2.2", std::string("\xc0\x00\x02\x02", 4)}};
  set.alias = AliasTarget{"Z123", name("other.example.com"), true};
  set.weight = 0;
  set.region = "eu-west-1";
  set.geo_location = GeoLocation{"EU", "DE", ""};
  set.failover = "PRIMARY";
  set.multi_value_answer = false;
  set.cidr_routing = CidrRoutingConfig{"c1", "*"};
  set.geo_proximity =
      GeoProximityLocation{"us-east-1", "zone", std::pair<std::string, std::string>{"49.22", "-74.01"}, -50};
  set.health_check_id = "h1";
  set.traffic_policy_instance_id = "t1";
  return set;
}

TEST(Encoding, ARecordSetKeepsEveryMember) {
  RecordSetResource set = with_everything();
  auto read = decode_record_set(encode(set));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id.name, set.id.name);
  EXPECT_EQ(read->id.set_identifier, "blue");
  EXPECT_EQ(read->ttl, 60u);
  ASSERT_EQ(read->records.size(), 2u);
  EXPECT_EQ(read->records[1].text, "192.0.2.2");
  EXPECT_EQ(read->records[1].rdata, set.records[1].rdata);
  EXPECT_EQ(read->alias->hosted_zone_id, "Z123");
  EXPECT_EQ(read->alias->dns_name, set.alias->dns_name);
  EXPECT_TRUE(read->alias->evaluate_target_health);
  EXPECT_EQ(read->weight, 0);
  EXPECT_EQ(read->region, "eu-west-1");
  EXPECT_EQ(read->geo_location->country_code, "DE");
  EXPECT_EQ(read->failover, "PRIMARY");
  EXPECT_EQ(read->multi_value_answer, false);
  EXPECT_EQ(read->cidr_routing->location_name, "*");
  EXPECT_EQ(read->geo_proximity->coordinates->second, "-74.01");
  EXPECT_EQ(read->geo_proximity->bias, -50);
  EXPECT_EQ(read->health_check_id, "h1");
  EXPECT_EQ(read->traffic_policy_instance_id, "t1");
}

TEST(Encoding, ACidrCollectionKeepsItsBlocks) {
  CidrCollectionResource collection{"c1", "123456789012", "offices", "ref", 7, {}};
  collection.locations = {{"berlin", {*net::Cidr::parse("192.0.2.0/24"), *net::Cidr::parse("2001:db8::/32")}},
                          {"tokyo", {*net::Cidr::parse("198.51.100.0/24")}}};
  std::string bytes = encode(collection);
  auto read = decode_cidr_collection(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, "c1");
  EXPECT_EQ(read->account, "123456789012");
  EXPECT_EQ(read->name, "offices");
  EXPECT_EQ(read->caller_reference, "ref");
  EXPECT_EQ(read->version, 7u);
  ASSERT_EQ(read->locations.size(), 2u);
  EXPECT_EQ(read->locations[0].name, "berlin");
  EXPECT_EQ(read->locations[0].blocks, collection.locations[0].blocks);
  EXPECT_EQ(read->locations[1].blocks[0].to_string(), "198.51.100.0/24");
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_cidr_collection(std::string_view(bytes).substr(0, size))) << size;
  bytes.back() = 33;  // bits of an IPv4 block
  EXPECT_FALSE(decode_cidr_collection(bytes));
}

TEST(CidrUserKeys, OneLocationDoesNotReachIntoAnother) {
  EXPECT_TRUE(cidr_users_prefix("c1", "berlin").starts_with(cidr_users_prefix("c1")));
  EXPECT_FALSE(cidr_users_prefix("c1", "berlin-2").starts_with(cidr_users_prefix("c1", "berlin")));
}

TEST(Encoding, DamagedBytesAreCorruptNotRead) {
  std::string bytes = encode(with_everything());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(decode_record_set(std::string_view(bytes).substr(0, size)).error().code, ErrorCode::Corrupt)
        << size;
  EXPECT_FALSE(decode_record_set(bytes + "x"));
  ++bytes[0];  // a version of the future
  EXPECT_FALSE(decode_record_set(bytes));
}

TEST(Encoding, AHealthCheckKeepsEveryMember) {
  HealthCheckResource check{"h1", "123456789012", "ref", 7, {}};
  check.config = {.type = HealthCheckType::HttpsStrMatch,
                  .ip_address = "192.0.2.1",
                  .fully_qualified_domain_name = "www.example.com",
                  .port = 8443,
                  .resource_path = "/health",
                  .search_string = "ok",
                  .request_interval = 10,
                  .failure_threshold = 2,
                  .measure_latency = true,
                  .enable_sni = true,
                  .inverted = true,
                  .disabled = true,
                  .regions = {"us-east-1", "us-west-1", "eu-west-1"},
                  .child_health_checks = {"a", "b"},
                  .health_threshold = 256,
                  .alarm_region = "us-east-1",
                  .alarm_name = "alarm",
                  .insufficient_data_health_status = "Unhealthy",
                  .routing_control_arn = "arn"};
  const std::string bytes = encode(check);
  auto read = decode_health_check(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, "h1");
  EXPECT_EQ(read->account, "123456789012");
  EXPECT_EQ(read->caller_reference, "ref");
  EXPECT_EQ(read->version, 7u);
  EXPECT_EQ(read->config, check.config);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_health_check(std::string_view(bytes).substr(0, size))) << size;
}

TEST(Encoding, HealthCheckTypesHaveTheirAwsNames) {
  for (const char* name : {"HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP", "CALCULATED",
                           "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"})
    EXPECT_EQ(to_string(parse_health_check_type(name).value()), name);
  EXPECT_FALSE(parse_health_check_type("PING"));
}

TEST(Encoding, TheSmallResourcesComeBack) {
  ChangeResource change{"C1", "123456789012", SystemTime(std::chrono::seconds(1700000000)), "why", "Z1"};
  EXPECT_EQ(decode_change(encode(change))->submitted_at, change.submitted_at);
  EXPECT_EQ(decode_change(encode(change))->comment, "why");
  EXPECT_EQ(decode_change(encode(change))->zone_id, "Z1");
  EXPECT_EQ(
      decode_delegation_set(encode(DelegationSetResource{"N1", "1", "ref", {1, 2, 3, 4}}))->name_servers[3],
      4);
  EXPECT_EQ(decode_tags(encode(TagsResource{{{"k", "v"}, {"l", ""}}}))->tags[0].value, "v");
  EXPECT_EQ(decode_account(encode(AccountResource{3, 2, 1}))->hosted_zone_count, 3u);
  EXPECT_EQ(decode_account(encode(AccountResource{3, 2, 1}))->health_check_count, 1u);
}

TEST(Encoding, AccountsOfBeforeCountsWereAddedAreRead) {
  const std::string newest = encode(AccountResource{5, 4, 3, 2, 1});
  EXPECT_EQ(decode_account(newest)->traffic_policy_instance_count, 1u);
  std::string old = newest.substr(0, newest.size() - 2 * 8);
  old[0] = 3;  // before traffic policies
  EXPECT_EQ(decode_account(old)->health_check_count, 3u);
  EXPECT_EQ(decode_account(old)->traffic_policy_count, 0u);
  old.resize(old.size() - 8);
  old[0] = 2;  // before health checks
  EXPECT_EQ(decode_account(old)->delegation_set_count, 4u);
  EXPECT_EQ(decode_account(old)->health_check_count, 0u);
}

TEST(Encoding, AChangeMadeBeforeChangesHadZonesIsRead) {
  std::string old = encode(ChangeResource{"C1", "123456789012", SystemTime(), "why", ""});
  old[0] = 1;
  old.resize(old.size() - 4);  // the size of an empty text
  EXPECT_EQ(decode_change(old)->comment, "why");
  EXPECT_EQ(decode_change(old)->zone_id, "");
}

}  // namespace
}  // namespace meridian::services::route53
