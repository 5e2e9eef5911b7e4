// Parts of objects.
#include "engines/cdn/rules/partial_content.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

TEST(ContentRange, IsReadStrictly) {
  EXPECT_EQ(parse_content_range("bytes 0-4/10"), (ContentRange{ByteRange{0, 4}, 10}));
  EXPECT_EQ(parse_content_range("Bytes 0-4/*"), (ContentRange{ByteRange{0, 4}, std::nullopt}));
  EXPECT_EQ(parse_content_range("bytes */10"), (ContentRange{std::nullopt, 10}));
  for (const char* text :
       {"", "bytes", "bytes 0-4", "bytes 4-0/10", "bytes 0-10/10", "bytes */*", "bytes -4/10", "bytes 0-/10",
        "bytes=0-4/10", "items 0-4/10", "bytes 0-4/1x", "bytes 0 - 4/10", "bytes 0-9999999999999999999/*"})
    EXPECT_EQ(parse_content_range(text), std::nullopt) << text;
}

TEST(ContentRange, AnswersWhatBeginsInIt) {
  const ContentRange got{ByteRange{100, 199}, 1000};
  EXPECT_TRUE(answers_range(got, {100, 149}, 100));
  EXPECT_TRUE(answers_range(got, {150, 400}, std::nullopt));
  EXPECT_FALSE(answers_range(got, {99, 150}, 100));
  EXPECT_FALSE(answers_range(got, {200, 300}, 100));
  EXPECT_FALSE(answers_range(got, {100, 199}, 99));  // its length says otherwise
  EXPECT_FALSE(answers_range({std::nullopt, 1000}, {0, 1}, 2));
}

// RFC 9110 §15.3.7.3
TEST(PartialContent, OnlyPartsOfOneStrongValidatorAreCombined) {
  EXPECT_TRUE(are_combinable({"\"a\"", "", {}}, {"\"a\"", "", {}}));
  EXPECT_FALSE(are_combinable({"\"a\"", "", {}}, {"\"b\"", "", {}}));
  EXPECT_FALSE(are_combinable({"W/\"a\"", "", {}}, {"W/\"a\"", "", {}}));
  EXPECT_FALSE(are_combinable({"", "x", {}}, {"", "x", {}}));
}

TEST(HeldRanges, GrowTogether) {
  HeldRanges held;
  EXPECT_TRUE(held.add({10, 19}));
  EXPECT_TRUE(held.add({30, 39}));
  EXPECT_TRUE(held.add({0, 4}));
  EXPECT_EQ(held.pieces(), (std::vector<ByteRange>{{0, 4}, {10, 19}, {30, 39}}));
  EXPECT_TRUE(held.add({5, 9}));  // touches both
  EXPECT_EQ(held.pieces(), (std::vector<ByteRange>{{0, 19}, {30, 39}}));
  EXPECT_TRUE(held.add({15, 35}));
  EXPECT_EQ(held.pieces(), (std::vector<ByteRange>{{0, 39}}));
  EXPECT_TRUE(held.add({3, 7}));
  EXPECT_EQ(held.pieces(), (std::vector<ByteRange>{{0, 39}}));
}

TEST(HeldRanges, SayWhatIsMissingFirst) {
  HeldRanges held;
  held.add({10, 19});
  held.add({30, 39});
  EXPECT_TRUE(held.holds({12, 19}));
  EXPECT_EQ(held.first_missing({12, 25}), (ByteRange{20, 25}));
  EXPECT_EQ(held.first_missing({0, 100}), (ByteRange{0, 9}));
  EXPECT_EQ(held.first_missing({15, 35}), (ByteRange{20, 29}));
  EXPECT_EQ(held.first_missing({35, 45}), (ByteRange{40, 45}));
  EXPECT_EQ(held.first_missing({50, 60}), (ByteRange{50, 60}));
}

TEST(HeldRanges, AgreeWithABitForEachByte) {
  HeldRanges held;
  std::vector<bool> bits(64);
  unsigned random = 1;
  for (int i = 0; i < 40; ++i) {
    random = random * 1103515245 + 12345;
    const std::uint64_t first = random >> 16 & 63,
                        last = std::min<std::uint64_t>(63, first + (random >> 24 & 7));
    ASSERT_TRUE(held.add({first, last}));
    for (std::uint64_t at = first; at <= last; ++at) bits[at] = true;
    for (std::uint64_t at = 0; at < 64; ++at) ASSERT_EQ(held.holds({at, at}), bits[at]) << i << " " << at;
  }
}

TEST(HeldRanges, AreNotTooMany) {
  HeldRanges held;
  for (std::size_t i = 0; i < HeldRanges::kPiecesMax; ++i) ASSERT_TRUE(held.add({i * 2, i * 2}));
  EXPECT_FALSE(held.add({1'000'000, 1'000'001}));
  EXPECT_TRUE(held.add({1, 1}));  // joins two
}

}  // namespace
}  // namespace meridian::engines::cdn::rules
