#include "compilers/dns/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/dns/rdata.h"
#include "services/route53/resources.h"

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
  auto out = compile_image(zone_items, records, 30, zones);
  EXPECT_EQ(out.delta.from, 0u);
  EXPECT_EQ(out.delta.to, 30u);
  ASSERT_EQ(out.delta.zones.size(), 2u);
  EXPECT_EQ(out.delta.zones[0].zone_id, "ZB");
  EXPECT_EQ(out.delta.zones[1].puts.size(), 1u);
}

}  // namespace
}  // namespace meridian::compilers::dns
