#include "engines/cdn/cache.h"

#include <gtest/gtest.h>

namespace meridian::engines::cdn {
namespace {

constexpr std::size_t kShardBytes = 100'000;

class CacheTest : public testing::Test {
 protected:
  static std::shared_ptr<const Object> object(std::size_t size) {
    auto made = std::make_shared<Object>();
    made->body = Body::of(std::string(size, 'x'));
    made->purges = std::make_shared<PurgeLog>();
    return made;
  }
  // All in one shard.
  static Key key(std::uint64_t number) { return {0, number}; }
  void put(std::uint64_t number, std::size_t size) {
    cache.with(key(number), [&](Cache::Slot& slot) { slot.object = object(size); });
  }
  bool get(std::uint64_t number) {
    return cache.with(key(number), [](Cache::Slot& slot) {
      slot.visited |= slot.object != nullptr;
      return slot.object != nullptr;
    });
  }

  Cache cache{kShardBytes * Cache::kShards};
};

TEST_F(CacheTest, NeverHoldsMoreThanItMay) {
  for (std::uint64_t i = 0; i < 1000; ++i) {
    put(i, 1000 + i % 500);
    ASSERT_LE(cache.bytes(), kShardBytes);
    ASSERT_TRUE(get(i)) << "what has just come stays";
  }
  EXPECT_GT(cache.bytes(), kShardBytes / 2);
  EXPECT_EQ(cache.objects() + cache.evictions(), 1000u);
}

TEST_F(CacheTest, AScanDoesNotDriveOutWhatIsAskedForAgain) {
  for (std::uint64_t i = 0; i < 20; ++i) put(i, 1000);
  for (std::uint64_t scanned = 1000; scanned < 3000; ++scanned) {
    put(scanned, 1000);
    if (scanned % 10 == 0)
      for (std::uint64_t i = 0; i < 20; ++i) get(i);
  }
  std::size_t left = 0;
  for (std::uint64_t i = 0; i < 20; ++i) left += get(i) ? 1 : 0;
  EXPECT_EQ(left, 20u);
}

TEST_F(CacheTest, LooksAloneLeaveNothingBehind) {
  for (std::uint64_t i = 0; i < 1000; ++i) EXPECT_FALSE(get(i));
  EXPECT_EQ(cache.objects(), 0u);
  EXPECT_EQ(cache.bytes(), 0u);
  put(1, 500);
  cache.with(key(1), [](Cache::Slot& slot) { slot.object.reset(); });
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST_F(CacheTest, AnObjectThatGrowsIsChargedForWhatItHas) {
  auto growing = std::make_shared<Object>();
  growing->body = std::make_shared<Body>(Body::Kind::Kept);
  growing->purges = std::make_shared<PurgeLog>();
  cache.with(key(1), [&](Cache::Slot& slot) { slot.object = growing; });
  const std::size_t before = cache.bytes();
  growing->body->append(std::string(5000, 'x'));
  growing->body->finish(Body::State::Whole);
  EXPECT_TRUE(get(1));
  EXPECT_EQ(cache.bytes(), before + 5000);
}

TEST_F(CacheTest, MarksOfWhatIsNotSharedAreBoundedToo) {
  for (std::uint64_t i = 0; i < 100'000; ++i)
    cache.with(key(i), [](Cache::Slot& slot) { slot.alone_until = rules::Time(rules::Seconds(1)); });
  EXPECT_LE(cache.bytes(), kShardBytes);
}

}  // namespace
}  // namespace meridian::engines::cdn
