#include "engines/cdn/disk/record.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "engines/cdn/disk/disk_fixture.h"

namespace meridian::engines::cdn::disk {
namespace {

TEST(DiskRecord, GivesBackWhatWasWritten) {
  PurgeLogs purges;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{5}, kCheckedBlockBytes, 3 * kCheckedBlockBytes + 1}) {
    const auto object = object_of(7, size, purges);
    object->purges_seen = 42;
    const std::string record = write_disk_record(key_of(7), *object);
    const auto head = parse_record_head(record);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->size(), record.size());
    const auto found = read_disk_record(record, key_of(7));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->distribution_id, "E1");
    EXPECT_EQ(found->object->uri, "/7");
    EXPECT_EQ(found->object->purges_seen, 42u);
    EXPECT_EQ(text_of(*found->object), body_of(7, size));
    EXPECT_FALSE(read_disk_record(record, key_of(8))) << "it is another's";
  }
}

TEST(DiskRecord, NoFlippedBitIsServed) {
  PurgeLogs purges;
  const std::string record = write_disk_record(key_of(7), *object_of(7, 70'000, purges));
  SeededRandom random(1);
  for (int i = 0; i < 300; ++i) {
    // Half of them in the head and the text.
    const std::size_t at = random.below(i % 2 ? record.size() : 200);
    std::string damaged = record;
    damaged[at] ^= static_cast<char>(1 << random.below(8));
    EXPECT_FALSE(read_disk_record(damaged, key_of(7))) << at;
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, kRecordHeadBytes, record.size() - 1})
    EXPECT_FALSE(read_disk_record(record.substr(0, size), key_of(7)));
  EXPECT_FALSE(read_disk_record(record + "x", key_of(7)));
}

struct PlayedParts final : Parts {
  std::unique_ptr<PartsReader> read(std::uint64_t, std::uint64_t) override { return nullptr; }
  std::uint64_t generation() const override { return 77; }
  bool in_memory() const override { return true; }
  Stock stock(std::uint64_t, std::uint64_t) const override { return {}; }
};

TEST(DiskRecord, OfAnObjectInSlicesSaysWhichTheyAre) {
  PurgeLogs purges;
  const auto object = object_of(7, 0, purges);
  object->length = 1u << 30;
  object->body = Body::of_parts(std::make_unique<PlayedParts>(), 1u << 30);
  const std::string record = write_disk_record(key_of(7), *object);
  const auto found = read_disk_record(record, key_of(7));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->generation, 77u);
  EXPECT_EQ(found->object->length, std::uint64_t{1} << 30);
  EXPECT_FALSE(read_slice_record(record, key_of(7))) << "it is none";
}

TEST(DiskRecord, NoSliceWithAFlippedBitIsServed) {
  const Key key = slice_key(key_of(7), 77, 3);
  EXPECT_NE(key, slice_key(key_of(7), 77, 4));
  EXPECT_NE(key, slice_key(key_of(7), 78, 3));
  const std::string slice = body_of(1, 200'000), record = write_slice_record(key, slice);
  const auto read = read_slice_record(record, key);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, slice);
  EXPECT_FALSE(read_slice_record(record, key_of(7))) << "it is another's";
  EXPECT_FALSE(read_disk_record(record, key)) << "it is no object";
  SeededRandom random(1);
  for (int i = 0; i < 100; ++i) {
    std::string damaged = record;
    damaged[random.below(i % 2 ? record.size() : 64)] ^= static_cast<char>(1 << random.below(8));
    EXPECT_FALSE(read_slice_record(damaged, key));
  }
}

}  // namespace
}  // namespace meridian::engines::cdn::disk
