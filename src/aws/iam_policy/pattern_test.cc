#include "aws/iam_policy/pattern.h"

#include <gtest/gtest.h>

namespace meridian::aws::iam_policy {
namespace {

bool glob(std::string_view pattern, std::string_view text, Case letters = Case::Counts) {
  return matches(*pattern_of(pattern, Wildcards::Meant, nullptr), text, letters);
}

TEST(Pattern, Wildcards) {
  EXPECT_TRUE(glob("*", ""));
  EXPECT_TRUE(glob("a*c", "abbbc"));
  EXPECT_TRUE(glob("a*b*c", "aXbYbZc"));
  EXPECT_TRUE(glob("a?c", "abc"));
  EXPECT_FALSE(glob("a?c", "ac"));
  EXPECT_FALSE(glob("a*b", "ab c"));
  EXPECT_FALSE(glob("", "a"));
  EXPECT_TRUE(glob("s3:Get*", "S3:getobject", Case::Ignored));
  EXPECT_FALSE(glob("s3:Get*", "S3:getobject"));
  EXPECT_TRUE(glob("\xC3\xA4?", "\xC3\xA4x"));
}

TEST(Pattern, ManyWildcardsOnALongTextTakeNoTime) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  EXPECT_FALSE(glob(pattern + "b", std::string(20'000, 'a')));
}

TEST(Pattern, WhatAVariableHoldsIsLiteral) {
  Context context;
  context.set("aws:username", "*");
  const auto pattern = pattern_of("home/${aws:UserName}/*", Wildcards::Meant, &context);
  ASSERT_TRUE(pattern);
  EXPECT_TRUE(matches(*pattern, "home/*/notes"));
  EXPECT_FALSE(matches(*pattern, "home/bob/notes"));
}

TEST(Pattern, VariablesWithoutAValue) {
  Context context;
  context.add("aws:PrincipalTag/team", "a");
  context.add("aws:PrincipalTag/team", "b");
  EXPECT_FALSE(pattern_of("${aws:username}", Wildcards::Meant, &context));
  EXPECT_FALSE(pattern_of("${aws:PrincipalTag/team}", Wildcards::Meant, &context));
  const auto otherwise = pattern_of("${aws:username, 'nobody'}", Wildcards::Meant, &context);
  ASSERT_TRUE(otherwise);
  EXPECT_TRUE(matches(*otherwise, "nobody"));
}

TEST(Pattern, EscapedWildcards) {
  const Context context;
  const auto pattern = pattern_of("${*}${?}${$}*", Wildcards::Meant, &context);
  ASSERT_TRUE(pattern);
  EXPECT_TRUE(matches(*pattern, "*?$anything"));
  EXPECT_FALSE(matches(*pattern, "xx$anything"));
}

TEST(Pattern, WithoutVariablesTheyAreText) {
  EXPECT_TRUE(glob("${aws:username}", "${aws:username}"));
}

TEST(Pattern, SoundVariables) {
  for (const char* text : {"", "a", "${aws:username}", "x${*}y", "${aws:username, 'a b'}"})
    EXPECT_TRUE(has_sound_variables(text)) << text;
  for (const char* text : {"${", "${}", "${ }", "${aws:username", "${aws:username, a}", "${a,'}"})
    EXPECT_FALSE(has_sound_variables(text)) << text;
}

TEST(Pattern, PartsOfAnArnByThemselves) {
  const auto arn = [](std::string_view pattern, std::string_view text) {
    return matches_arn(*pattern_of(pattern, Wildcards::Meant, nullptr), text);
  };
  EXPECT_TRUE(arn("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a:b"));
  EXPECT_TRUE(
      arn("arn:aws:cloudfront::*:distribution/*", "arn:aws:cloudfront::123456789012:distribution/E1"));
  EXPECT_FALSE(arn("arn:aws:*:distribution/E1", "arn:aws:cloudfront::123456789012:distribution/E1"));
  EXPECT_FALSE(arn("*", "arn:aws:s3:::bucket"));
  EXPECT_FALSE(arn("arn:aws:s3:::bucket", "bucket"));
}

}  // namespace
}  // namespace meridian::aws::iam_policy
