// Selections of headers, cookies and query strings.
#include "engines/cdn/rules/selection.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

using Kind = Selection::Kind;
const Selection kNone, kAll{Kind::All, {}};

std::string query(std::string_view text, const Selection& one, const Selection& other = {}) {
  std::string buffer;
  return std::string(select_query(text, one, other, buffer));
}
std::string cookies(std::string_view lines, const Selection& one, const Selection& other = {}) {
  std::string buffer;
  return std::string(select_cookies(head(lines), one, other, buffer));
}

TEST(Selection, OfQueryStringsKeepsTheirOrderAndTheirRepeats) {
  EXPECT_EQ(query("b=2&a=1&b=3&c", {Kind::Only, {"b", "c"}}), "b=2&b=3&c");
  EXPECT_EQ(query("b=2&a=1&b=3&c", {Kind::AllExcept, {"b"}}), "a=1&c");
  EXPECT_EQ(query("b=2&&a=1", kAll), "b=2&&a=1");
  EXPECT_EQ(query("b=2&a=1", kNone), "");
  EXPECT_EQ(query("&&=x&B=1", {Kind::Only, {"b"}}), "");
  EXPECT_EQ(query("a=1&b=2&c=3", {Kind::Only, {"a"}}, {Kind::Only, {"c"}}), "a=1&c=3");
  EXPECT_EQ(query("a=1&b=2&c=3", {Kind::AllExcept, {"a", "b"}}, {Kind::Only, {"a"}}), "a=1&c=3");
}

TEST(Selection, OfCookiesReadsAllLines) {
  EXPECT_EQ(cookies("cookie: a=1; b=2;c=3", {Kind::Only, {"a", "c"}}), "a=1; c=3");
  EXPECT_EQ(cookies("cookie: a=1\ncookie: b=2", kAll), "a=1; b=2");
  EXPECT_EQ(cookies("Cookie: a=1;  b=2", kAll), "a=1;  b=2");
  EXPECT_EQ(cookies("cookie: a=1; a2=2; b=3", {Kind::AllExcept, {"a"}}), "a2=2; b=3");
  EXPECT_EQ(cookies("cookie: sid_1=1; sid_2=2; A=3", {Kind::Only, {"sid_*", "a"}}), "sid_1=1; sid_2=2");
  EXPECT_EQ(cookies("cookie: ;; =x; flag", {Kind::Only, {"flag"}}), "flag");
  EXPECT_EQ(cookies("x: y", kAll), "");
  EXPECT_EQ(cookies("cookie: a=1", kNone), "");
}

TEST(Selection, OfHeadersDisregardsCase) {
  EXPECT_TRUE(selects_header({Kind::Only, {"accept"}}, "Accept"));
  EXPECT_FALSE(selects_header({Kind::AllExcept, {"host"}}, "HOST"));
  EXPECT_TRUE(selects_header({Kind::AllExcept, {"host"}}, "Accept"));
}

}  // namespace
}  // namespace meridian::engines::cdn::rules
