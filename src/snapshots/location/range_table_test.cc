#include "snapshots/location/range_table.h"

#include <gtest/gtest.h>

#include <random>

namespace meridian::snapshots::location {
namespace {

template <typename Key>
struct Slow {  // the same, looked up in the list of blocks
  std::vector<typename RangeTable<Key>::Range> blocks;

  std::uint32_t value(Key key) const {
    std::uint32_t best = 0;
    Key width = static_cast<Key>(~Key{0});
    for (const auto& block : blocks) {
      if (key < block.first || key > block.last || block.last - block.first > width) continue;
      best = block.value;
      width = static_cast<Key>(block.last - block.first);
    }
    return best;
  }
};

template <typename Key>
class RangeTableOf : public testing::Test {};
using Keys = testing::Types<std::uint8_t, std::uint16_t>;
TYPED_TEST_SUITE(RangeTableOf, Keys);

// Keys so short that every one of them, and every block around it, can be tried.
TYPED_TEST(RangeTableOf, ValueAndBlockAreThoseOfTheListOfBlocks) {
  using Key = TypeParam;
  constexpr unsigned kWidth = sizeof(Key) * 8;
  std::mt19937 random(7);
  for (int round = 0, rounds = kWidth == 8 ? 100 : 3; round < rounds; ++round) {
    Slow<Key> slow;
    for (unsigned i = 0, count = random() % 120; i < count; ++i) {
      const unsigned bits = random() % (kWidth + 1);
      const Key hosts = bits == kWidth ? Key{0} : static_cast<Key>(static_cast<Key>(~Key{0}) >> bits);
      const Key first = static_cast<Key>(random() & static_cast<Key>(~hosts));
      slow.blocks.push_back(
          {first, static_cast<Key>(first | hosts), static_cast<std::uint32_t>(random() % 5)});
    }
    const auto table = RangeTable<Key>::flatten(slow.blocks);
    std::vector<std::uint32_t> values;
    for (unsigned key = 0; key <= static_cast<Key>(~Key{0}); ++key)
      values.push_back(slow.value(static_cast<Key>(key)));
    const auto same = [&](unsigned key, unsigned bits) {
      const unsigned size = 1U << (kWidth - bits), first = key & ~(size - 1);
      return std::ranges::all_of(values.begin() + first, values.begin() + first + size,
                                 [&](auto value) { return value == values[key]; });
    };
    for (unsigned key = 0; key < values.size(); key += kWidth == 8 ? 1 : 1 + random() % 999) {
      const auto found = table.find(static_cast<Key>(key));
      ASSERT_EQ(found.value, values[key]) << key;
      ASSERT_TRUE(same(key, found.prefix_bits)) << key << "/" << found.prefix_bits;
      ASSERT_TRUE(found.prefix_bits == 0 || !same(key, found.prefix_bits - 1))
          << key << ": a larger block would do";
    }
  }
}

TEST(RangeTable, AnEmptyOneKnowsNothingOfEverything) {
  RangeTable<std::uint32_t> table;
  EXPECT_EQ(table.find(0).value, 0u);
  EXPECT_EQ(table.find(~0U).prefix_bits, 0u);
}

TEST(RangeTable, NeighboursOfOneValueAreOneRange) {
  RangeTable<std::uint32_t>::Builder builder;
  builder.append({0x0a000000, 0x0a0000ff, 1});
  builder.append({0x0a000100, 0x0a0001ff, 1});
  builder.append({0xffffff00, 0xffffffff, 2});
  const auto table = std::move(builder).finish();
  EXPECT_EQ(table.ranges(), 4u);
  EXPECT_EQ(table.find(0x0a000105).prefix_bits, 23u);
  EXPECT_EQ(table.find(0xffffffff).value, 2u);
  EXPECT_EQ(table.find(0x0a000200).value, 0u);
}

TEST(RangeTable, BlocksOf128BitKeys) {
  using Key = unsigned __int128;
  const Key base = static_cast<Key>(0xfd00'0000'0000'0000) << 64;
  const auto table = RangeTable<Key>::flatten(
      {{base, base | ((static_cast<Key>(1) << 120) - 1), 1}, {base + 7, base + 7, 2}});
  EXPECT_EQ(table.find(base + 7).value, 2u);
  EXPECT_EQ(table.find(base + 7).prefix_bits, 128u);
  EXPECT_EQ(table.find(base + 6).prefix_bits, 128u);
  EXPECT_EQ(table.find(base + 8).prefix_bits, 125u);
  EXPECT_EQ(table.find(base + (static_cast<Key>(1) << 119)).prefix_bits, 9u);
  EXPECT_EQ(table.find(0).prefix_bits, 1u);
}

}  // namespace
}  // namespace meridian::snapshots::location
