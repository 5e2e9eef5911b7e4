#include "compilers/dns/secondaries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/random.h"
#include "snapshots/dns/test_zone.h"

namespace meridian::compilers::dns {
namespace {

using snapshots::dns::address;
using snapshots::dns::Delta;
using snapshots::dns::DnsSnapshot;
using snapshots::dns::RecordSet;
using snapshots::dns::soa;
using snapshots::dns::Type;
using snapshots::dns::wire;
using snapshots::dns::ZoneChange;
using testing::ElementsAre;
using testing::IsEmpty;

// Compilations as compile.cc makes them, amended and applied.
class SecondariesTest : public testing::Test {
 protected:
  using Kind = ZoneChange::Kind;

  ZoneChange made(std::string id, std::string_view apex) {
    zones_[id] = wire(apex);
    return {Kind::Replace, std::move(id), wire(apex), {soa(apex)}, {}};
  }
  ZoneChange edited(std::string id, std::vector<RecordSet> puts) {
    return {Kind::Edit, id, zones_.at(id), std::move(puts), {}};
  }
  ZoneChange removed(const std::string& id) {
    ZoneChange change{Kind::Remove, id, zones_.at(id), {}, {}};
    zones_.erase(id);
    return change;
  }
  void commit(std::uint64_t revision, std::vector<ZoneChange> changes, std::vector<ZoneRevision> written,
              bool image = false) {
    const Delta delta =
        amend_for_secondaries({image ? 0 : snapshot_->revision(), revision, std::move(changes)}, written,
                              zones_, *snapshot_, options_);
    ASSERT_TRUE(check(delta)) << check(delta).error().message;
    auto next = apply(*snapshot_, delta);
    ASSERT_TRUE(next) << next.error().message;
    snapshot_ = *std::move(next);
  }
  const snapshots::dns::NameNode* node(std::string_view apex, std::string_view name) {
    snapshots::dns::LookupName at(snapshot_->hash_key(), wire(apex)),
        lookup(snapshot_->hash_key(), wire(name));
    const auto* zone = snapshot_->find_zone(at, at.labels());
    return zone ? zone->find(lookup, lookup.labels()) : nullptr;
  }
  std::uint32_t serial(std::string_view apex) {
    const std::string_view rdata = node(apex, apex)->find(Type::SOA)->first();
    return ByteReader(rdata.substr(rdata.size() - 20)).u32();
  }
  // "label → member" of the catalog's nodes.
  std::vector<std::string> members() {
    std::vector<std::string> out;
    snapshot_->for_each_zone([&](const snapshots::dns::DnsZone& zone) {
      if (zone.id() != kCatalogZoneId) return;
      zone.for_each_node([&](const snapshots::dns::NameNode& node) {
        if (const auto ptr = node.find(Type::PTR))
          out.push_back(std::string(node.relative_name().substr(1, 2)) + " " +
                        meridian::dns::Name::from_wire(ptr->first())->to_string());
      });
    });
    std::ranges::sort(out);
    return out;
  }

  SeededRandom random_{1};
  std::unique_ptr<const DnsSnapshot> snapshot_ = DnsSnapshot::empty(random_);
  ZoneIndex zones_;
  SecondaryOptions options_{true, wire("catalog.example.")};
};

TEST_F(SecondariesTest, TheSerialIsTheRevisionThatWroteTheZoneLast) {
  commit(7, {made("Z1", "example.com."), made("Z2", "example.net.")}, {{"Z1", 7}, {"Z2", 7}});
  EXPECT_EQ(serial("example.com."), 7u);
  commit(9, {edited("Z1", {address("a.example.com.")})}, {{"Z1", 9}});
  EXPECT_EQ(serial("example.com."), 9u);
  EXPECT_EQ(serial("example.net."), 7u);
  commit(10, {edited("Z1", {soa("example.com.")})}, {{"Z1", 10}});
  EXPECT_EQ(serial("example.com."), 10u) << "also when the user writes the SOA";
  commit(11, {}, {{"Z1", 11}});
  EXPECT_EQ(serial("example.com."), 11u) << "a commit that wrote only the zone's own values";
}

TEST_F(SecondariesTest, AnImageGivesTheSameSerialsAsTheCommitsDid) {
  commit(7, {made("Z1", "example.com."), made("Z2", "example.net.")}, {{"Z1", 7}, {"Z2", 7}}, true);
  commit(9, {edited("Z1", {address("a.example.com.")})}, {{"Z1", 9}});
  commit(12, {made("Z1", "example.com."), made("Z2", "example.net.")}, {{"Z1", 9}, {"Z2", 7}}, true);
  EXPECT_EQ(serial("example.com."), 9u);
  EXPECT_EQ(serial("example.net."), 7u);
}

TEST_F(SecondariesTest, WhatNobodyWroteChangesWithTheDelta) {
  commit(7, {made("Z1", "example.com.")}, {{"Z1", 7}}, true);
  commit(9, {made("Z1", "example.com.")}, {});
  EXPECT_EQ(serial("example.com."), 9u) << "a zone that goes back to what it was";
  commit(10, {}, {{"Z9", 10}});
  EXPECT_EQ(serial("example.com."), 9u);
}

TEST_F(SecondariesTest, OfZonesThatShareANameEachHasItsOwnSerial) {
  commit(7, {made("Z1", "example.com.")}, {{"Z1", 7}}, true);
  commit(8, {made("Z2", "example.com.")}, {{"Z2", 8}});
  commit(9, {edited("Z2", {address("a.example.com.")})}, {{"Z2", 9}});
  EXPECT_EQ(serial("example.com."), 7u);
  commit(10, {removed("Z1")}, {});
  EXPECT_EQ(serial("example.com."), 9u);
}

TEST_F(SecondariesTest, SerialsOfLargeRevisionsWrap) {
  commit(0x100000005, {made("Z1", "example.com.")}, {{"Z1", 0x100000005}});
  EXPECT_EQ(serial("example.com."), 5u);
}

TEST_F(SecondariesTest, TheCatalogListsTheZonesThatAnswer) {
  commit(1, {}, {}, true);
  EXPECT_THAT(members(), IsEmpty());
  const auto* version = node("catalog.example.", "version.catalog.example.");
  ASSERT_TRUE(version);
  EXPECT_EQ(version->find(Type::TXT)->first(),
            "\1"
            "2");
  EXPECT_EQ(node("catalog.example.", "catalog.example.")->find(Type::NS)->first(),
            std::string("\7invalid\0", 9));

  commit(7, {made("Z1", "example.com."), made("Z2", "example.net.")}, {{"Z1", 7}, {"Z2", 7}});
  EXPECT_THAT(members(), ElementsAre("z1 example.com.", "z2 example.net."));
  EXPECT_EQ(serial("catalog.example."), 7u);
  commit(8, {edited("Z1", {address("a.example.com.")})}, {{"Z1", 8}});
  EXPECT_EQ(serial("catalog.example."), 7u) << "a change of records is none of the catalog";

  commit(9, {made("Z3", "example.com.")}, {{"Z3", 9}});
  EXPECT_THAT(members(), ElementsAre("z1 example.com.", "z2 example.net.")) << "a name is listed once";
  commit(10, {removed("Z1")}, {});
  EXPECT_THAT(members(), ElementsAre("z2 example.net.", "z3 example.com."));
  EXPECT_EQ(serial("catalog.example."), 10u);
  commit(11, {removed("Z2"), removed("Z3")}, {});
  EXPECT_THAT(members(), IsEmpty());
}

}  // namespace
}  // namespace meridian::compilers::dns
