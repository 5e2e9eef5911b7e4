// The cache key: what counts, what does not, and that nothing can pass for something else.
#include "engines/cdn/rules/cache_key.h"

#include <gtest/gtest.h>

#include <set>

#include "base/bytes.h"
#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

using Kind = Selection::Kind;
using snapshots::cdn::CacheKeyRule;

std::string key(const CacheKeyRule& rule, std::string_view path, std::string_view query = "",
                std::string_view lines = "", bool options = false) {
  const std::vector<Field> fields = head(lines);
  std::string bytes = "left over";
  write_cache_key({"E1", options, path, query, fields}, rule, bytes);
  return bytes;
}

TEST(CacheKey, IsThePathWhenThePolicyNamesNothing) {
  const CacheKeyRule rule;
  EXPECT_EQ(key(rule, "/a"), key(rule, "/a", "x=1", "cookie: a=1\naccept: b\naccept-encoding: gzip"));
  EXPECT_NE(key(rule, "/a"), key(rule, "/A"));
  EXPECT_NE(key(rule, "/a"), key(rule, "/a/"));
  EXPECT_NE(key(rule, "/a"), key(rule, "/a", "", "", true));
}

TEST(CacheKey, QueryStringsCountAsTheyWereWritten) {
  const CacheKeyRule all{.query_strings = {Kind::All, {}}};
  EXPECT_NE(key(all, "/", "a=1&b=2"), key(all, "/", "b=2&a=1"));
  EXPECT_EQ(key(all, "/", ""), key(all, "/"));
  const CacheKeyRule only{.query_strings = {Kind::Only, {"a"}}};
  EXPECT_EQ(key(only, "/", "a=1&b=2"), key(only, "/", "b=3&a=1"));
  EXPECT_NE(key(only, "/", "a=1"), key(only, "/", "a=2"));
  EXPECT_NE(key(only, "/", "a=1"), key(only, "/", "A=1"));
  const CacheKeyRule except{.query_strings = {Kind::AllExcept, {"utm"}}};
  EXPECT_EQ(key(except, "/", "a=1&utm=2"), key(except, "/", "a=1"));
}

TEST(CacheKey, HeadersCountWholeAndWhateverTheirCase) {
  const CacheKeyRule rule{.headers = {Kind::Only, {"accept-language", "origin"}}};
  EXPECT_EQ(key(rule, "/", "", "Origin: a\nAccept-Language: de"),
            key(rule, "/", "", "accept-language: de\norigin: a"));
  EXPECT_NE(key(rule, "/", "", "accept-language: de"), key(rule, "/", "", "accept-language: DE"));
  EXPECT_NE(key(rule, "/", "", "origin:"), key(rule, "/"));
  EXPECT_NE(key(rule, "/", "", "origin: a\norigin: b"), key(rule, "/", "", "origin: a, b"));
}

TEST(CacheKey, CookiesCountOnlyIfNamed) {
  const CacheKeyRule rule{.cookies = {Kind::Only, {"session"}}};
  EXPECT_EQ(key(rule, "/", "", "cookie: x=1; session=2"), key(rule, "/", "", "cookie: session=2; y=3"));
  EXPECT_NE(key(rule, "/", "", "cookie: session=2"), key(rule, "/", "", "cookie: session=3"));
}

TEST(CacheKey, HasThreeFormsOfAcceptEncodingAndNone) {
  const CacheKeyRule both{.headers = {Kind::Only, {"accept-encoding"}}, .gzip = true, .brotli = true};
  std::set<std::string> keys;
  for (const char* lines : {"accept-encoding: gzip, deflate, br", "accept-encoding: br;q=0.5,gzip",
                            "accept-encoding: BR\naccept-encoding: gzip;q=1"})
    keys.insert(key(both, "/", "", lines));
  EXPECT_EQ(keys.size(), 1u);
  keys.insert(key(both, "/", "", "accept-encoding: gzip, br;q=0"));
  keys.insert(key(both, "/", "", "accept-encoding: gzip;q=0.000, br"));
  EXPECT_EQ(keys.size(), 3u);
  for (const char* lines : {"x: y", "accept-encoding: identity", "accept-encoding: gzip;q=0",
                            "accept-encoding: *", "accept-encoding: gzipped"})
    EXPECT_EQ(key(both, "/", "", lines), key({}, "/")) << lines;
  const CacheKeyRule gzip{.gzip = true};
  EXPECT_EQ(key(gzip, "/", "", "accept-encoding: br"), key(gzip, "/"));
  EXPECT_EQ(accept_encoding_text(normalize_accept_encoding(head("accept-encoding: gzip,br"), true, true)),
            "br,gzip");
  EXPECT_EQ(accept_encoding_text(kIdentity), "identity");
}

TEST(CacheKey, NoPartCanPassForAnother) {
  const CacheKeyRule rule{
      .headers = {Kind::Only, {"a", "b"}}, .cookies = {Kind::All, {}}, .query_strings = {Kind::All, {}}};
  const std::set<std::string> keys = {
      key(rule, "/x", "y", ""),        key(rule, "/x", "", "cookie: y"),  key(rule, "/x", "", "a: y"),
      key(rule, "/x", "", "b: y"),     key(rule, "/xQ", "y", ""),         key(rule, "/x", "yC", ""),
      key(rule, "/x", "y", "a: 1"),    key(rule, "/x", "y", "cookie: 1"), key(rule, "/x", "", "a: 1\nb: 2"),
      key(rule, "/x", "", "a: 1b: 2"), key(rule, "/x", "", "a: 1\na: b"),
  };
  EXPECT_EQ(keys.size(), 11u);
}

TEST(CacheKey, AllObjectsOfAPathBeginAlike) {
  std::string path;
  write_path_key("E1", "/a", path);
  EXPECT_TRUE(key({.query_strings = {Kind::All, {}}}, "/a", "b").starts_with(path));
  EXPECT_FALSE(key({}, "/ab").starts_with(path));
}

TEST(CacheKey, IsTheSameInEveryVersion) {
  const CacheKeyRule rule{
      .headers = {Kind::Only, {"origin"}}, .query_strings = {Kind::All, {}}, .gzip = true};
  const std::string bytes = key(rule, "/a", "b=1", "origin: o\naccept-encoding: gzip");
  EXPECT_EQ(to_hex(as_bytes(bytes)),
            "000000024531"        // E1
            "000000022f61"        // /a
            "4500000004677a6970"  // gzip
            "5100000003623d31"    // b=1
            "48000000066f726967696e56000000016f");
  const Hash128 hash = hash_cache_key({1, 2}, bytes);
  EXPECT_EQ(hash, hash_cache_key({1, 2}, bytes));
  EXPECT_NE(hash, hash_cache_key({1, 3}, bytes));
  EXPECT_NE(hash.high, hash.low);
}

TEST(CacheKey, ExplainsItsParts) {
  const std::vector<Field> fields = head("Origin: o\ncookie: a=1");
  std::string bytes;
  std::vector<std::string> trace;
  write_cache_key(
      {"E1", true, "/p", "q", fields},
      {.headers = {Kind::Only, {"origin"}}, .cookies = {Kind::All, {}}, .query_strings = {Kind::All, {}}},
      bytes, &trace);
  EXPECT_EQ(trace, (std::vector<std::string>{"distribution E1, path /p", "method OPTIONS", "query string q",
                                             "header origin: o", "cookies a=1"}));
}

}  // namespace
}  // namespace meridian::engines::cdn::rules
