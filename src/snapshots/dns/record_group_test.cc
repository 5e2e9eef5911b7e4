#include "snapshots/dns/record_group.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>

#include "snapshots/dns/snapshot_fixture.h"

namespace meridian::snapshots::dns {
namespace {

class RecordGroups : public SnapshotFixture {
 protected:
  void SetUp() override { ASSERT_TRUE(replace("example.com.", {})); }

  Result<void> put(RecordSet set) { return SnapshotFixture::put("example.com.", std::move(set)); }
  Result<void> put(std::string set_identifier, Policy policy, std::string health_check_id = "",
                   char last = 1) {
    return put(under(address("w.example.com.", last), std::move(set_identifier), std::move(policy),
                     std::move(health_check_id)));
  }
  Result<void> remove(std::string set_identifier) {
    return SnapshotFixture::remove("example.com.", "w.example.com.", Type::A, std::move(set_identifier));
  }
  RecordGroup group() {
    const auto records = node("w.example.com.")->find(Type::A);
    EXPECT_TRUE(records->is_group);
    return RecordGroup(*records);
  }
  std::string identifiers() {
    std::string out;
    for (std::size_t i = 0; i < group().size(); ++i) out += fmt::format("{} ", group().at(i).set_identifier);
    return out;
  }
};

TEST_F(RecordGroups, CandidatesStandInTheOrderOfTheirIdentifiersHoweverTheyCame) {
  for (const char* identifier : {"m", "z", "a", "n"}) ASSERT_TRUE(put(identifier, Weighted{1}));
  EXPECT_EQ(identifiers(), "a m n z ");
  EXPECT_EQ(node("w.example.com.")->set_count(), 1);
}

TEST_F(RecordGroups, ACandidateHasItsOwnRecordsReadyForTheWire) {
  ASSERT_TRUE(put("a", Weighted{10}, "", 7));
  RecordSet two = record_set("w.example.com.", Type::A, 20, {{1, 2, 3, 4}, {5, 6, 7, 8}});
  ASSERT_TRUE(put(under(two, "b", Weighted{30})));
  EXPECT_EQ(group().kind(), PolicyKind::Weighted);
  EXPECT_EQ(group().weight_sum(), 40u);
  EXPECT_EQ(group().at(0).weight, 10);
  EXPECT_EQ(group().at(0).records.ttl(), 300u);
  EXPECT_EQ(group().at(0).records.first(), std::string("\x0a\0\0\x07", 4));
  const RecordsView records = group().at(1).records;
  EXPECT_EQ(group().at(1).weight, 30);
  EXPECT_EQ(records.type, Type::A);
  EXPECT_EQ(records.count, 2);
  EXPECT_EQ(records.ttl(), 20u);
  std::size_t at = 0;
  EXPECT_EQ(records.next(at), (std::string{1, 2, 3, 4}));
  EXPECT_EQ(records.next(at), (std::string{5, 6, 7, 8}));
  EXPECT_EQ(at, records.data.size());
}

TEST_F(RecordGroups, NamesInACandidatesValuesAreLinkedAsThoseOfASimpleSet) {
  const RecordSet mx =
      record_set("w.example.com.", Type::MX, 60, {std::string("\0\5", 2) + wire("m.example.com.")});
  ASSERT_TRUE(put(under(mx, "a", Multivalue{})));
  ASSERT_TRUE(put(record_set("s.example.com.", Type::MX, 60, mx.rdata)));
  const auto records = RecordGroup(*node("w.example.com.")->find(Type::MX)).at(0).records;
  const auto simple = *node("s.example.com.")->find(Type::MX);
  ASSERT_TRUE(records.links);
  EXPECT_EQ(records.link(0).to, NameLink::To::Owner);
  EXPECT_EQ(records.link(0).keep, simple.link(0).keep);
  EXPECT_EQ(records.link(0).target_hash, simple.link(0).target_hash);
  EXPECT_EQ(records.data, simple.data);
}

TEST_F(RecordGroups, AnAliasSaysWhereItLeadsAndWhetherTheTargetsHealthCounts) {
  RecordSet first = under(alias("w.example.com.", Type::A, "t.example.com."), "a", Failover{true});
  first.evaluate_target_health = true;
  RecordSet second = under(alias("w.example.com.", Type::A, "h.example.com."), "b", Failover{false});
  second.target_is_hidden = true;
  ASSERT_TRUE(put(first));
  ASSERT_TRUE(put(second));
  const Candidate a = group().at(0), b = group().at(1);
  EXPECT_TRUE(a.primary && a.records.is_alias && a.records.evaluate_target_health);
  EXPECT_FALSE(a.records.target_is_hidden);
  EXPECT_EQ(a.records.first(), wire("t.example.com."));
  EXPECT_TRUE(!b.primary && b.records.is_alias && b.records.target_is_hidden);
  EXPECT_FALSE(b.records.evaluate_target_health);
}

TEST_F(RecordGroups, ASimpleAliasKeepsThemToo) {
  RecordSet set = alias("w.example.com.", Type::A, "t.example.com.");
  set.evaluate_target_health = set.target_is_hidden = true;
  ASSERT_TRUE(put(set));
  const auto records = *node("w.example.com.")->find(Type::A);
  EXPECT_TRUE(records.is_alias && !records.is_group);
  EXPECT_TRUE(records.evaluate_target_health && records.target_is_hidden);
}

TEST_F(RecordGroups, HealthChecksBecomeSlotsOfTheOneTable) {
  ASSERT_TRUE(put("a", Weighted{1}));
  EXPECT_FALSE(group().has_health_checks());
  ASSERT_TRUE(put("b", Weighted{1}, "check-1"));
  EXPECT_TRUE(group().has_health_checks());
  EXPECT_EQ(group().at(0).health, health::kNoCheck);
  const health::Slot slot = group().at(1).health;
  EXPECT_EQ(health_table->id_of(slot), "check-1");
  const auto before = std::move(current);
  current = *apply(*before, {before->revision(), before->revision() + 1, {}});
  health_table->set("check-1", false);
  EXPECT_FALSE(current->health_table().healthy(group().health(1)));
  EXPECT_FALSE(before->health_table().healthy(slot));
}

TEST_F(RecordGroups, PutAgainTakesThePlaceOfTheSameIdentifierOnly) {
  for (const char* identifier : {"a", "b", "c"}) ASSERT_TRUE(put(identifier, Weighted{1}));
  ASSERT_TRUE(put("b", Weighted{9}, "", 9));
  EXPECT_EQ(identifiers(), "a b c ");
  EXPECT_EQ(group().weight_sum(), 11u);
  EXPECT_EQ(group().at(1).weight, 9);
  EXPECT_EQ(group().at(1).records.first().back(), 9);
  EXPECT_EQ(group().at(2).records.first().back(), 1);
}

TEST_F(RecordGroups, TheLastOneTakesTheSetAndTheNameAway) {
  ASSERT_TRUE(put("a", Weighted{1}));
  ASSERT_TRUE(put("b", Weighted{2}));
  ASSERT_TRUE(remove("c"));
  ASSERT_TRUE(remove(""));
  EXPECT_EQ(identifiers(), "a b ");
  ASSERT_TRUE(remove("a"));
  EXPECT_EQ(identifiers(), "b ");
  EXPECT_EQ(group().weight_sum(), 2u);
  ASSERT_TRUE(remove("b"));
  EXPECT_FALSE(node("w.example.com."));
}

TEST_F(RecordGroups, ASimpleSetIsNotRemovedByAnIdentifier) {
  ASSERT_TRUE(put(address("w.example.com.")));
  ASSERT_TRUE(remove("a"));
  EXPECT_TRUE(node("w.example.com."));
}

TEST_F(RecordGroups, SimpleAndPolicyTakeTurnsOnlyWhenTheOtherIsRemovedFirst) {
  ASSERT_TRUE(put("a", Weighted{1}));
  ASSERT_TRUE(put("b", Weighted{1}));
  EXPECT_EQ(put(address("w.example.com.")).error().code, ErrorCode::Invalid);
  EXPECT_EQ(identifiers(), "a b ");
  const std::string owner = wire("w.example.com.");
  ASSERT_TRUE(change({{Kind::Edit,
                       "Z1",
                       wire("example.com."),
                       {address("w.example.com.")},
                       {{owner, Type::A, "a"}, {owner, Type::A, "b"}}}}));
  EXPECT_FALSE(node("w.example.com.")->find(Type::A)->is_group);
  EXPECT_EQ(put("a", Weighted{1}).error().code, ErrorCode::Invalid);
  ASSERT_TRUE(change({{Kind::Edit,
                       "Z1",
                       wire("example.com."),
                       {under(address("w.example.com."), "a", Latency{"eu-west-1"})},
                       {{owner, Type::A, ""}}}}));
  EXPECT_EQ(group().kind(), PolicyKind::Latency);
}

TEST_F(RecordGroups, ASimpleSetWithAHealthCheckIsAGroupOfOneThatASimpleSetReplaces) {
  RecordSet checked = address("w.example.com.", 2);
  checked.health_check_id = "check-1";
  ASSERT_TRUE(put(address("w.example.com.", 1)));
  ASSERT_TRUE(put(checked));
  EXPECT_EQ(group().kind(), PolicyKind::Simple);
  EXPECT_EQ(group().size(), 1u);
  EXPECT_EQ(health_table->id_of(group().health(0)), "check-1");
  EXPECT_EQ(group().at(0).records.first().back(), 2);
  EXPECT_EQ(put("a", Weighted{1}).error().code, ErrorCode::Invalid);
  const auto kept = whole(*zone_of("example.com."), *health_table).puts;
  EXPECT_TRUE(std::ranges::any_of(kept, [](const RecordSet& set) {
    return set.health_check_id == "check-1" && set.set_identifier.empty();
  }));
  checked.health_check_id = "check-2";
  ASSERT_TRUE(put(checked));
  EXPECT_EQ(health_table->id_of(group().health(0)), "check-2");
  ASSERT_TRUE(put(address("w.example.com.", 3)));
  EXPECT_FALSE(node("w.example.com.")->find(Type::A)->is_group);
  ASSERT_TRUE(put(checked));
  ASSERT_TRUE(remove(""));
  EXPECT_FALSE(node("w.example.com."));
}

TEST_F(RecordGroups, AreOfOneKindAndOneCollection) {
  ASSERT_TRUE(put("a", Weighted{1}));
  EXPECT_EQ(put("b", Multivalue{}).error().code, ErrorCode::Invalid);
  EXPECT_EQ(put("a", Multivalue{}).error().code, ErrorCode::Invalid);
  ASSERT_TRUE(remove("a"));
  ASSERT_TRUE(put("a", IpBased{"c-1", "office"}));
  EXPECT_EQ(put("b", IpBased{"c-2", "*"}).error().code, ErrorCode::Invalid);
  ASSERT_TRUE(put("b", IpBased{"c-1", "*"}));
  EXPECT_EQ(group().collection_id(), "c-1");
  EXPECT_EQ(group().collection_hash(), hash_of(current->hash_key(), "c-1"));
  EXPECT_EQ(group().at(0).location, "office");
  EXPECT_EQ(group().at(1).location, "*");
}

TEST_F(RecordGroups, TypesOfOneNameHaveTheirOwnPolicies) {
  ASSERT_TRUE(put("a", Weighted{1}));
  ASSERT_TRUE(put(under(record_set("w.example.com.", Type::TXT, 60, {"\1x"}), "a", Multivalue{})));
  ASSERT_TRUE(
      put(record_set("w.example.com.", Type::MX, 60, {std::string("\0\5", 2) + wire("m.example.com.")})));
  EXPECT_EQ(group().kind(), PolicyKind::Weighted);
  EXPECT_EQ(RecordGroup(*node("w.example.com.")->find(Type::TXT)).kind(), PolicyKind::Multivalue);
  EXPECT_FALSE(node("w.example.com.")->find(Type::MX)->is_group);
}

TEST_F(RecordGroups, RegionsAndPlacesAreResolved) {
  ASSERT_TRUE(put("a", Latency{"eu-west-1"}));
  ASSERT_TRUE(put("b", Latency{"moon-north-1"}));
  EXPECT_EQ(group().at(0).region, regions::find("eu-west-1"));
  EXPECT_EQ(group().at(1).region, regions::kNoRegion);
  EXPECT_EQ(std::get<Latency>(group().policy(1)).region, "moon-north-1");
  for (const char* identifier : {"a", "b"}) ASSERT_TRUE(remove(identifier));

  ASSERT_TRUE(put("a", Geolocation{"", "US", "CA"}));
  ASSERT_TRUE(put("b", Geolocation{"EU", "", ""}));
  ASSERT_TRUE(put("c", Geolocation{"", "*", ""}));
  EXPECT_EQ(group().at(0).country.text(), "US");
  EXPECT_EQ(group().at(0).subdivision.text(), "CA");
  EXPECT_FALSE(group().at(0).continent.known());
  EXPECT_EQ(group().at(1).continent.text(), "EU");
  EXPECT_EQ(group().at(2).country.text(), "*");
}

TEST_F(RecordGroups, GeoproximityKeepsPointAndBias) {
  ASSERT_TRUE(put("a", Geoproximity{"", 5236, -490, -20}));
  ASSERT_TRUE(put("b", Geoproximity{"eu-west-1", 0, 0, 99}));
  ASSERT_TRUE(put("c", Geoproximity{"moon-north-1", 0, 0, 0}));
  const auto& ireland = regions::all()[regions::find("eu-west-1")];
  EXPECT_GT(group().at(0).point.dot(location::Point::of(52.36, -4.9)), 0.999999f);
  EXPECT_EQ(group().at(0).bias, -20);
  EXPECT_GT(group().at(1).point.dot(location::Point::of(ireland.latitude, ireland.longitude)), 0.999999f);
  EXPECT_EQ(group().at(1).bias, 99);
  EXPECT_TRUE(group().at(1).has_point);
  EXPECT_FALSE(group().at(2).has_point);
}

TEST_F(RecordGroups, TakeAHundredRecordSetsAndNoMore) {
  for (std::size_t i = 0; i < kGroupSizeMax; ++i) ASSERT_TRUE(put(fmt::format("{:03}", i), Weighted{255}));
  EXPECT_EQ(group().size(), kGroupSizeMax);
  EXPECT_EQ(group().weight_sum(), 25500u);
  EXPECT_EQ(put("x", Weighted{1}).error().code, ErrorCode::Limit);
  EXPECT_TRUE(put("042", Weighted{0}));
  EXPECT_EQ(group().weight_sum(), 25245u);
}

// The zone as it would be written to disk says of each record set what was put.
TEST_F(RecordGroups, AWholeZoneHoldsWhatWasPut) {
  const std::vector<Policy> policies = {Weighted{7},
                                        Failover{true},
                                        Failover{false},
                                        Latency{"eu-west-1"},
                                        Latency{"moon-north-1"},
                                        Geolocation{"", "US", "CA"},
                                        Geolocation{"", "*", ""},
                                        Geoproximity{"eu-west-1", 0, 0, 5},
                                        Geoproximity{"", -8999, 17999, -99},
                                        IpBased{"c-1", "office"}};
  for (const Policy& policy : policies) {
    RecordSet set = under(alias("w.example.com.", Type::A, "t.example.com."), "a", policy, "check-1");
    set.evaluate_target_health = true;
    ASSERT_TRUE(put(set));
    const ZoneChange whole_zone = whole(*zone_of("example.com."), *health_table);
    const auto back = std::ranges::find(whole_zone.puts, wire("w.example.com."), &RecordSet::owner);
    ASSERT_NE(back, whole_zone.puts.end());
    EXPECT_EQ(back->policy, policy) << policy.index();
    EXPECT_EQ(back->set_identifier, "a");
    EXPECT_EQ(back->health_check_id, "check-1");
    EXPECT_EQ(back->alias_target, wire("t.example.com."));
    EXPECT_TRUE(back->evaluate_target_health);
    ASSERT_TRUE(remove("a"));
  }
}

}  // namespace
}  // namespace meridian::snapshots::dns
