// Patterns match whole values, by characters, and never run away.
#include "aws/protocols/patterns.h"

#include <gtest/gtest.h>

namespace meridian::aws {
namespace {

TEST(Patterns, MatchTheWholeText) {
  Patterns patterns;
  EXPECT_TRUE(patterns.match("[a-z]+", "abc"));
  EXPECT_FALSE(patterns.match("[a-z]+", "abc1"));
  EXPECT_FALSE(patterns.match("[a-z]+", "abc\n"));
  EXPECT_FALSE(patterns.match("^[a-z]+$", "abc\n"));
  EXPECT_TRUE(patterns.match("a|ab", "ab"));
  EXPECT_FALSE(patterns.match("[a-z]+", ""));
  EXPECT_TRUE(patterns.match("(?!arn:)[!-~]{1,10}", "name"));
  EXPECT_FALSE(patterns.match("(?!arn:)[!-~]{1,10}", "arn:name"));
}

TEST(Patterns, KnowUnicode) {
  Patterns patterns;
  EXPECT_TRUE(patterns.match("[\\p{L}\\p{Z}]+", "Grüße 漢字"));
  EXPECT_FALSE(patterns.match("[\\p{L}]+", "1"));
  EXPECT_TRUE(patterns.match("[\\x{10000}-\\x{10FFFF}]", "𝄞"));
  EXPECT_FALSE(patterns.match(".*", "\xff"));
}

TEST(Patterns, APatternThatRunsAwayDoesNotMatch) {
  Patterns patterns;
  EXPECT_FALSE(patterns.match("(x+x+)+y", std::string(5000, 'x')));
}

}  // namespace
}  // namespace meridian::aws
