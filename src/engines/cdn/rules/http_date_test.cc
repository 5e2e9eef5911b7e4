// HTTP-date: RFC 9110 §5.6.7 and what RFC 9111 §4.2 asks of caches.
#include "engines/cdn/rules/http_date.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

TEST(HttpDate, HasThreeForms) {
  for (const char* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994", "Sun Nov 06 08:49:37 1994"})
    EXPECT_EQ(parse_http_date(text, kNow), kNow) << text;
}

TEST(HttpDate, IsReadWithoutRegardToCase) {
  EXPECT_EQ(parse_http_date("SUN, 06 nov 1994 08:49:37 gmt", kNow), kNow);
}

TEST(HttpDate, IsGmtAndNothingElse) {
  for (const char* text : {"Sun, 06 Nov 1994 08:49:37 UTC",
                           "Sun, 06 Nov 1994 08:49:37 +0000",
                           "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 GMT ",
                           "0",
                           "-1",
                           "",
                           "Sun",
                           "Sun,",
                           "784111777",
                           "Sun, 6 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 94 08:49:37 GMT",
                           "Sun, 06-Nov-1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 8:49:37 GMT",
                           "Sun, 06 Nov 1994 084937 GMT",
                           "Sun, 31 Feb 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Nov 1994 08:60:00 GMT",
                           "Son, 06 Nov 1994 08:49:37 GMT",
                           "Sun,  06 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT"})
    EXPECT_EQ(parse_http_date(text, kNow), std::nullopt) << text;
}

TEST(HttpDate, TheDayOfTheWeekIsNotHeldAgainstTheDate) {
  EXPECT_EQ(parse_http_date("Tue, 06 Nov 1994 08:49:37 GMT", kNow), kNow);
}

TEST(HttpDate, TwoDigitsAreNeverMoreThanFiftyYearsAhead) {
  using namespace std::chrono;
  const Time today = sys_days(2026y / 11 / 21);
  EXPECT_EQ(parse_http_date("Saturday, 21-Nov-76 00:00:00 GMT", today), Time(sys_days(2076y / 11 / 21)));
  EXPECT_EQ(parse_http_date("Monday, 21-Nov-77 00:00:00 GMT", today), Time(sys_days(1977y / 11 / 21)));
}

TEST(HttpDate, ReachesToTheEndOfItsYears) {
  using namespace std::chrono;
  EXPECT_EQ(parse_http_date("Fri, 31 Dec 9999 23:59:60 GMT", kNow), Time(sys_days(10000y / 1 / 1)));
  EXPECT_EQ(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT", kNow), Time());
  EXPECT_EQ(parse_http_date("Sat, 29 Feb 2020 00:00:00 GMT", kNow), Time(sys_days(2020y / 2 / 29)));
}

}  // namespace
}  // namespace meridian::engines::cdn::rules
