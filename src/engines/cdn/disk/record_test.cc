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

}  // namespace
}  // namespace meridian::engines::cdn::disk
