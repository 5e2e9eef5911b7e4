// Cache-Control and CDN-Cache-Control.
#include "engines/cdn/rules/cache_control.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

CacheControl control(const char* value) {
  const std::vector<Field> fields = {{"Cache-Control", value}};
  return read_cache_control(fields);
}
std::optional<CacheControl> targeted(const char* value) {
  const std::vector<Field> fields = {{"CDN-Cache-Control", value}};
  return read_cdn_cache_control(fields);
}

TEST(CacheControl, ReadsWhatASharedCacheNeeds) {
  const CacheControl read = control(
      "public, max-age=60, s-maxage=120 ,must-revalidate, stale-while-revalidate=5, STALE-IF-ERROR=7, "
      "x=\"a,b\"");
  EXPECT_EQ(read.max_age, Seconds(60));
  EXPECT_EQ(read.s_maxage, Seconds(120));
  EXPECT_EQ(read.stale_while_revalidate, Seconds(5));
  EXPECT_EQ(read.stale_if_error, Seconds(7));
  EXPECT_TRUE(read.must_revalidate);
  EXPECT_FALSE(read.forbids_keeping());
}

TEST(CacheControl, NamesAreComparedWhole) {
  EXPECT_EQ(control("xmax-age=60, max-agex=60, no-storex, private-not"), CacheControl());
}

TEST(CacheControl, QualifiedDirectivesForbidTheWhole) {
  EXPECT_TRUE(control("private=\"set-cookie\"").is_private);
  EXPECT_TRUE(control("no-cache=\"a, no-store\"").no_cache);
  EXPECT_FALSE(control("no-cache=\"a, no-store\"").no_store);
}

TEST(CacheControl, TheFirstOfSeveralCounts) {
  EXPECT_EQ(control("max-age=1, max-age=1000").max_age, Seconds(1));
  const std::vector<Field> lines = head("Cache-Control: max-age=1\nCache-Control: max-age=1000, no-store");
  EXPECT_EQ(read_cache_control(lines).max_age, Seconds(1));
  EXPECT_TRUE(read_cache_control(lines).no_store);
}

TEST(CacheControl, QuotedNumbersAreNumbers) {
  EXPECT_EQ(control("max-age=\"60\"").max_age, Seconds(60));
}

TEST(CacheControl, WhatIsMalformedIsStale) {
  for (const char* value : {"max-age=", "max-age", "max-age=-1", "max-age=1.5", "max-age=6x", "max-age =60",
                            "max-age= 60", "max-age='60'", "max-age=\"60", "max-age=+60", "max-age=0x10"})
    EXPECT_EQ(control(value).max_age, Seconds(0)) << value;
}

TEST(CacheControl, NumbersDoNotOverflow) {
  for (const char* value :
       {"max-age=2147483648", "max-age=2147483649", "max-age=99999999999999999999999999999"})
    EXPECT_EQ(control(value).max_age, kDeltaSecondsMax) << value;
  EXPECT_EQ(control("max-age=2147483647").max_age, Seconds(2147483647));
}

TEST(CdnCacheControl, IsADictionary) {
  const auto read =
      targeted("max-age=60, s-maxage=30;why=\"x\", no-cache=?0, must-revalidate, a=(1 \"b\";c tok);d");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->max_age, Seconds(60));
  EXPECT_EQ(read->s_maxage, Seconds(30));
  EXPECT_FALSE(read->no_cache);
  EXPECT_TRUE(read->must_revalidate);
}

TEST(CdnCacheControl, TheLastOfSeveralCountsOverAllLines) {
  const std::vector<Field> lines =
      head("CDN-Cache-Control: max-age=1\nCDN-Cache-Control: max-age=9, no-store");
  EXPECT_EQ(read_cdn_cache_control(lines)->max_age, Seconds(9));
  EXPECT_TRUE(read_cdn_cache_control(lines)->no_store);
}

TEST(CdnCacheControl, IsAsIfItWereNotSentWhenMalformed) {
  for (const char* value :
       {"", "Max-Age=60", "max-age=60,", "max-age=", "max-age =60", "max-age=60 no-store", "a=\"", "a=(1",
        "a=1.", "a=1.2345", "a=1234567890123456", "a=:%:", "a=?2", "a;=1", "a=\"\\x\"", "=1", "a=@"})
    EXPECT_EQ(targeted(value), std::nullopt) << value;
}

TEST(CdnCacheControl, ValuesOfTheWrongKindAreNotDirectives) {
  EXPECT_EQ(targeted("max-age=\"60\"")->max_age, std::nullopt);
  EXPECT_EQ(targeted("max-age=-5")->max_age, Seconds(0));
  EXPECT_EQ(targeted("max-age=99999999999999")->max_age, kDeltaSecondsMax);
  EXPECT_TRUE(targeted("a=:aGk=:, b=tok/en:x, c=1.5, no-store")->no_store);
}

}  // namespace
}  // namespace meridian::engines::cdn::rules
