#include "snapshots/dns/snapshot.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <map>

#include "snapshots/dns/snapshot_fixture.h"

namespace meridian::snapshots::dns {
namespace {

constexpr int kEdits = 40'000;

using Snapshots = SnapshotFixture;

TEST_F(Snapshots, FindsTheZoneWithTheLongestApex) {
  ASSERT_TRUE(replace("example.com.", {}, "Z1"));
  ASSERT_TRUE(replace("sub.example.com.", {}, "Z2"));
  EXPECT_EQ(zone_of("a.b.SUB.example.com.")->id(), "Z2");
  EXPECT_EQ(zone_of("xsub.example.com.")->id(), "Z1");
  EXPECT_EQ(zone_of("com."), nullptr);
  EXPECT_EQ(zone_of("."), nullptr);
}

TEST_F(Snapshots, ServesTheRootZone) {
  ASSERT_TRUE(replace(".", {address("a.")}));
  EXPECT_EQ(zone_of("x.y.")->id(), "Z1");
  EXPECT_TRUE(node("a.")->find(Type::A));
}

TEST_F(Snapshots, FindsValuesInTheOrderGiven) {
  ASSERT_TRUE(
      replace("example.com.", {record_set("www.example.com.", Type::A, 300, {{1, 2, 3, 4}, {5, 6, 7, 8}})}));
  const auto records = node("WWW.example.com.")->find(Type::A);
  ASSERT_TRUE(records);
  EXPECT_EQ(records->ttl(), 300u);
  EXPECT_EQ(records->count, 2);
  std::size_t at = 0;
  EXPECT_EQ(records->next(at), (std::string{1, 2, 3, 4}));
  EXPECT_EQ(records->next(at), (std::string{5, 6, 7, 8}));
  EXPECT_EQ(at, records->data.size());
  EXPECT_FALSE(node("www.example.com.")->find(Type::AAAA));
}

TEST_F(Snapshots, EmptyNonTerminalsComeAndGoWithWhatIsBelowThem) {
  ASSERT_TRUE(replace("example.com.", {address("a.b.c.example.com.")}));
  ASSERT_TRUE(node("b.c.example.com."));
  EXPECT_EQ(node("b.c.example.com.")->set_count(), 0);
  ASSERT_TRUE(put("example.com.", address("x.c.example.com.")));
  ASSERT_TRUE(remove("example.com.", "a.b.c.example.com.", Type::A));
  EXPECT_FALSE(node("a.b.c.example.com."));
  EXPECT_FALSE(node("b.c.example.com."));
  EXPECT_TRUE(node("c.example.com."));
  ASSERT_TRUE(remove("example.com.", "x.c.example.com.", Type::A));
  EXPECT_FALSE(node("c.example.com."));
  EXPECT_EQ(zone_of("example.com.")->node_count(), 1u);
}

TEST_F(Snapshots, ANameKeepsItsOtherRecordsAndItsChildrenWhenOneSetGoes) {
  ASSERT_TRUE(replace("example.com.", {address("a.example.com."), address("b.a.example.com."),
                                       record_set("a.example.com.", Type::TXT, 5, {"\1x"})}));
  ASSERT_TRUE(remove("example.com.", "a.example.com.", Type::TXT));
  EXPECT_TRUE(node("a.example.com.")->find(Type::A));
  ASSERT_TRUE(remove("example.com.", "a.example.com.", Type::A));
  EXPECT_TRUE(node("a.example.com."));
  EXPECT_TRUE(node("b.a.example.com."));
}

TEST_F(Snapshots, KnowsWhichNamesHaveAWildcardBelow) {
  ASSERT_TRUE(replace("example.com.", {address("*.w.example.com."), address("x*.y.example.com.")}));
  EXPECT_TRUE(node("w.example.com.")->has_wildcard_child());
  EXPECT_FALSE(node("y.example.com.")->has_wildcard_child());
  LookupName encloser(current->hash_key(), wire("w.example.com."));
  ASSERT_TRUE(zone_of("w.example.com.")->find_wildcard(encloser, encloser.labels()));
  ASSERT_TRUE(remove("example.com.", "*.w.example.com.", Type::A));
  EXPECT_FALSE(node("w.example.com."));
}

TEST_F(Snapshots, HiddenNamesAreFoundAsSuchOnlyAndMakeNoNamesExist) {
  RecordSet hidden = address("x.y.example.com.", 7);
  hidden.hidden = true;
  RecordSet star = address("*.y.example.com.", 8);
  star.hidden = true;
  ASSERT_TRUE(replace("example.com.", {hidden, star, address("a.example.com.")}));
  EXPECT_FALSE(node("x.y.example.com."));
  EXPECT_FALSE(node("y.example.com."));
  EXPECT_EQ(zone_of("example.com.")->node_count(), 2u);
  EXPECT_EQ(node("example.com.")->child_count(), 1u);
  EXPECT_EQ(hidden_node("X.y.example.com.")->find(Type::A)->first().back(), 7);
  EXPECT_FALSE(hidden_node("y.example.com."));
  EXPECT_FALSE(hidden_node("a.example.com."));
}

TEST_F(Snapshots, AHiddenNameAndAVisibleOneOfTheSameNameAreTwo) {
  RecordSet hidden = address("x.example.com.", 7);
  hidden.hidden = true;
  ASSERT_TRUE(replace("example.com.", {hidden, address("x.example.com.", 1)}));
  ASSERT_TRUE(remove("example.com.", "x.example.com.", Type::A));
  EXPECT_FALSE(node("x.example.com."));
  ASSERT_TRUE(hidden_node("x.example.com."));
  RecordSet other = record_set("x.example.com.", Type::TXT, 5, {"\1x"});
  other.hidden = true;
  ASSERT_TRUE(put("example.com.", other));
  EXPECT_EQ(hidden_node("x.example.com.")->set_count(), 2);
  const std::string owner = wire("x.example.com.");
  ASSERT_TRUE(change({{Kind::Edit, "Z1", wire("example.com."), {}, {{owner, Type::A, "", true}}}}));
  EXPECT_FALSE(hidden_node("x.example.com.")->find(Type::A));
  ASSERT_TRUE(change({{Kind::Edit, "Z1", wire("example.com."), {}, {{owner, Type::TXT, "", true}}}}));
  EXPECT_FALSE(hidden_node("x.example.com."));
  ASSERT_TRUE(change({{Kind::Edit, "Z1", wire("example.com."), {}, {{owner, Type::TXT, "", true}}}}));
}

TEST_F(Snapshots, OlderVersionsStayAsTheyWere) {
  ASSERT_TRUE(replace("example.com.", {address("a.example.com."), address("b.example.com.")}));
  const auto before = std::move(current);
  current = *apply(*before, {1,
                             2,
                             {{Kind::Edit,
                               "Z1",
                               wire("example.com."),
                               {address("c.d.example.com.")},
                               {{wire("a.example.com."), Type::A, ""}}}}});
  EXPECT_FALSE(node("a.example.com."));
  EXPECT_TRUE(node("d.example.com."));
  std::swap(current, const_cast<std::unique_ptr<const DnsSnapshot>&>(before));
  EXPECT_TRUE(node("a.example.com."));
  EXPECT_FALSE(node("d.example.com."));
  EXPECT_EQ(node("example.com.")->child_count(), 2u);
}

TEST_F(Snapshots, ARetainedVersionIsWalkedOverWhileLaterOnesComeAndGo) {
  std::vector<RecordSet> sets;
  for (int i = 0; i < 100; ++i) sets.push_back(address(fmt::format("h{}.example.com.", i)));
  ASSERT_TRUE(replace("example.com.", sets));
  const auto retained = current->retain();
  LookupName apex(retained->hash_key(), wire("example.com."));
  const DnsZone* zone = retained->find_zone(apex, apex.labels());
  DnsZone::NodeCursor cursor(*zone);
  std::size_t names = 0;
  while (const NameNode* node = cursor.next()) {
    names += node->find(Type::A).has_value();
    ASSERT_TRUE(remove("example.com.", fmt::format("h{}.example.com.", names), Type::A));
    ASSERT_TRUE(put("example.com.", address(fmt::format("new{}.example.com.", names))));
  }
  EXPECT_EQ(names, 100u);
}

TEST_F(Snapshots, OfZonesThatShareAnApexTheFirstMadeAnswersUntilItGoes) {
  ASSERT_TRUE(replace("example.com.", {}, "ZB"));
  ASSERT_TRUE(replace("example.com.", {}, "ZA"));
  ASSERT_TRUE(replace("example.com.", {address("new.example.com.")}, "ZB"));
  EXPECT_EQ(zone_of("example.com.")->id(), "ZB");
  const Delta image = *decode(encode_image(*current));
  current = *apply(*DnsSnapshot::empty(random), image);
  EXPECT_EQ(zone_of("example.com.")->id(), "ZB");
  EXPECT_EQ(current->zone_count(), 2u);
  ASSERT_TRUE(change({{Kind::Remove, "ZB", wire("example.com."), {}, {}}}));
  EXPECT_EQ(zone_of("example.com.")->id(), "ZA");
  ASSERT_TRUE(change({{Kind::Remove, "ZA", wire("example.com."), {}, {}}}));
  EXPECT_EQ(zone_of("example.com."), nullptr);
  EXPECT_EQ(current->zone_count(), 0u);
}

TEST_F(Snapshots, AFullImageReplacesEverything) {
  ASSERT_TRUE(replace("old.example.", {}));
  current =
      *apply(*current, {0, 9, {{Kind::Replace, "Z2", wire("new.example."), {soa("new.example.")}, {}}}});
  EXPECT_EQ(current->revision(), 9u);
  EXPECT_EQ(zone_of("old.example."), nullptr);
  EXPECT_EQ(zone_of("new.example.")->id(), "Z2");
}

TEST_F(Snapshots, RefusesWhatDoesNotFit) {
  ASSERT_TRUE(replace("example.com.", {}));
  ASSERT_TRUE(replace("example.com.", {}));
  EXPECT_EQ(apply(*current, {1, 3, {}}).error().code, ErrorCode::Conflict);
  EXPECT_EQ(put("example.com.", address("a.example.com."), "Z9").error().message,
            "DNS delta, zone Z9: the zone to edit is not there");
  EXPECT_EQ(remove("example.com.", "example.com.", Type::SOA).error().message,
            "DNS delta, zone Z1: the zone has no SOA at its apex");
  EXPECT_EQ(current->revision(), 2u);
}

TEST_F(Snapshots, RemovingWhatIsNotThereIsNoError) {
  ASSERT_TRUE(replace("example.com.", {address("a.example.com.")}));
  EXPECT_TRUE(remove("example.com.", "b.example.com.", Type::A));
  EXPECT_TRUE(remove("example.com.", "a.example.com.", Type::MX));
  EXPECT_TRUE(node("a.example.com.")->find(Type::A));
  EXPECT_TRUE(change({{Kind::Remove, "Z9", wire("nothing.example."), {}, {}}}));
}

TEST_F(Snapshots, ANameTakesOnlySoMuch) {
  std::vector<RecordSet> sets;
  for (std::uint16_t type = 1000; type < 1080; ++type)
    sets.push_back(
        record_set("a.example.com.", static_cast<Type>(type), 5, {std::string(kSetBytesMax - 2, 'x')}));
  const auto refused = replace("example.com.", sets);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Limit);
  EXPECT_EQ(current->bytes_in_use(), 0u);
  sets.resize(60);
  EXPECT_TRUE(replace("example.com.", sets));
}

// What an edit frees serves the next ones: memory follows the data, not the number of edits.
TEST_F(Snapshots, MemoryDoesNotGrowWithEdits) {
  ASSERT_TRUE(replace("example.com.", {}));
  std::size_t reserved = 0, used_max = 0;
  std::vector<std::unique_ptr<const DnsSnapshot>> kept(8);
  for (int edit = 0; edit < kEdits; ++edit) {
    const std::string owner = fmt::format("h{}.example.com.", random.below(3000));
    const auto type = random.below(4) == 0 ? Type::NS : Type::A;
    if (random.below(2) == 0) {
      ASSERT_TRUE(remove("example.com.", owner, type));
    } else if (type == Type::NS) {
      ASSERT_TRUE(
          put("example.com.",
              record_set(owner, type, 60, {wire(fmt::format("h{}.example.com.", random.below(3000)))})));
    } else {
      std::vector<std::string> values(1 + random.below(6), std::string(4, '\1'));
      ASSERT_TRUE(put("example.com.", record_set(owner, type, 60, std::move(values))));
    }
    kept[random.below(kept.size())] = current->retain();
    used_max = std::max(used_max, current->bytes_in_use());
    if (edit == kEdits / 4) reserved = current->bytes_reserved();
  }
  EXPECT_LE(current->bytes_reserved(), reserved + (std::size_t{2} << 20))
      << "at most " << used_max << " in use";
  kept.clear();
  ASSERT_TRUE(change({{Kind::Remove, "Z1", wire("example.com."), {}, {}}}));
  EXPECT_EQ(current->bytes_in_use(), 0u);
}

// A model check: a random history of edits gives the same zone as building its last state at once.
TEST_F(Snapshots, AHistoryOfEditsEqualsItsLastStateBuiltAtOnce) {
  ASSERT_TRUE(replace("example.com.", {}));
  std::map<std::pair<std::string, Type>, char> model;
  const std::vector<std::string> labels = {"a.", "b.", "*."};
  for (int step = 0; step < 500; ++step) {
    std::string owner = "example.com.";
    for (std::uint64_t depth = 1 + random.below(4); depth > 0; --depth)
      owner = labels[random.below(3)] + owner;
    if (random.below(2)) {
      const char value = static_cast<char>(random.below(100));
      ASSERT_TRUE(put("example.com.", address(owner, value)));
      model[{owner, Type::A}] = value;
    } else {
      ASSERT_TRUE(remove("example.com.", owner, Type::A));
      model.erase({owner, Type::A});
    }
  }
  const auto shape = [](const DnsZone& zone) {
    std::map<std::string, std::string> nodes;
    zone.for_each_node([&](const NameNode& one) {
      nodes[std::string(one.relative_name())] =
          fmt::format("{} {} {}", one.child_count(), one.has_wildcard_child(),
                      one.find(Type::A) ? one.find(Type::A)->first() : "-");
    });
    return nodes;
  };
  const auto edited = shape(*zone_of("example.com."));
  std::vector<RecordSet> sets;
  for (const auto& [key, value] : model) sets.push_back(address(key.first, value));
  ASSERT_TRUE(replace("example.com.", sets));
  EXPECT_EQ(edited, shape(*zone_of("example.com.")));
}

}  // namespace
}  // namespace meridian::snapshots::dns
