#include "snapshots/cdn/disk_log.h"

#include <gtest/gtest.h>

#include "base/fake_disk.h"
#include "snapshots/cdn/random_distributions.h"

namespace meridian::snapshots::cdn {
namespace {

class CdnDiskLogTest : public testing::Test {
 protected:
  void open(std::uint64_t log_bytes_min = CdnDiskLog::kLogBytesMin) {
    log.reset();
    auto opened = CdnDiskLog::open(disk, "cdn", log_bytes_min);
    ASSERT_TRUE(opened) << opened.error().message;
    log = std::move(opened->log);
    found = encode(image_of(*opened->snapshot));
    revision = opened->snapshot->revision();
    found_store = opened->store;
    warnings = opened->warnings;
    origin_keys = opened->origin_keys;
    tier_map = opened->tier_map;
  }
  void append(std::uint64_t from, std::uint64_t to) {
    const Delta delta = random.delta(from, to);
    snapshot = apply(*snapshot, delta);
    if (delta.origin_keys) last_keys = *delta.origin_keys;
    if (delta.tier_map) last_map = *delta.tier_map;
    ASSERT_TRUE(log->append(store, delta, *snapshot));
  }
  std::string kept() const { return encode(image_of(*snapshot)); }

  FakeDisk disk;
  RandomDistributions random{1};
  StoreId store{{1, 2, 3}};
  std::unique_ptr<const CdnSnapshot> snapshot = std::make_unique<CdnSnapshot>();
  std::unique_ptr<CdnDiskLog> log;
  std::string found;
  std::uint64_t revision = 0;
  StoreId found_store;
  SharedOriginKeys origin_keys;
  OriginKeys last_keys;
  SharedTierMap tier_map;
  TierMap last_map;
  std::vector<std::string> warnings;
};

TEST_F(CdnDiskLogTest, WhatWasAppendedIsThereAgain) {
  open();
  EXPECT_EQ(revision, 0U);
  append(0, 5);
  for (std::uint64_t to = 6; to < 20; ++to) append(to - 1, to);
  open();
  EXPECT_EQ(found, kept());
  EXPECT_EQ(found_store, store);
  ASSERT_TRUE(origin_keys);
  EXPECT_EQ(*origin_keys, last_keys);
  ASSERT_TRUE(tier_map);
  EXPECT_EQ(*tier_map, last_map);
  append(19, 21);
  open();
  EXPECT_EQ(found, kept());
  EXPECT_TRUE(warnings.empty());
}

TEST_F(CdnDiskLogTest, ALogThatHasGrownBecomesAnImage) {
  open(1);
  append(0, 5);
  for (std::uint64_t to = 6; to < 40; ++to) append(to - 1, to);
  EXPECT_LE(disk.list("cdn").value().size(), 2U);
  EXPECT_EQ(disk.read("cdn/log-5").has_value(), false);
  open();
  EXPECT_EQ(found, kept());
}

TEST_F(CdnDiskLogTest, ATornTailIsCutOff) {
  open();
  append(0, 5);
  append(5, 6);
  const std::string before = kept();
  const std::size_t whole = disk.read("cdn/log-5").value().size();
  append(6, 7);
  log.reset();
  ASSERT_TRUE(disk.truncate("cdn/log-5", whole + 9));
  open();
  EXPECT_EQ(found, before);
  EXPECT_EQ(warnings.size(), 1U);
  EXPECT_EQ(disk.read("cdn/log-5").value().size(), whole);
}

TEST_F(CdnDiskLogTest, ADamagedImageIsSetAside) {
  open();
  append(0, 5);
  log.reset();
  std::string image = disk.read("cdn/image").value();
  image[image.size() / 2] = static_cast<char>(image[image.size() / 2] ^ 1);
  ASSERT_TRUE(disk.replace("cdn/image", as_bytes(image)));
  open();
  EXPECT_EQ(revision, 0U);
  EXPECT_EQ(warnings.size(), 1U);
  EXPECT_EQ(disk.read("cdn/image.damaged").value(), image);
  append(0, 9);
  open();
  EXPECT_EQ(found, kept());
}

TEST_F(CdnDiskLogTest, AnotherStoresRevisionsBeginAnew) {
  open();
  append(0, 5);
  store = {{9}};
  append(5, 6);
  open();
  EXPECT_EQ(found_store, store);
  EXPECT_EQ(found, kept());
}

}  // namespace
}  // namespace meridian::snapshots::cdn
