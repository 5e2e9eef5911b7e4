#include "engines/cdn/disk/disk_cache.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/random.h"
#include "engines/cdn/disk/disk_fixture.h"

namespace meridian::engines::cdn::disk {
namespace {

constexpr std::size_t kSize = 10'000;

class DiskCacheTest : public testing::Test {
 protected:
  void SetUp() override { start(); }
  void start() {
    auto opened = DiskCache::open({disk, errands, purges, metrics, "L"}, "d/L", DiskCache::kBytesMin);
    ASSERT_TRUE(opened);
    cache = *std::move(opened);
  }
  void put(std::uint64_t number, std::size_t size = kSize) {
    cache->write(key_of(number), object_of(number, size, purges));
  }
  std::shared_ptr<Object> get(std::uint64_t number) {
    std::shared_ptr<Object> found;
    bool told = false;
    EXPECT_TRUE(cache->read(key_of(number), [&](const DiskCache::Found& read) {
      found = read.object;
      told = true;
    }));
    EXPECT_TRUE(told);
    return found;
  }
  std::uint64_t counted(const std::string& name) {
    return metrics.counter("meridian_cdn_disk_" + name, "", {{"location", "L"}}).value();
  }

  FakeDisk disk;
  AtOnce errands;
  PurgeLogs purges;
  Metrics metrics;
  std::unique_ptr<DiskCache> cache;
};

TEST_F(DiskCacheTest, GivesBackWhatItWasGiven) {
  EXPECT_FALSE(cache->has(key_of(1)));
  EXPECT_EQ(get(1), nullptr);
  put(1);
  EXPECT_TRUE(cache->has(key_of(1)));
  const auto found = get(1);
  ASSERT_TRUE(found);
  EXPECT_EQ(text_of(*found), body_of(1, kSize));
  EXPECT_EQ(found->purges, purges.of("E1"));
  EXPECT_EQ(rules::value_of(found->fields, "x-number"), "/1");
}

TEST_F(DiskCacheTest, TheNewestOfAKeyCounts) {
  put(1, 100);
  put(1, 200);
  EXPECT_EQ(get(1)->body->size(), 200u);
  start();
  EXPECT_EQ(get(1)->body->size(), 200u);
}

TEST_F(DiskCacheTest, NeverTakesMoreThanItMayAndKeepsTheNewest) {
  for (std::uint64_t i = 0; i < 3000; ++i) {
    put(i);
    ASSERT_LE(cache->bytes(), DiskCache::kBytesMin);
    ASSERT_TRUE(get(i));
  }
  std::uint64_t bytes = 0;
  for (const auto& [path, text] : disk.contents()) bytes += text.size();
  EXPECT_LE(bytes, DiskCache::kBytesMin);
  EXPECT_GT(bytes, DiskCache::kBytesMin / 2);
  EXPECT_FALSE(cache->has(key_of(0)) && cache->has(key_of(100)));
}

TEST_F(DiskCacheTest, WhatIsAskedForOutlivesItsSegment) {
  put(1);
  for (std::uint64_t i = 100; i < 3000; ++i) {
    put(i);
    if (i % 50 == 0) {
      ASSERT_TRUE(get(1)) << i;
    }
  }
  EXPECT_GT(counted("kept_again_total"), 0u);
  EXPECT_FALSE(cache->has(key_of(101)));
}

TEST_F(DiskCacheTest, EverythingIsThereAfterARestart) {
  for (std::uint64_t i = 0; i < 400; ++i) put(i);
  const std::size_t objects = cache->objects();
  start();
  EXPECT_EQ(cache->objects(), objects);
  for (std::uint64_t i = 0; i < 400; ++i)
    if (cache->has(key_of(i))) {
      EXPECT_EQ(text_of(*get(i)), body_of(i, kSize));
    }
}

TEST_F(DiskCacheTest, AKillAtAnyByteLosesOneRecordAtMost) {
  for (std::uint64_t i = 0; i < 20; ++i) put(i, 1000);
  const auto before = disk.contents();
  ASSERT_EQ(before.size(), 1u);
  const std::string path = before.begin()->first, whole = before.begin()->second;
  const std::size_t record = whole.size() / 20;
  SeededRandom random(1);
  for (int i = 0; i < 200; ++i) {
    const std::size_t size = random.below(whole.size() + 1);
    disk.set_contents({{path, whole.substr(0, size)}});
    start();
    std::uint64_t found = 0;
    for (std::uint64_t n = 0; n < 20; ++n)
      if (const auto object = get(n)) {
        ++found;
        ASSERT_EQ(text_of(*object), body_of(n, 1000));
      }
    EXPECT_GE(found + 1, size / (record + 2));
    put(100);
    EXPECT_TRUE(get(100)) << "and it goes on";
  }
}

TEST_F(DiskCacheTest, NoWrongByteWhateverFlips) {
  for (std::uint64_t i = 0; i < 200; ++i) put(i);
  const auto before = disk.contents();
  SeededRandom random(2);
  std::size_t lost = 0;
  for (int round = 0; round < 60; ++round) {
    auto damaged = before;
    for (auto& [path, text] : damaged)
      for (int flips = 0; flips < 3; ++flips)
        text[random.below(text.size())] ^= static_cast<char>(1 << random.below(8));
    disk.set_contents(damaged);
    start();
    for (std::uint64_t n = 0; n < 200; ++n) {
      const auto object = get(n);
      if (!object) {
        ++lost;
        EXPECT_FALSE(cache->has(key_of(n))) << "it is asked for at its origin from now on";
        continue;
      }
      ASSERT_EQ(text_of(*object), body_of(n, kSize));
      ASSERT_EQ(rules::value_of(object->fields, "x-number"), "/" + std::to_string(n));
    }
  }
  EXPECT_GT(lost, 0u);
  EXPECT_GT(counted("bad_records_total"), 0u);
}

TEST_F(DiskCacheTest, WhatWasPurgedMeanwhileIsKnownByItsNumber) {
  put(1);
  put(2);
  purges.of("E1")->purge("/1");
  EXPECT_FALSE(get(1));
  EXPECT_FALSE(cache->has(key_of(1))) << "nobody reads it twice";
  EXPECT_FALSE(get(2)->gone());
  EXPECT_EQ(counted("purged_copies_total"), 1u);
  EXPECT_EQ(counted("bad_records_total"), 0u);
  EXPECT_EQ(purges.of("E1")->counts(9), (std::vector<PurgeCount>{{1, "/1", 0, false, 1}}));
  const auto purged = object_of(3, 10, purges);
  purges.of("E1")->purge("/3");
  cache->write(key_of(3), purged);
  EXPECT_FALSE(cache->has(key_of(3)));
}

TEST_F(DiskCacheTest, WhatIsPurgedIsNotWrittenOnceMoreWhenItsSegmentGoes) {
  put(1);
  put(2);
  get(1);
  get(2);
  purges.of("E1")->purge("/1");
  for (std::uint64_t n = 100; cache->has(key_of(1)); ++n) {
    ASSERT_LT(n, 10'000u);
    put(n);
  }
  EXPECT_TRUE(cache->has(key_of(2)));
  EXPECT_EQ(counted("kept_again_total"), 1u);
  EXPECT_EQ(counted("purged_copies_total"), 1u);
}

TEST_F(DiskCacheTest, WhatIsPurgedSoftlyIsGivenOutAsThat) {
  put(1);
  purges.of("E1")->purge("/1", StaleSince(std::chrono::sys_seconds(std::chrono::seconds(7))));
  for (int i = 0; i < 2; ++i) {
    const auto found = get(1);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->purged().how, Purged::How::Stale);
  }
}

TEST_F(DiskCacheTest, AFullDiskAndABusyOneCostNothingButCopies) {
  put(1);
  disk.full = true;
  put(2);
  EXPECT_FALSE(cache->has(key_of(2)));
  EXPECT_GT(counted("errors_total"), 0u);
  disk.full = false;
  for (std::uint64_t i = 10; i < 20; ++i) put(i);
  EXPECT_TRUE(get(19));
  EXPECT_EQ(text_of(*get(1)), body_of(1, kSize));
  errands.full = true;
  put(30);
  EXPECT_EQ(counted("dropped_writes_total"), 1u);
  EXPECT_FALSE(cache->read(key_of(1), [](const DiskCache::Found&) { ADD_FAILURE(); }));
}

TEST_F(DiskCacheTest, TooLittleRoomIsRefused) {
  EXPECT_FALSE(DiskCache::open({disk, errands, purges, metrics, "L"}, "d/L", DiskCache::kBytesMin - 1));
}

}  // namespace
}  // namespace meridian::engines::cdn::disk
