#include "engines/cdn/tier_rings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meridian::engines::cdn {
namespace {

using snapshots::cdn::TierMap;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kObjects = 20'000;

TierMap edges(int count) {
  TierMap map;
  for (int i = 0; i < count; ++i)
    map.edges.push_back(
        {"edge" + std::to_string(i), "192.0.2." + std::to_string(i + 1) + ":7443", {"eu-west-1"}});
  return map;
}

std::string owner(const TierRings& rings, int object) {
  return rings.owners("eu-west-1", place_of("/object-" + std::to_string(object)), 1).at(0)->name;
}

TEST(TierRings, AnEdgeThatComesTakesItsShareAndMovesNothingElse) {
  for (const int count : {1, 4, 9, 50}) {
    const TierRings before(edges(count), ""), after(edges(count + 1), "");
    const std::string newcomer = "edge" + std::to_string(count);
    int moved = 0;
    for (int i = 0; i < kObjects; ++i) {
      const std::string now = owner(after, i);
      if (now == newcomer)
        ++moved;
      else
        ASSERT_EQ(now, owner(before, i)) << "an object moved between edges that stayed";
    }
    const double share = static_cast<double>(kObjects) / (count + 1);
    EXPECT_NEAR(moved, share, share * 0.2) << count;
  }
}

TEST(TierRings, ObjectsAreSpreadEvenly) {
  const TierRings rings(edges(10), "");
  std::map<std::string, int> counts;
  for (int i = 0; i < kObjects; ++i) ++counts[owner(rings, i)];
  ASSERT_EQ(counts.size(), 10u);
  for (const auto& [name, count] : counts) EXPECT_NEAR(count, kObjects / 10, kObjects / 50) << name;
}

TEST(TierRings, TheNextIsWhoWouldHaveItWithoutTheFirst) {
  for (int i = 0; i < 200; ++i) {
    TierMap map = edges(6);
    const std::uint64_t place = place_of("/" + std::to_string(i));
    const auto two = TierRings(map, "").owners("eu-west-1", place, 2);
    std::erase_if(map.edges, [&](const auto& edge) { return edge.name == two.at(0)->name; });
    EXPECT_EQ(TierRings(map, "").owners("eu-west-1", place, 1).at(0)->name, two.at(1)->name);
  }
}

TEST(TierRings, OrderOfTheMapDoesNotMatter) {
  TierMap map = edges(8), reversed = map;
  std::ranges::reverse(reversed.edges);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(owner(TierRings(map, ""), i), owner(TierRings(reversed, ""), i));
}

TEST(TierRings, WhoHasNoAddressAsksOnly) {
  TierMap map{{{"a", "192.0.2.1:1", {"eu-west-1", "us-east-1"}}, {"b", "", {"eu-west-1", "sa-east-1"}}}};
  const TierRings rings(map, "a");
  EXPECT_TRUE(rings.knows("a"));
  EXPECT_TRUE(rings.knows("b"));
  EXPECT_FALSE(rings.knows("c"));
  EXPECT_THAT(rings.regions(), ElementsAre("eu-west-1", "us-east-1"));
  const auto owners = rings.owners("eu-west-1", 1, 3);
  ASSERT_EQ(owners.size(), 1u);
  EXPECT_TRUE(owners[0]->is_self);
  EXPECT_EQ(owners[0]->address.to_string(), "192.0.2.1:1");
  EXPECT_THAT(rings.owners("sa-east-1", 1, 3), IsEmpty());
}

}  // namespace
}  // namespace meridian::engines::cdn
