#include "compilers/dns/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "formats/dns/rdata.h"
#include "services/route53/resources.h"
#include "snapshots/dns/record_group.h"
#include "snapshots/dns/snapshot.h"

namespace meridian::compilers::dns {
namespace {

namespace route53 = services::route53;
using meridian::dns::Name;
using meridian::dns::Type;
using snapshots::dns::ZoneChange;
using testing::ElementsAre;
using testing::HasSubstr;

Name name(const char* text) {
  return Name::parse(text).value();
}
std::string wire(const char* text) {
  return std::string(name(text).wire());
}

store::KeyValue zone_item(const char* id, const char* apex, store::Revision created = 1) {
  route53::HostedZoneResource zone;
  zone.id = id;
  zone.account = "123456789012";
  zone.name = name(apex);
  return {route53::zone_key(id), route53::encode(zone), created, created, 0};
}

route53::RecordSetResource a_record(const char* owner, const char* address) {
  route53::RecordSetResource set;
  set.id = {name(owner), Type::A, ""};
  set.ttl = 60;
  set.records.push_back({address, meridian::dns::parse_rdata(Type::A, address).value()});
  return set;
}

store::KeyValue record_item(const char* zone_id, const route53::RecordSetResource& set) {
  return {route53::record_set_key(zone_id, set.id), route53::encode(set), 1, 1, 0};
}

store::Event put(store::KeyValue item) {
  return {store::Event::Kind::Put, std::move(item)};
}
store::Event gone(std::string key) {
  return {store::Event::Kind::Delete, {std::move(key), "", 0, 9, 0}};
}

TEST(CompileCommit, ANewZoneReplacesAndALaterChangeEdits) {
  ZoneIndex zones;
  auto made = compile_commit({7,
                              {put(record_item("Z1", a_record("www.Example.com.", "192.0.2.1"))),
                               put(zone_item("Z1", "example.com."))}},
                             0, zones);
  ASSERT_EQ(made.delta.zones.size(), 1u);
  EXPECT_EQ(made.delta.zones[0].kind, ZoneChange::Kind::Replace);
  EXPECT_EQ(made.delta.zones[0].apex, wire("example.com."));
  ASSERT_EQ(made.delta.zones[0].puts.size(), 1u);
  EXPECT_EQ(made.delta.zones[0].puts[0].owner, wire("www.example.com."));
  EXPECT_EQ(made.delta.zones[0].puts[0].ttl, 60u);
  EXPECT_THAT(made.delta.zones[0].puts[0].rdata, ElementsAre(std::string("\xc0\x00\x02\x01", 4)));
  EXPECT_EQ(made.delta.to, 7u);

  auto old = a_record("old.example.com.", "192.0.2.2");
  auto changed = compile_commit({8,
                                 {put(zone_item("Z1", "example.com.")),
                                  put(record_item("Z1", a_record("new.example.com.", "192.0.2.3"))),
                                  gone(route53::record_set_key("Z1", old.id))}},
                                7, zones);
  ASSERT_EQ(changed.delta.zones.size(), 1u);
  EXPECT_EQ(changed.delta.zones[0].kind, ZoneChange::Kind::Edit);
  ASSERT_EQ(changed.delta.zones[0].removes.size(), 1u);
  EXPECT_EQ(changed.delta.zones[0].removes[0].owner, wire("old.example.com."));
  EXPECT_EQ(changed.delta.zones[0].puts.size(), 1u);
  EXPECT_EQ(changed.delta.from, 7u);
}

TEST(CompileCommit, ADeletedZoneGoesWhole) {
  ZoneIndex zones{{"Z1", wire("example.com.")}};
  auto set = a_record("www.example.com.", "192.0.2.1");
  auto out = compile_commit({9, {gone(route53::record_set_key("Z1", set.id)), gone(route53::zone_key("Z1"))}},
                            8, zones);
  ASSERT_EQ(out.delta.zones.size(), 1u);
  EXPECT_EQ(out.delta.zones[0].kind, ZoneChange::Kind::Remove);
  EXPECT_TRUE(out.delta.zones[0].removes.empty());
  EXPECT_TRUE(zones.empty());
}

TEST(CompileCommit, WhatTouchesNoZoneMakesNoDelta) {
  ZoneIndex zones{{"Z1", wire("example.com.")}};
  auto out = compile_commit(
      {9, {put(zone_item("Z1", "example.com.")), put({route53::change_key("C1"), "x", 9, 9, 0})}}, 8, zones);
  EXPECT_TRUE(out.delta.zones.empty());
  EXPECT_TRUE(out.refused.empty());
}

TEST(CompileCommit, AliasesStayInTheirZone) {
  ZoneIndex zones{{"Z1", wire("example.com.")}};
  route53::RecordSetResource alias;
  alias.id = {name("example.com."), Type::A, ""};
  alias.alias = route53::AliasTarget{"Z1", name("WWW.example.com."), false};
  auto out = compile_commit({9, {put(record_item("Z1", alias))}}, 8, zones);
  ASSERT_EQ(out.delta.zones.size(), 1u);
  EXPECT_EQ(out.delta.zones[0].puts[0].alias_target, wire("www.example.com."));

  alias.alias->hosted_zone_id = "Z2";
  out = compile_commit({10, {put(record_item("Z1", alias))}}, 9, zones);
  ASSERT_EQ(out.refused.size(), 1u);
  EXPECT_THAT(out.refused[0].reason, HasSubstr("another zone"));
  EXPECT_EQ(out.delta.zones[0].removes.size(), 1u) << "what was there before must go";
}

TEST(CompileCommit, HiddenRecordSetsStayHidden) {
  ZoneIndex zones{{"Z1", wire("example.com.")}};
  auto hidden = a_record("rule.example.com.", "192.0.2.1");
  hidden.id.hidden = true;
  route53::RecordSetResource root;
  root.id = {name("www.example.com."), Type::A, ""};
  root.alias = route53::AliasTarget{"Z1", hidden.id.name, true, true};
  auto out = compile_commit({9, {put(record_item("Z1", root)), put(record_item("Z1", hidden))}}, 8, zones);
  ASSERT_EQ(out.delta.zones.size(), 1u);
  ASSERT_EQ(out.delta.zones[0].puts.size(), 2u);
  EXPECT_FALSE(out.delta.zones[0].puts[0].hidden);
  EXPECT_TRUE(out.delta.zones[0].puts[0].target_is_hidden);
  EXPECT_TRUE(out.delta.zones[0].puts[1].hidden);

  out = compile_commit({10, {gone(route53::record_set_key("Z1", hidden.id))}}, 9, zones);
  ASSERT_EQ(out.delta.zones.size(), 1u);
  ASSERT_EQ(out.delta.zones[0].removes.size(), 1u);
  EXPECT_TRUE(out.delta.zones[0].removes[0].hidden);
}

route53::RecordSetResource routed(const char* set_identifier) {
  auto set = a_record("www.example.com.", "192.0.2.1");
  set.id.set_identifier = set_identifier;
  set.health_check_id = "check-1";
  return set;
}

snapshots::dns::RecordSet compiled(const route53::RecordSetResource& set) {
  ZoneIndex zones{{"Z1", wire("example.com.")}};
  const auto out = compile_commit({9, {put(record_item("Z1", set))}}, 8, zones);
  EXPECT_TRUE(out.refused.empty());
  EXPECT_TRUE(check(out.delta)) << check(out.delta).error().message;
  return out.delta.zones.at(0).puts.at(0);
}

TEST(CompileCommit, EveryRoutingPolicyIsCompiled) {
  namespace dns = snapshots::dns;
  auto set = routed("a");
  set.weight = 7;
  EXPECT_EQ(compiled(set).policy, dns::Policy(dns::Weighted{7}));
  EXPECT_EQ(compiled(set).set_identifier, "a");
  EXPECT_EQ(compiled(set).health_check_id, "check-1");
  set = routed("a");
  set.failover = "PRIMARY";
  EXPECT_EQ(compiled(set).policy, dns::Policy(dns::Failover{true}));
  set.failover = "SECONDARY";
  EXPECT_EQ(compiled(set).policy, dns::Policy(dns::Failover{false}));
  set = routed("a");
  set.region = "eu-west-1";
  EXPECT_EQ(compiled(set).policy, dns::Policy(dns::Latency{"eu-west-1"}));
  set = routed("a");
  set.geo_location = route53::GeoLocation{"", "US", "CA"};
  EXPECT_EQ(compiled(set).policy, dns::Policy(dns::Geolocation{"", "US", "CA"}));
  set = routed("a");
  set.multi_value_answer = true;
  EXPECT_EQ(compiled(set).policy, dns::Policy(dns::Multivalue{}));
  set = routed("a");
  set.cidr_routing = route53::CidrRoutingConfig{"collection", "office"};
  EXPECT_EQ(compiled(set).policy, dns::Policy(dns::IpBased{"collection", "office"}));
  set = routed("a");
  set.geo_proximity = route53::GeoProximityLocation{"eu-west-1", "", std::nullopt, -20};
  EXPECT_EQ(compiled(set).policy, dns::Policy(dns::Geoproximity{"eu-west-1", 0, 0, -20}));
  set.geo_proximity = route53::GeoProximityLocation{"", "", std::pair{"-33.5", "151.21"}, std::nullopt};
  EXPECT_EQ(compiled(set).policy, dns::Policy(dns::Geoproximity{"", -3350, 15121, 0}));
}

TEST(CompileCommit, ASimpleRecordSetKeepsItsHealthCheckButNotNsAndSoa) {
  auto set = routed("");
  EXPECT_EQ(compiled(set).policy, snapshots::dns::Policy());
  EXPECT_EQ(compiled(set).health_check_id, "check-1");
  set.id.type = Type::NS;
  set.records = {{"ns.example.", meridian::dns::parse_rdata(Type::NS, "ns.example.").value()}};
  EXPECT_EQ(compiled(set).health_check_id, "");
}

TEST(CompileCommit, AnAliasSaysWhetherItsTargetsHealthCounts) {
  auto set = routed("a");
  set.records.clear();
  set.failover = "PRIMARY";
  set.alias = route53::AliasTarget{"Z1", name("t.example.com."), true};
  EXPECT_TRUE(compiled(set).evaluate_target_health);
  set.alias->evaluate_target_health = false;
  EXPECT_FALSE(compiled(set).evaluate_target_health);
}

// Whatever policies they had before, and in whatever order the changes stand.
TEST(CompileCommit, APolicyMayBecomeAnotherInOneCommit) {
  SeededRandom random(1);
  ZoneIndex zones;
  auto a = routed("a"), b = routed("b"), soa = a_record("example.com.", "192.0.2.1");
  soa.id.type = Type::SOA;
  soa.records = {{"", meridian::dns::parse_rdata(Type::SOA, "ns. h. 1 2 3 4 5").value()}};
  a.weight = b.weight = 1;
  std::uint64_t revision = 0;
  auto snapshot = snapshots::dns::DnsSnapshot::empty(random);
  const auto take = [&](std::vector<store::Event> events) {
    const auto out = compile_commit({revision + 1, std::move(events)}, revision, zones);
    ++revision;
    ASSERT_TRUE(check(out.delta)) << check(out.delta).error().message;
    auto next = apply(*snapshot, out.delta);
    ASSERT_TRUE(next) << next.error().message;
    snapshot = *std::move(next);
  };
  const auto kind = [&]() -> int {
    snapshots::dns::LookupName owner(snapshot->hash_key(), wire("www.example.com."));
    const auto records =
        snapshot->find_zone(owner, owner.labels())->find(owner, owner.labels())->find(Type::A);
    if (!records->is_group) return -1;
    return static_cast<int>(snapshots::dns::RecordGroup(*records).kind());
  };
  take({put(record_item("Z1", a)), put(record_item("Z1", b)), put(record_item("Z1", soa)),
        put(zone_item("Z1", "example.com."))});
  EXPECT_EQ(kind(), 1);
  for (auto* set : {&a, &b}) {
    set->weight.reset();
    set->multi_value_answer = true;
  }
  take({put(record_item("Z1", a)), put(record_item("Z1", b))});
  EXPECT_EQ(kind(), 6);
  const auto key = [](const route53::RecordSetResource& set) {
    return route53::record_set_key("Z1", set.id);
  };
  auto simple = a_record("www.example.com.", "192.0.2.9");
  take({put(record_item("Z1", simple)), gone(key(a)), gone(key(b))});
  EXPECT_EQ(kind(), -1);
  take({put(record_item("Z1", a)), gone(key(simple))});
  EXPECT_EQ(kind(), 6);
}

TEST(CompileCommit, CidrCollectionsComeAndGoWhole) {
  ZoneIndex zones;
  route53::CidrCollectionResource resource;
  resource.id = "11111111-2222-3333-4444-555555555555";
  resource.account = "123456789012";
  resource.name = "offices";
  resource.locations = {{"berlin", {*net::Cidr::parse("192.0.2.0/24"), *net::Cidr::parse("2001:db8::/48")}}};
  const store::KeyValue item{route53::cidr_collection_key(resource.id), route53::encode(resource), 1, 1, 0};
  auto out = compile_commit({9, {put(item)}}, 8, zones);
  EXPECT_FALSE(out.delta.changes_nothing());
  ASSERT_EQ(out.delta.collection_puts.size(), 1u);
  EXPECT_EQ(out.delta.collection_puts[0].id, resource.id);
  EXPECT_EQ(out.delta.collection_puts[0].locations[0].name, "berlin");
  EXPECT_EQ(out.delta.collection_puts[0].locations[0].blocks, resource.locations[0].blocks);
  EXPECT_TRUE(check(out.delta));
  out = compile_commit({10, {gone(item.key)}}, 9, zones);
  EXPECT_THAT(out.delta.collection_removes, ElementsAre(resource.id));
  out = compile_image({{}, {}, std::span(&item, 1)}, 10, zones);
  EXPECT_EQ(out.delta.collection_puts.size(), 1u);
}

TEST(CompileCommit, CorruptResourcesAreRefusedAndTheRestServed) {
  ZoneIndex zones{{"Z1", wire("example.com.")}};
  auto broken = record_item("Z1", a_record("a.example.com.", "192.0.2.1"));
  broken.value = "\x01garbage";
  auto out = compile_commit(
      {9, {put(broken), put(record_item("Z1", a_record("b.example.com.", "192.0.2.1")))}}, 8, zones);
  EXPECT_EQ(out.refused.size(), 1u);
  ASSERT_EQ(out.delta.zones.size(), 1u);
  EXPECT_EQ(out.delta.zones[0].puts.size(), 1u);
}

TEST(CompileImage, OrdersZonesByAge) {
  ZoneIndex zones;
  std::vector<store::KeyValue> zone_items{zone_item("ZA", "example.com.", 5),
                                          zone_item("ZB", "example.com.", 2)};
  std::vector<store::KeyValue> records{record_item("ZA", a_record("example.com.", "192.0.2.1")),
                                       record_item("ZB", a_record("example.com.", "192.0.2.2")),
                                       record_item("ZGONE", a_record("example.com.", "192.0.2.3"))};
  auto out = compile_image({zone_items, records, {}}, 30, zones);
  EXPECT_EQ(out.delta.from, 0u);
  EXPECT_EQ(out.delta.to, 30u);
  ASSERT_EQ(out.delta.zones.size(), 2u);
  EXPECT_EQ(out.delta.zones[0].zone_id, "ZB");
  EXPECT_EQ(out.delta.zones[1].puts.size(), 1u);
}

}  // namespace
}  // namespace meridian::compilers::dns
