#include "store/objects/short_blobs.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace meridian::store::objects {
namespace {

ShortBlobs::Text text(std::string_view what) {
  return std::make_shared<const std::string>(what);
}

TEST(ShortBlobsTest, HasWhatWasKeptAndNotDroppedHoweverManyCameAndWent) {
  ShortBlobs blobs(64 * 1024 * 1024);
  std::map<std::string, std::string> expected;
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::string id = "blob-" + std::to_string(random() % 3000);
    if (random() % 3 == 0) {
      blobs.drop(id);
      expected.erase(id);
    } else {
      const std::string value = "bytes " + std::to_string(i);
      blobs.keep(id, text(value));
      expected.try_emplace(id, value);  // what is there stays: a blob never changes
    }
  }
  for (int i = 0; i < 3000; ++i) {
    const std::string id = "blob-" + std::to_string(i);
    const auto found = blobs.find(id);
    ASSERT_EQ(found != nullptr, expected.contains(id)) << id;
    if (found) {
      EXPECT_EQ(*found, expected[id]);
    }
  }
  for (const auto& [id, value] : expected) blobs.drop(id);
  EXPECT_EQ(blobs.bytes(), 0u);
}

TEST(ShortBlobsTest, WhatIsUsedStaysAndWhatIsNotGoes) {
  ShortBlobs blobs(100'000);
  blobs.keep("unused", text("u"));
  blobs.keep("used", text("v"));
  for (int i = 0; i < 1000; ++i) {
    blobs.keep("other-" + std::to_string(i), text(std::string(1000, 'x')));
    ASSERT_NE(blobs.find("used"), nullptr);
    EXPECT_LE(blobs.bytes(), 100'000u);
  }
  EXPECT_EQ(blobs.find("unused"), nullptr);
  EXPECT_NE(blobs.find("other-999"), nullptr);
}

TEST(ShortBlobsTest, WhatIsLargerThanAllItMayHoldIsNotKept) {
  ShortBlobs blobs(1000);
  blobs.keep("small", text("s"));
  blobs.keep("huge", text(std::string(1000, 'h')));
  EXPECT_EQ(blobs.find("huge"), nullptr);
  EXPECT_NE(blobs.find("small"), nullptr);
}

}  // namespace
}  // namespace meridian::store::objects
