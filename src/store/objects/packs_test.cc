#include "store/objects/packs.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/fake_disk.h"

namespace meridian::store::objects {
namespace {

class PacksTest : public testing::Test {
 protected:
  PacksTest() { EXPECT_TRUE(packs.open({})); }
  std::string read(const Packs::Slot& slot, std::size_t size) {
    return disk.file(packs.path(slot.pack)).substr(slot.offset, size);
  }
  FakeDisk disk;
  Packs packs{disk, "p"};
};

TEST_F(PacksTest, WhatIsAppendedLiesWhereItSays) {
  const auto one = packs.append(as_bytes("one")), two = packs.append(as_bytes("two!"));
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->pack, two->pack);
  EXPECT_EQ(read(*one, 3), "one");
  EXPECT_EQ(read(*two, 4), "two!");
  EXPECT_EQ(packs.totals().live_bytes, 7u);
}

TEST_F(PacksTest, AFullPackIsFollowedByAnotherAndGoesWhenNothingInItLives) {
  const std::string half(Packs::kPackBytesMax / 2, 'x');
  const auto a = packs.append(as_bytes(half)), b = packs.append(as_bytes(half)),
             c = packs.append(as_bytes("c"));
  ASSERT_TRUE(a && b && c);
  EXPECT_EQ(a->pack, b->pack);
  EXPECT_NE(b->pack, c->pack);
  EXPECT_EQ(packs.mostly_dead(), std::nullopt);
  packs.release(a->pack, half.size());
  packs.release(c->pack, 1);
  EXPECT_EQ(packs.mostly_dead(), std::nullopt) << "a half lives, and the pack being written is left alone";
  EXPECT_TRUE(disk.has(packs.path(c->pack)));
  packs.release(b->pack, half.size() - 1);
  EXPECT_EQ(packs.mostly_dead(), a->pack);
  packs.release(b->pack, 1);
  EXPECT_FALSE(disk.has(packs.path(a->pack)));
}

TEST_F(PacksTest, ARestartKeepsWhatLivesAndWritesElsewhere) {
  const auto a = packs.append(as_bytes("alive"));
  disk.file("p/0000000000000009") = "nobody's";
  disk.file("p/notes") = "of somebody else";
  Packs again(disk, "p");
  ASSERT_TRUE(again.open({{a->pack, 5}}));
  EXPECT_TRUE(disk.has(again.path(a->pack)));
  EXPECT_FALSE(disk.has("p/0000000000000009"));
  EXPECT_TRUE(disk.has("p/notes"));
  const auto b = again.append(as_bytes("b"));
  EXPECT_EQ(b->pack, 10u);
  again.release(a->pack, 5);
  EXPECT_FALSE(disk.has(again.path(a->pack)));
}

TEST_F(PacksTest, AFullDiskLeavesWhatThereWas) {
  const auto a = packs.append(as_bytes("alive"));
  disk.full = true;
  EXPECT_FALSE(packs.append(as_bytes("no room")));
  EXPECT_FALSE(packs.append(as_bytes("no room")));
  disk.full = false;
  const auto b = packs.append(as_bytes("room"));
  ASSERT_TRUE(b);
  EXPECT_NE(b->pack, a->pack) << "nobody knows where the old one ends";
  EXPECT_EQ(read(*a, 5), "alive");
  EXPECT_EQ(read(*b, 4), "room");
}

TEST_F(PacksTest, ManyMayAppendAtOnce) {
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::vector<std::pair<Packs::Slot, std::string>> all;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string text = std::to_string(t) + ":" + std::to_string(i);
        const auto slot = packs.append(as_bytes(text));
        std::lock_guard lock(mutex);
        all.emplace_back(slot.value(), text);
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const auto& [slot, text] : all) EXPECT_EQ(read(slot, text.size()), text);
}

}  // namespace
}  // namespace meridian::store::objects
