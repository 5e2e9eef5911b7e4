#include "engines/cdn/cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace meridian::engines::cdn {
namespace {

constexpr std::size_t kShardBytes = 100'000;

class CacheTest : public testing::Test {
 protected:
  std::shared_ptr<const Object> object(std::shared_ptr<Body> body) const {
    auto made = std::make_shared<Object>();
    made->body = std::move(body);
    made->kept = true;
    made->uri = "/";
    made->purges = log;
    made->purges_seen = log->newest();
    return made;
  }
  // All in one shard.
  static Key key(std::uint64_t number) { return {0, number}; }
  void put(std::uint64_t number, std::shared_ptr<Body> body) {
    cache.with(key(number), [&](Cache::Slot& slot) { slot.object = object(std::move(body)); });
  }
  void put(std::uint64_t number, std::size_t size) { put(number, Body::of(std::string(size, 'x'))); }
  bool get(std::uint64_t number) {
    return cache.with(key(number), [](Cache::Slot& slot) {
      slot.visited |= slot.object != nullptr;
      return slot.object != nullptr;
    });
  }

  // Of the first so many, how many are there.
  std::size_t left_of(std::uint64_t count) {
    std::size_t left = 0;
    for (std::uint64_t i = 0; i < count; ++i) left += get(i) ? 1 : 0;
    return left;
  }

  const std::shared_ptr<PurgeLog> log = std::make_shared<PurgeLog>();
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
  EXPECT_EQ(left_of(20), 20u);
}

struct PlayedParts final : Parts {
  explicit PlayedParts(const bool& some_in_memory) : some_in_memory(some_in_memory) {}
  std::unique_ptr<PartsReader> read(std::uint64_t, std::uint64_t) override { return nullptr; }
  std::uint64_t generation() const override { return 1; }
  bool in_memory() const override { return some_in_memory; }
  Stock stock(std::uint64_t, std::uint64_t) const override { return {}; }
  const bool& some_in_memory;
};

TEST_F(CacheTest, TheHeadOfWhatHasSlicesInMemoryGoesAfterThem) {
  bool in_memory = true;
  const auto put_head = [&](std::uint64_t number) {
    put(number, Body::of_parts(std::make_unique<PlayedParts>(in_memory), 1 << 20));
  };
  for (std::uint64_t i = 0; i < 10; ++i) put_head(i);
  for (std::uint64_t once = 1000; once < 1500; ++once) put(once, 1000);
  EXPECT_EQ(left_of(10), 10u);
  in_memory = false;
  for (std::uint64_t other = 2000; other < 2500; ++other) {
    put(other, 1000);
    get(other);
  }
  EXPECT_EQ(left_of(10), 0u);
  in_memory = true;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    put_head(i);
    ASSERT_LE(cache.bytes(), kShardBytes) << "however many heads there are";
  }
}

TEST_F(CacheTest, WhatIsAskedForOnceDoesNotDriveOutWhatIsAskedForTwice) {
  for (std::uint64_t i = 0; i < 40; ++i) {
    put(i, 1000);
    EXPECT_TRUE(get(i));
  }
  for (std::uint64_t once = 1000; once < 1200; ++once) put(once, 1000);
  EXPECT_EQ(left_of(40), 40u);
}

TEST_F(CacheTest, WhatIsGoneAndComesBackStays) {
  for (std::uint64_t i = 0; i < 40; ++i) {
    put(i, 1000);
    get(i);
  }
  for (std::uint64_t once = 1000; once < 1100; ++once) put(once, 1000);
  ASSERT_FALSE(get(1040));
  put(1040, 1000);
  for (std::uint64_t once = 2000; once < 2100; ++once) put(once, 1000);
  EXPECT_TRUE(get(1040)) << "it was remembered that it had been here";
  EXPECT_FALSE(get(2000));
}

TEST_F(CacheTest, WhatWasPackedIsWhatItWas) {
  Cache large(64 << 20);
  const auto make = [&](std::uint64_t number) {
    auto made = std::make_shared<Object>();
    made->status = 203;
    made->kept = true;
    made->uri = "/" + std::to_string(number);
    made->tags = {"red", "n" + std::to_string(number)};
    made->life.answered = rules::Time(rules::Seconds(1'700'000'000));
    made->life.fresh_s = 86400;
    made->rule = rules::LifetimeRule::MaxAge;
    made->purges = log;
    const std::string tag = "\"" + std::to_string(number) + "\"";
    const rules::Field fields[] = {{"Content-Type", "text/html"},
                                   {"Date", "Tue, 14 Nov 2023 22:13:20 GMT"},
                                   {"ETag", tag},
                                   {"X-Odd", "a, b"}};
    made->fields = StoredFields(fields);
    made->length = 1000;
    made->body = Body::of(std::string(1000, static_cast<char>('a' + number % 26)));
    return made;
  };
  constexpr std::uint64_t kMany = 20'000;
  for (std::uint64_t i = 0; i < kMany; ++i)
    large.with({i, i}, [&](Cache::Slot& slot) { slot.object = make(i); });
  ASSERT_EQ(large.objects(), kMany);
  EXPECT_LT(large.bytes(), kMany * 1500) << "most of them are packed";
  for (std::uint64_t i = 0; i < kMany; ++i) {
    const auto was = make(i);
    const auto is = large.with({i, i}, [](Cache::Slot& slot) { return slot.object; });
    ASSERT_TRUE(is);
    ASSERT_EQ(is->uri, was->uri);
    ASSERT_EQ(is->tags, was->tags);
    ASSERT_EQ(is->status, 203);
    ASSERT_EQ(is->life, was->life);
    ASSERT_EQ(is->rule, was->rule);
    ASSERT_EQ(is->length, was->length);
    ASSERT_TRUE(is->kept);
    ASSERT_TRUE(std::ranges::equal(
        is->fields.fields(), was->fields.fields(),
        [](const auto& a, const auto& b) { return a.name == b.name && a.value == b.value; }));
    BodyReader reader(is->body, 0, 1000);
    ASSERT_EQ(reader.take(2000).view(), std::string(1000, static_cast<char>('a' + i % 26)));
  }
  log->purge("/7");
  log->purge("#n19999");
  for (std::uint64_t i : {7, 8, 19'999, 19'998})
    EXPECT_EQ(large.with({i, i}, [](Cache::Slot& slot) { return slot.object->gone(); }),
              i == 7 || i == 19'999);
}

TEST_F(CacheTest, WhatIsPurgedGoesFirst) {
  for (std::uint64_t i = 0; i < 40; ++i) {
    put(i, 1000);
    get(i);
    get(i);
  }
  log->purge("/*");
  for (std::uint64_t i = 100; i < 140; ++i) put(i, 1000);
  for (std::uint64_t i = 200; i < 210; ++i) put(i, 1000);
  for (std::uint64_t i = 101; i < 140; ++i) EXPECT_TRUE(get(i)) << i;
  EXPECT_GT(cache.evictions(), 0u);
  EXPECT_THAT(log->counts(9), testing::ElementsAre(PurgeCount{1, "/*", cache.evictions()}));
}

TEST_F(CacheTest, WhatIsPurgedSoftlyGoesInItsTurnAndIsCountedThen) {
  for (std::uint64_t i = 0; i < 40; ++i) {
    put(i, 1000);
    get(i);
  }
  log->purge("/*", StaleSince(std::chrono::sys_seconds()));
  for (std::uint64_t i = 100; i < 110; ++i) put(i, 1000);
  std::size_t left = 0;
  for (std::uint64_t i = 0; i < 40; ++i) left += get(i);
  EXPECT_GT(left, 30u) << "they are good for something";
  for (std::uint64_t i = 200; i < 400; ++i) {
    put(i, 1000);
    get(i);
  }
  EXPECT_THAT(log->counts(9), testing::ElementsAre(PurgeCount{1, "/*", 40, true}));
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
