#include "base/slot_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>
#include <optional>

namespace meridian {
namespace {

constexpr std::size_t kSlot = 64 * 1024;

TEST(SlotMemory, IsTakenUntilItsBytesAreAndTellsWhenSomeAreFree) {
  int freed = 0;
  SlotMemory memory("test", kSlot, 2 * kSlot, [&freed] { ++freed; });
  EXPECT_EQ(memory.bytes_max(), 2 * kSlot);
  auto one = memory.take(kSlot);
  const auto other = memory.take(kSlot);
  ASSERT_TRUE(one && other);
  EXPECT_NE(one->bytes(), other->bytes());
  EXPECT_FALSE(memory.take(1));
  EXPECT_EQ(freed, 0);
  one.reset();
  EXPECT_EQ(freed, 1);
  EXPECT_EQ(memory.bytes(), kSlot);
  EXPECT_TRUE(memory.take(kSlot));
  EXPECT_EQ(SlotMemory("none", kSlot, kSlot - 1).bytes_max(), 0u);
}

TEST(SlotMemory, ASlotCostsThePagesThatItWasTakenFor) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  SlotMemory memory("test", kSlot, 2 * kSlot);
  auto whole = memory.take(kSlot);
  const auto half = memory.take(kSlot / 2), little = memory.take(1);
  ASSERT_TRUE(whole && half && little);
  EXPECT_EQ(memory.bytes(), kSlot + kSlot / 2 + page);
  EXPECT_FALSE(memory.take(kSlot / 2)) << "a page is missing";
  EXPECT_TRUE(memory.take(kSlot / 2 - page));
  whole.reset();
  EXPECT_EQ(memory.bytes(), kSlot / 2 + page);
}

TEST(SlotMemory, APartIsInTheFileToo) {
  SlotMemory memory("test", kSlot, 2 * kSlot);
  const auto first = memory.take(kSlot), slot = memory.take(kSlot);
  std::memcpy(slot->bytes() + 100, "what is sent", 12);
  const SharedBytes part = SlotMemory::Slot::part(slot, 100, 12);
  EXPECT_EQ(part.bytes, "what is sent");
  std::string from_file(12, '\0');
  ASSERT_EQ(pread(part.file, from_file.data(), 12, static_cast<off_t>(part.offset)), 12);
  EXPECT_EQ(from_file, part.bytes);
}

TEST(SlotMemory, ASlotMayOutliveItsMemory) {
  std::optional<SlotMemory> memory(std::in_place, "test", kSlot, kSlot);
  const auto slot = memory->take(kSlot);
  std::memset(slot->bytes(), 'a', kSlot);
  memory.reset();
  EXPECT_EQ(std::string_view(slot->bytes(), kSlot), std::string(kSlot, 'a'));
}

// A kernel that was told to send a page refers to it, not to what was in it: from the file, or from memory.
class SlotOnItsWay : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(FromFileAndMemory, SlotOnItsWay, testing::Bool());

TEST_P(SlotOnItsWay, StaysWhatItWas) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  SlotMemory memory("test", kSlot, kSlot);
  auto slot = memory.take(kSlot);
  std::memset(slot->bytes(), 'a', kSlot);
  SharedBytes part = SlotMemory::Slot::part(slot, 0, 4096);
  auto offset = static_cast<loff_t>(part.offset);
  const iovec mapped{slot->bytes(), 4096};
  ASSERT_EQ(
      GetParam() ? splice(part.file, &offset, ends[1], nullptr, 4096, 0) : vmsplice(ends[1], &mapped, 1, 0),
      4096);
  const char* const before = slot->bytes();
  slot.reset();
  part.owner.reset();
  slot = memory.take(kSlot);
  ASSERT_TRUE(slot);
  EXPECT_EQ(slot->bytes(), before) << "it is the same slot";
  EXPECT_EQ(slot->bytes()[0], '\0') << "with new pages";
  std::memset(slot->bytes(), 'b', kSlot);
  std::string sent(4096, '\0');
  ASSERT_EQ(read(ends[0], sent.data(), sent.size()), 4096);
  EXPECT_EQ(sent, std::string(4096, 'a'));
  for (const int end : ends) close(end);
}

}  // namespace
}  // namespace meridian
