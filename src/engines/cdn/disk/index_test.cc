#include "engines/cdn/disk/index.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"

namespace meridian::engines::cdn::disk {
namespace {

Hash128 key(std::uint64_t number) {
  return {number * 0x9e37'79b9'7f4a'7c15, number};
}

TEST(Index, IsTheTableThatAMapIs) {
  SeededRandom random(1);
  Index index;
  std::map<std::uint64_t, Index::Place> expected;
  for (std::uint32_t i = 1; i < 50'000; ++i) {
    const std::uint64_t number = random.below(3000);
    const auto at = expected.find(number);
    if (random.below(3) == 0) {
      const Index::Place place = at == expected.end() ? Index::Place{1, 2, 3} : at->second;
      ASSERT_EQ(index.erase(key(number), place), at != expected.end());
      if (at != expected.end()) expected.erase(at);
    } else {
      index.put(key(number), {i, i * 2, i * 3});
      expected[number] = {i, i * 2, i * 3};
    }
    ASSERT_EQ(index.size(), expected.size());
  }
  for (std::uint64_t number = 0; number < 3000; ++number) {
    const auto at = expected.find(number);
    const auto found = index.find(key(number));
    ASSERT_EQ(found.has_value(), at != expected.end());
    if (found) {
      EXPECT_EQ(*found, at->second);
    }
  }
}

TEST(Index, ANewerPlaceIsNotErasedForAnOlderOne) {
  Index index;
  index.put(key(1), {1, 0, 10});
  index.put(key(1), {2, 0, 10});
  EXPECT_FALSE(index.erase(key(1), {1, 0, 10}));
  EXPECT_TRUE(index.find(key(1)));
}

TEST(Index, RemembersWhatWasAskedForUntilThatIsTaken) {
  Index index;
  EXPECT_FALSE(index.take_asked(key(1)));
  index.ask(key(1));
  index.put(key(1), {1, 0, 10});
  EXPECT_FALSE(index.take_asked(key(1)));
  index.ask(key(1));
  EXPECT_TRUE(index.take_asked(key(1)));
  EXPECT_FALSE(index.take_asked(key(1)));
}

TEST(Index, TakesLessThanFiftyBytesAKey) {
  Index index;
  for (std::uint32_t i = 1; i <= 100'000; ++i) {
    index.put(key(i), {1, i, 1});
    if (i > 100) {
      ASSERT_LE(index.bytes(), i * 50) << i;
    }
  }
}

}  // namespace
}  // namespace meridian::engines::cdn::disk
