#include "services/s3/conditions.h"

#include <gtest/gtest.h>

namespace meridian::services::s3 {
namespace {

const SystemTime kModified(std::chrono::milliseconds(1'700'000'000'500));
const SystemTime kSameSecond(std::chrono::seconds(1'700'000'000));
const SystemTime kBefore(std::chrono::seconds(1'699'999'999));

ObjectResource object() {
  ObjectResource object;
  object.etag = "abc";
  object.modified_at = kModified;
  return object;
}

template <typename Conditions, typename... Arguments>
int status(const Conditions& conditions, const Arguments&... arguments) {
  const auto checked = check(conditions, arguments...);
  return checked ? 200 : checked.error().status;
}

TEST(ReadConditions, MatchByTag) {
  EXPECT_EQ(status(ReadConditions{}, object()), 200);
  EXPECT_EQ(status(ReadConditions{.match = "\"abc\""}, object()), 200);
  EXPECT_EQ(status(ReadConditions{.match = "abc"}, object()), 200);
  EXPECT_EQ(status(ReadConditions{.match = "\"x\", \"abc\""}, object()), 200);
  EXPECT_EQ(status(ReadConditions{.match = "\"x\""}, object()), 412);
  EXPECT_EQ(status(ReadConditions{.none_match = "\"abc\""}, object()), 304);
  EXPECT_EQ(status(ReadConditions{.none_match = "W/\"abc\""}, object()), 304);
  EXPECT_EQ(status(ReadConditions{.none_match = "*"}, object()), 304);
  EXPECT_EQ(status(ReadConditions{.none_match = "\"x\""}, object()), 200);
}

TEST(ReadConditions, MatchByWholeSeconds) {
  EXPECT_EQ(status(ReadConditions{.modified_since = kSameSecond}, object()), 304);
  EXPECT_EQ(status(ReadConditions{.modified_since = kBefore}, object()), 200);
  EXPECT_EQ(status(ReadConditions{.unmodified_since = kSameSecond}, object()), 200);
  EXPECT_EQ(status(ReadConditions{.unmodified_since = kBefore}, object()), 412);
}

TEST(ReadConditions, TagsWinOverTimes) {
  EXPECT_EQ(status(ReadConditions{.match = "abc", .unmodified_since = kBefore}, object()), 200);
  EXPECT_EQ(status(ReadConditions{.none_match = "x", .modified_since = kSameSecond}, object()), 200);
}

TEST(ReadConditions, ACopysSourceFailsRatherThanStay) {
  EXPECT_EQ(status(ReadConditions{.none_match = "abc", .of_copy = true}, object()), 412);
}

TEST(WriteConditions, LookAtWhatIsThere) {
  const ObjectResource there = object();
  const ObjectResource* none = nullptr;
  EXPECT_EQ(status(WriteConditions{.none_match = "*"}, "k", none), 200);
  EXPECT_EQ(status(WriteConditions{.none_match = "*"}, "k", &there), 412);
  EXPECT_EQ(status(WriteConditions{.none_match = "\"abc\""}, "k", &there), 501);
  EXPECT_EQ(status(WriteConditions{.match = "\"abc\""}, "k", &there), 200);
  EXPECT_EQ(status(WriteConditions{.match = "\"x\""}, "k", &there), 412);
  EXPECT_EQ(status(WriteConditions{.match = "\"abc\""}, "k", none), 404);
}

// "offset+length", "all", or the status of the refusal.
std::string range(std::string_view text, std::uint64_t size) {
  const auto parsed = parse_range(text, size);
  if (!parsed) return std::to_string(parsed.error().status);
  if (!*parsed) return "all";
  return std::to_string((*parsed)->offset) + "+" + std::to_string((*parsed)->length);
}

TEST(Range, OneRangeOfBytesIsTaken) {
  EXPECT_EQ(range("bytes=0-0", 10), "0+1");
  EXPECT_EQ(range("bytes=2-5", 10), "2+4");
  EXPECT_EQ(range("bytes=2-", 10), "2+8");
  EXPECT_EQ(range("bytes=2-99", 10), "2+8");
  EXPECT_EQ(range("bytes=-3", 10), "7+3");
  EXPECT_EQ(range("bytes=-30", 10), "0+10");
}

TEST(Range, WhatIsOutsideIsRefused) {
  EXPECT_EQ(range("bytes=10-", 10), "416");
  EXPECT_EQ(range("bytes=0-", 0), "416");
  EXPECT_EQ(range("bytes=-0", 10), "416");
  EXPECT_EQ(range("bytes=-5", 0), "416");
}

TEST(Range, WhatIsNoRangeIsTheWhole) {
  for (const char* text : {"", "bytes", "bytes=", "bytes=-", "bytes=x-", "bytes=5-2", "bytes=1-2,4-5",
                           "items=0-1", "bytes=1-x", "bytes=99999999999999999999-"})
    EXPECT_EQ(range(text, 10), "all") << text;
}

}  // namespace
}  // namespace meridian::services::s3
