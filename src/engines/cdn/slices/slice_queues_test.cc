// Which slices stay when there are more than fit.
#include "engines/cdn/slices/slice_queues.h"

#include <gtest/gtest.h>

#include <unordered_map>

namespace meridian::engines::cdn::slices {
namespace {

constexpr std::size_t kFit = 50;

class SliceQueuesTest : public testing::Test {
 protected:
  // Reads a slice from its beginning to its end, as one that may have to be fetched; whether it was there.
  bool read(std::uint64_t number) {
    auto found = here.find(number);
    const bool hit = found != here.end();
    if (!hit) {
      while (queues.bytes() + kSliceBytes > kFit * kSliceBytes) evict();
      found = here.emplace(number, Slice()).first;
      Slice& slice = found->second;
      slice.key = {number, number * 7};
      slice.filled = kSliceBytes;
      queues.add(slice);
    }
    found->second.begin_to_read(0);
    found->second.read_until = kSliceBytes;
    return hit;
  }
  void evict() {
    const Slice* const gone = queues.evict([this](const Slice& slice) { return spared == slice.key.high; });
    ASSERT_TRUE(gone);
    here.erase(gone->key.high);
  }

  SliceQueues queues{kFit * kSliceBytes};
  std::unordered_map<std::uint64_t, Slice> here;
  std::uint64_t spared = ~std::uint64_t{0};
};

TEST_F(SliceQueuesTest, WhatIsReadOnceDoesNotDriveOutWhatIsReadAgain) {
  for (std::uint64_t i = 0; i < 30; ++i) read(i);
  for (std::uint64_t i = 0; i < 30; ++i) EXPECT_TRUE(read(i));
  for (std::uint64_t once = 1000; once < 2000; ++once) EXPECT_FALSE(read(once));
  for (std::uint64_t i = 0; i < 30; ++i) EXPECT_TRUE(read(i)) << i;
}

TEST_F(SliceQueuesTest, WhatIsGoneAndComesBackStays) {
  for (std::uint64_t i = 0; i < 45; ++i) read(i);
  for (std::uint64_t i = 0; i < 45; ++i) read(i);
  for (std::uint64_t once = 1000; once < 1020; ++once) read(once);
  EXPECT_FALSE(read(1005));
  for (std::uint64_t once = 2000; once < 2020; ++once) read(once);
  EXPECT_TRUE(read(1005));
  EXPECT_FALSE(read(2001));
}

TEST_F(SliceQueuesTest, WhatIsNotAskedForAnyMoreMakesRoomForWhatIs) {
  for (int times = 0; times < 5; ++times)
    for (std::uint64_t i = 0; i < 45; ++i) read(i);
  for (int times = 0; times < 10; ++times)
    for (std::uint64_t i = 100; i < 140; ++i) read(i);
  for (std::uint64_t i = 100; i < 140; ++i) EXPECT_TRUE(read(i)) << i;
}

TEST_F(SliceQueuesTest, WhoGoesOnWhereAnotherStoppedDoesNotReadItAgain) {
  Slice slice;
  for (std::uint64_t at = 0; at < kSliceBytes; at += kSliceBytes / 4) {
    slice.begin_to_read(at);
    slice.read_until = at + kSliceBytes / 4;
  }
  EXPECT_EQ(slice.uses, 0);
  slice.begin_to_read(kSliceBytes / 2);
  EXPECT_EQ(slice.uses, 1);
}

TEST_F(SliceQueuesTest, WhatIsSparedStaysAndTheOthersGoOn) {
  spared = 3;
  for (std::uint64_t i = 0; i < 500; ++i) read(i);
  EXPECT_TRUE(here.contains(3));
  EXPECT_EQ(here.size(), kFit);
  EXPECT_EQ(queues.evict([](const Slice&) { return true; }), nullptr);
  EXPECT_EQ(queues.bytes(), kFit * kSliceBytes);
}

}  // namespace
}  // namespace meridian::engines::cdn::slices
