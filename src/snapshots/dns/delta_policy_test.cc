// What deltas say of routing policies, hidden record sets and CIDR collections.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "snapshots/dns/delta.h"
#include "snapshots/dns/random_zone.h"
#include "snapshots/dns/snapshot_fixture.h"

namespace meridian::snapshots::dns {
namespace {

using Kind = ZoneChange::Kind;

RecordSet of(std::string identifier, Policy policy) {
  return under(address("w.example.com."), std::move(identifier), std::move(policy));
}

std::string verdict(const Delta& delta) {
  const Result<Delta> got = decode(encode(delta));
  return got ? "accepted" : got.error().message;
}
std::string verdict(std::vector<RecordSet> sets, Kind kind = Kind::Edit) {
  return verdict(Delta{7, 8, {{kind, "Z1", wire("example.com."), std::move(sets), {}}}});
}
std::string verdict(RecordSet set) {
  return verdict(std::vector{std::move(set)});
}

TEST(DeltaPolicies, AnIdentifierAndAPolicyBelongTogether) {
  EXPECT_EQ(verdict(of("a", Weighted{1})), "accepted");
  EXPECT_EQ(verdict(of("", Weighted{1})),
            "DNS delta, zone Z1: w.example.com. A: it has a routing policy but no identifier");
  EXPECT_EQ(verdict(of("a", Simple{})),
            "DNS delta, zone Z1: w.example.com. A: it has an identifier but no routing policy");
  EXPECT_NE(verdict(of(std::string(kSetIdentifierSizeMax + 1, 'a'), Weighted{1})), "accepted");
  RecordSet checked = of("a", Weighted{1});
  checked.health_check_id.assign(kHealthCheckIdSizeMax, 'x');
  EXPECT_EQ(verdict(checked), "accepted");
  checked.health_check_id += 'x';
  EXPECT_NE(verdict(checked), "accepted");
  RecordSet simple = address("w.example.com.");
  simple.health_check_id = "x";
  EXPECT_EQ(verdict(simple), "accepted");
  simple = record_set("w.example.com.", Type::NS, 60, {wire("x.")});
  simple.health_check_id = "x";
  EXPECT_NE(verdict(simple), "accepted");
}

TEST(DeltaPolicies, ARegionNotKnownHereRefusesNothing) {
  EXPECT_EQ(verdict(of("a", Latency{"moon-north-1"})), "accepted");
  EXPECT_EQ(verdict(of("a", Latency{std::string(kRegionSizeMax, 'x')})), "accepted");
  EXPECT_NE(verdict(of("a", Latency{std::string(kRegionSizeMax + 1, 'x')})), "accepted");
  EXPECT_NE(verdict(of("a", Latency{""})), "accepted");
}

TEST(DeltaPolicies, PlacesAreContinentsOrCountriesWithOrWithoutSubdivision) {
  for (const Geolocation& good :
       {Geolocation{"EU", "", ""}, {"", "DE", ""}, {"", "*", ""}, {"", "US", "CA"}, {"", "UA", "40"}})
    EXPECT_EQ(verdict(of("a", good)), "accepted") << good.country;
  for (const Geolocation& bad : {Geolocation{"", "", ""},
                                 {"EU", "DE", ""},
                                 {"eu", "", ""},
                                 {"EUR", "", ""},
                                 {"", "USA", ""},
                                 {"", "*", "CA"},
                                 {"EU", "", "CA"},
                                 {"", "US", "CALI"}})
    EXPECT_NE(verdict(of("a", bad)), "accepted") << bad.continent << bad.country << bad.subdivision;
}

TEST(DeltaPolicies, CoordinatesAreOnTheGlobeAndBiasInRange) {
  for (const Geoproximity& good :
       {Geoproximity{"", 9000, -18000, 99}, {"", -9000, 18000, -99}, {"", 0, 0, 0}, {"eu-west-1", 0, 0, 5}})
    EXPECT_EQ(verdict(of("a", good)), "accepted");
  for (const Geoproximity& bad : {Geoproximity{"", 9001, 0, 0},
                                  {"", -9001, 0, 0},
                                  {"", 0, 18001, 0},
                                  {"", 0, -18001, 0},
                                  {"", 0, 0, 100},
                                  {"", 0, 0, -100},
                                  {"eu-west-1", 1, 0, 0}})
    EXPECT_NE(verdict(of("a", bad)), "accepted");
}

TEST(DeltaPolicies, TypesHaveThePoliciesThatRoute53LetsThemHave) {
  RecordSet cname = under(record_set("w.example.com.", Type::CNAME, 60, {wire("x.")}), "a", Weighted{1});
  EXPECT_EQ(verdict(cname), "accepted");
  cname.policy = Multivalue{};
  EXPECT_NE(verdict(cname), "accepted");
  EXPECT_NE(verdict(under(alias("w.example.com.", Type::A, "a.example.com."), "a", Multivalue{})),
            "accepted");
  EXPECT_NE(verdict(under(record_set("w.example.com.", Type::NS, 60, {wire("x.")}), "a", Weighted{1})),
            "accepted");
  RecordSet hidden = record_set("w.example.com.", Type::NS, 60, {wire("x.")});
  hidden.hidden = true;
  EXPECT_NE(verdict(hidden), "accepted");
}

TEST(DeltaPolicies, WhatIsSaidOfATargetNeedsOne) {
  RecordSet set = alias("w.example.com.", Type::A, "a.example.com.");
  set.evaluate_target_health = set.target_is_hidden = true;
  EXPECT_EQ(verdict(set), "accepted");
  set = address("w.example.com.");
  set.evaluate_target_health = true;
  EXPECT_NE(verdict(set), "accepted");
  set.evaluate_target_health = false;
  set.target_is_hidden = true;
  EXPECT_NE(verdict(set), "accepted");
}

TEST(DeltaPolicies, RecordSetsOfAWholeZoneGoTogether) {
  const RecordSet top = soa("example.com.");
  EXPECT_EQ(verdict({top, of("a", Weighted{1}), of("b", Weighted{2})}, Kind::Replace), "accepted");
  EXPECT_EQ(verdict({top, of("a", Weighted{1}), of("b", Multivalue{})}, Kind::Replace),
            "DNS delta, zone Z1: w.example.com. A has several routing policies");
  EXPECT_EQ(verdict({top, of("a", Weighted{1}), address("w.example.com.")}, Kind::Replace),
            "DNS delta, zone Z1: w.example.com. A has record sets with and without a routing policy");
  RecordSet hidden = of("b", Multivalue{});
  hidden.hidden = true;
  EXPECT_EQ(verdict({top, of("a", Weighted{1}), hidden}, Kind::Replace), "accepted");
  std::vector<RecordSet> many{top};
  for (std::size_t i = 0; i <= kGroupSizeMax; ++i) many.push_back(of(std::to_string(i), Weighted{1}));
  EXPECT_EQ(verdict(many, Kind::Replace),
            "DNS delta, zone Z1: w.example.com. A has more than 100 record sets");
  many.pop_back();
  EXPECT_EQ(verdict(many, Kind::Replace), "accepted");
}

TEST(DeltaPolicies, CollectionsHaveLimits) {
  const auto of_blocks = [](std::vector<net::Cidr> blocks, std::string name = "office",
                            std::string id = "c") {
    return verdict(Delta{7, 8, {}, {{std::move(id), {{std::move(name), std::move(blocks)}}}}, {}});
  };
  const auto block = [](const char* text) { return *net::Cidr::parse(text); };
  EXPECT_EQ(of_blocks({block("10.0.0.0/8"), block("2001:db8::/48")}), "accepted");
  EXPECT_EQ(of_blocks({block("10.0.0.0/25")}),
            "DNS delta, CIDR collection c: 10.0.0.0/25: blocks are /1 to /24, of IPv6 /1 to /48");
  EXPECT_NE(of_blocks({block("0.0.0.0/0")}), "accepted");
  EXPECT_NE(of_blocks({block("2001:db8::/49")}), "accepted");
  EXPECT_EQ(of_blocks({{*net::IpAddress::parse("10.0.1.0"), 16}}),
            "DNS delta, CIDR collection c: 10.0.1.0/16 has host bits");
  EXPECT_NE(of_blocks({}, std::string(kCidrLocationSizeMax + 1, 'x')), "accepted");
  EXPECT_NE(of_blocks({}, ""), "accepted");
  EXPECT_NE(of_blocks({}, "office", ""), "accepted");
  EXPECT_EQ(of_blocks(std::vector(kCidrBlocksMax, block("10.0.0.0/8"))), "accepted");
  EXPECT_NE(of_blocks(std::vector(kCidrBlocksMax + 1, block("10.0.0.0/8"))), "accepted");
  EXPECT_EQ(verdict(Delta{7, 8, {}, {}, {"c"}}), "accepted");
  EXPECT_NE(verdict(Delta{7, 8, {}, {}, {""}}), "accepted");
  EXPECT_NE(verdict(Delta{0, 8, {}, {}, {"c"}}), "accepted") << "a full image has nothing to take away";
}

TEST(DeltaPolicies, EveryShorterFormIsRefused) {
  SeededRandom random(4);
  RandomZone zones(random);
  Delta delta{7, 8, {zones.zone()}, {zones.collection()}, {"gone"}};
  delta.zones[0].puts.resize(std::min<std::size_t>(delta.zones[0].puts.size(), 12));
  const std::string bytes = encode(delta);
  for (std::size_t size = 0; size < bytes.size(); ++size) ASSERT_FALSE(decode(bytes.substr(0, size))) << size;
}

TEST(DeltaPolicies, SurviveEncoding) {
  SeededRandom random(1);
  for (int round = 0; round < 50; ++round) {
    RandomZone zones(random);
    Delta delta{7, 9, {zones.zone()}, {zones.collection()}, {"gone"}};
    delta.zones.push_back(
        {Kind::Edit, "Z2", wire("example.org."), {}, {{wire("a.example.org."), Type::A, "x", true}}});
    const std::string bytes = encode(delta);
    const Result<Delta> back = decode(bytes);
    ASSERT_TRUE(back) << back.error().message;
    ASSERT_EQ(encode(*back), bytes);
    for (std::size_t i = 0; i < delta.zones[0].puts.size(); ++i) {
      const RecordSet &was = delta.zones[0].puts[i], &is = back->zones[0].puts[i];
      ASSERT_EQ(is.policy, was.policy);
      ASSERT_EQ(std::tie(is.set_identifier, is.health_check_id, is.hidden, is.target_is_hidden),
                std::tie(was.set_identifier, was.health_check_id, was.hidden, was.target_is_hidden));
      ASSERT_EQ(is.evaluate_target_health, was.evaluate_target_health);
    }
    ASSERT_TRUE(back->zones[1].removes[0].hidden);
    ASSERT_EQ(back->collection_removes, delta.collection_removes);
  }
}

// What the version before policies wrote to an edge's disk.
TEST(DeltaPolicies, TheFormatBeforeThemIsStillRead) {
  std::string bytes = "MDD1";
  append_u64(bytes, 7);
  append_u64(bytes, 9);
  append_u32(bytes, 1);
  append_u8(bytes, static_cast<std::uint8_t>(Kind::Edit));
  const auto text = [&bytes](const std::string& value) {
    append_u8(bytes, static_cast<std::uint8_t>(value.size()));
    bytes += value;
  };
  text("Z1");
  text(wire("example.com."));
  append_u32(bytes, 2);
  text(wire("a.example.com."));
  append_u16(bytes, 1);
  text("");
  append_u32(bytes, 300);
  text("");
  append_u16(bytes, 1);
  append_u16(bytes, 4);
  bytes += "\x0a\x01\x02\x03";
  text(wire("b.example.com."));
  append_u16(bytes, 1);
  text("");
  append_u32(bytes, 0);
  text(wire("a.example.com."));
  append_u16(bytes, 0);
  append_u32(bytes, 1);
  text(wire("c.example.com."));
  append_u16(bytes, 28);
  text("");
  const Result<Delta> delta = decode(bytes);
  ASSERT_TRUE(delta) << delta.error().message;
  ASSERT_EQ(delta->zones.size(), 1u);
  EXPECT_EQ(delta->zones[0].puts[0].rdata[0], "\x0a\x01\x02\x03");
  EXPECT_EQ(delta->zones[0].puts[1].alias_target, wire("a.example.com."));
  EXPECT_TRUE(std::holds_alternative<Simple>(delta->zones[0].puts[0].policy));
  EXPECT_EQ(delta->zones[0].removes[0].type, Type::AAAA);
  EXPECT_FALSE(decode(bytes + '\0'));
}

class Images : public SnapshotFixture {
 protected:
  // Everything an image holds, whatever the order; of record sets put twice, the second.
  static std::multiset<std::string> contents(const Delta& image) {
    std::map<std::tuple<std::string, Type, std::string, bool>, std::string> sets;
    std::multiset<std::string> out;
    for (const ZoneChange& zone : image.zones)
      for (const RecordSet& set : zone.puts)
        sets[{set.owner, set.type, set.set_identifier, set.hidden}] =
            encode(Delta{0, 0, {{Kind::Replace, zone.zone_id, zone.apex, {set}, {}}}});
    for (const auto& [key, bytes] : sets) out.insert(bytes);
    for (const CidrCollection& collection : image.collection_puts)
      out.insert(encode(Delta{0, 0, {}, {collection}, {}}));
    return out;
  }
  static std::multiset<std::string> contents(const DnsSnapshot& snapshot) {
    return contents(*decode(encode_image(snapshot)));
  }
};

TEST_F(Images, MakeTheSnapshotThatTheyAreOf) {
  for (int round = 0; round < 50; ++round) {
    RandomZone zones(random);
    const Delta delta{0, 5, {zones.zone()}, {zones.collection()}, {}};
    const Result<void> good = check(delta);
    ASSERT_TRUE(good) << good.error().message;
    const auto first = apply(*current, delta);
    ASSERT_TRUE(first) << first.error().message;
    const std::string image = encode_image(**first);
    const auto second = apply(*DnsSnapshot::empty(random), *decode(image));
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(contents(**first), contents(delta));
    EXPECT_EQ(contents(**second), contents(delta));
    // Within one lineage not even the order changes.
    EXPECT_EQ(encode_image(**apply(**first, *decode(image))), image);
  }
}

// A random history of edits leaves what building its last state at once does.
TEST_F(Images, DoNotTellHowASnapshotCameToBe) {
  RandomZone zones(random);
  ASSERT_TRUE(replace("example.com.", {}));
  using Key = std::tuple<std::string, Type, bool>;
  std::map<Key, std::vector<RecordSet>> model;
  for (int step = 0; step < 300; ++step) {
    const std::string owner = fmt::format("h{}.example.com.", random.below(8));
    const Key key{owner, Type::A, random.below(3) == 0};
    ZoneChange edit{Kind::Edit, "Z1", wire("example.com."), {}, {}};
    for (const RecordSet& there : model[key])
      edit.removes.push_back({there.owner, there.type, there.set_identifier, there.hidden});
    model[key].clear();
    if (random.below(4)) zones.add_sets(edit.puts, owner, Type::A, std::get<2>(key));
    for (const RecordSet& set : edit.puts) {
      std::erase_if(model[key],
                    [&](const RecordSet& other) { return other.set_identifier == set.set_identifier; });
      model[key].push_back(set);
    }
    const Result<void> done = change({edit});
    ASSERT_TRUE(done) << done.error().message;
  }
  const auto edited = contents(*current);
  std::vector<RecordSet> sets;
  for (const auto& [key, list] : model) sets.insert(sets.end(), list.begin(), list.end());
  ASSERT_TRUE(replace("example.com.", sets));
  EXPECT_EQ(edited, contents(*current));
  ASSERT_TRUE(change({{Kind::Remove, "Z1", wire("example.com."), {}, {}}}));
  EXPECT_EQ(current->bytes_in_use(), 0u);
}

}  // namespace
}  // namespace meridian::snapshots::dns
