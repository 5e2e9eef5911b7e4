// Freshness: CloudFront's TTL table, RFC 9111 §4.2, errors, and what stale copies may be used for.
#include "engines/cdn/rules/freshness.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

Lifetime decide(std::string_view lines, TtlRule ttls = {}, int status = 200, Seconds error = kErrorTtl) {
  const std::vector<Field> fields = head(lines);
  return decide_lifetime({status, read_origin_times(fields, kNow), ttls, error, {kNow, kNow}});
}
TtlRule ttls(int minimum, int standard, int maximum) {
  return {Seconds(minimum), Seconds(standard), Seconds(maximum)};
}

struct Row {
  const char* head;
  std::uint32_t fresh_s;
  LifetimeRule rule;
};
void expect(const Row& row, const TtlRule& bounds) {
  const Lifetime lifetime = decide(row.head, bounds);
  EXPECT_TRUE(lifetime.keep) << row.head;
  EXPECT_EQ(lifetime.life.fresh_s, row.fresh_s) << row.head;
  EXPECT_EQ(lifetime.rule, row.rule) << row.head;
}

// CF:Expiration, the column of Minimum TTL = 0.
TEST(Freshness, TableWithoutMinimum) {
  const TtlRule bounds = ttls(0, 500, 1000);
  for (const Row& row : {
           Row{"cache-control: max-age=60", 60, LifetimeRule::MaxAge},
           {"cache-control: max-age=5000", 1000, LifetimeRule::MaxAge},
           {"cache-control: max-age=60, s-maxage=90", 90, LifetimeRule::SMaxAge},
           {"cache-control: s-maxage=5000, max-age=1", 1000, LifetimeRule::SMaxAge},
           {"date: Sun, 06 Nov 1994 08:49:37 GMT\nexpires: Sun, 06 Nov 1994 08:50:37 GMT", 60,
            LifetimeRule::Expires},
           {"expires: Sun, 06 Nov 1994 18:49:37 GMT", 1000, LifetimeRule::Expires},
           {"expires: Sun, 06 Nov 1994 18:49:37 GMT\ncache-control: max-age=7", 7, LifetimeRule::MaxAge},
           {"x: y", 500, LifetimeRule::Default},
           {"cache-control: max-age=0", 0, LifetimeRule::MaxAge},
       })
    expect(row, bounds);
  for (const char* forbidden :
       {"no-store", "no-cache", "private", "max-age=60, private", "s-maxage=5, no-store"}) {
    const std::vector<Field> fields = {{"Cache-Control", forbidden}};
    const Lifetime lifetime =
        decide_lifetime({200, read_origin_times(fields, kNow), bounds, kErrorTtl, {kNow, kNow}});
    EXPECT_FALSE(lifetime.keep) << forbidden;
  }
}

// The column of Minimum TTL > 0.
TEST(Freshness, TableWithMinimum) {
  const TtlRule bounds = ttls(100, 500, 1000);
  for (const Row& row : {
           Row{"cache-control: max-age=60", 100, LifetimeRule::MaxAge},
           {"cache-control: max-age=600", 600, LifetimeRule::MaxAge},
           {"cache-control: max-age=5000", 1000, LifetimeRule::MaxAge},
           {"cache-control: max-age=600, s-maxage=7", 100, LifetimeRule::SMaxAge},
           {"expires: 0", 100, LifetimeRule::Expires},
           {"x: y", 500, LifetimeRule::Default},
           {"cache-control: no-store", 100, LifetimeRule::KeptForMinimum},
           {"cache-control: private, max-age=700", 100, LifetimeRule::KeptForMinimum},
           {"vary: *\ncache-control: max-age=700", 700, LifetimeRule::MaxAge},
       })
    expect(row, bounds);
  expect({"x: y", 700, LifetimeRule::Default}, ttls(700, 700, 1000));
}

TEST(Freshness, CachingDisabledKeepsNothingThatNeedNotBeAskedFor) {
  EXPECT_EQ(decide("cache-control: max-age=600", ttls(0, 0, 0)).life.fresh_s, 0u);
  EXPECT_EQ(decide("x: y", ttls(0, 0, 0)).life.fresh_s, 0u);
}

// RFC 9111 §4.2.3, §5.1
TEST(Freshness, TheAgeThatAResponseCameWithIsSpent) {
  EXPECT_EQ(decide("cache-control: max-age=60\nage: 20").life.fresh_s, 40u);
  EXPECT_EQ(decide("cache-control: max-age=60\nage: 70").life.fresh_s, 0u);
  EXPECT_EQ(decide("cache-control: max-age=60\ndate: Sun, 06 Nov 1994 08:49:07 GMT").life.fresh_s, 30u);
  EXPECT_EQ(
      decide("cache-control: max-age=60\nage: 10\ndate: Sun, 06 Nov 1994 08:49:07 GMT").life.initial_age_s,
      30u);
  EXPECT_EQ(decide("cache-control: max-age=60\nage: 7, 50\nage: 50").life.initial_age_s, 7u);
  // A clock that is ahead, and ages that are none.
  EXPECT_EQ(decide("cache-control: max-age=60\ndate: Sun, 06 Nov 1994 09:49:07 GMT").life.fresh_s, 60u);
  EXPECT_EQ(decide("cache-control: max-age=60\nage: -5").life.fresh_s, 60u);
  EXPECT_EQ(decide("cache-control: max-age=60\nage: old").life.fresh_s, 60u);
  EXPECT_EQ(decide("cache-control: max-age=60\nage: 99999999999999999999").life.fresh_s, 0u);
}

TEST(Freshness, TheTimeUnderWayCountsForWhatCachesSent) {
  const std::vector<Field> aged = head("cache-control: max-age=60\nage: 20");
  EXPECT_EQ(decide_lifetime({200, read_origin_times(aged, kNow), {}, kErrorTtl, {kNow - Seconds(5), kNow}})
                .life.fresh_s,
            35u);
  const std::vector<Field> own = head("cache-control: max-age=60");
  EXPECT_EQ(decide_lifetime({200, read_origin_times(own, kNow), {}, kErrorTtl, {kNow - Seconds(5), kNow}})
                .life.fresh_s,
            60u);
}

// RFC 9111 §5.3
TEST(Freshness, ExpiresCountsFromDate) {
  EXPECT_EQ(
      decide("date: Sun, 06 Nov 1994 08:49:27 GMT\nexpires: Sun, 06 Nov 1994 08:50:27 GMT").life.fresh_s,
      50u);
  for (const char* expired :
       {"expires: 0", "expires: -1", "expires: soon", "expires: Sun, 06 Nov 1994 08:49:37 UTC",
        "expires: Sat, 05 Nov 1994 08:49:37 GMT", "expires:"})
    EXPECT_EQ(decide(expired).life.fresh_s, 0u) << expired;
  EXPECT_EQ(decide("expires: 0\nexpires: Sun, 06 Nov 1994 18:49:37 GMT").life.fresh_s, 0u);
  EXPECT_EQ(decide("expires: Fri, 31 Dec 9999 23:59:59 GMT", ttls(0, 5, 1 << 30)).life.fresh_s, 1u << 30);
}

// RFC 9213
TEST(Freshness, CdnCacheControlReplacesTheOthers) {
  EXPECT_EQ(decide("cache-control: no-store\ncdn-cache-control: max-age=60").life.fresh_s, 60u);
  EXPECT_FALSE(decide("cache-control: max-age=60\ncdn-cache-control: no-store").keep);
  const Lifetime lifetime =
      decide("cache-control: max-age=60\nexpires: 0\ncdn-cache-control: must-revalidate", ttls(0, 500, 1000));
  EXPECT_EQ(lifetime.life.fresh_s, 500u);
  EXPECT_TRUE(lifetime.life.never_stale);
  EXPECT_EQ(decide("cache-control: max-age=60\ncdn-cache-control: &").life.fresh_s, 60u);
}

// CF:HTTPStatusCodes
TEST(Freshness, SomeErrorsAreKeptForTheErrorTtl) {
  for (int status : {404, 414, 500, 501, 502, 503, 504}) {
    EXPECT_EQ(decide("x: y", {}, status).life.fresh_s, 10u) << status;
    EXPECT_EQ(decide("cache-control: max-age=60", {}, status).life.fresh_s, 60u) << status;
    EXPECT_EQ(decide("cache-control: max-age=6", {}, status).life.fresh_s, 10u) << status;
    EXPECT_EQ(decide("cache-control: max-age=60", {}, status, Seconds(300)).life.fresh_s, 300u) << status;
    EXPECT_EQ(decide("cache-control: max-age=60", ttls(0, 0, 20), status).life.fresh_s, 20u) << status;
    EXPECT_EQ(decide("cache-control: no-store", {}, status).life.fresh_s, 10u) << status;
    EXPECT_FALSE(decide("x: y", {}, status, Seconds(0)).keep) << status;
  }
}
TEST(Freshness, SomeErrorsAreKeptOnlyWhenTheOriginSaysHowLong) {
  for (int status : {400, 403, 405, 412, 415}) {
    EXPECT_FALSE(decide("x: y", {}, status).keep) << status;
    EXPECT_FALSE(decide("expires: Sun, 06 Nov 1994 18:49:37 GMT", {}, status).keep) << status;
    EXPECT_FALSE(decide("cache-control: max-age=60, no-store", {}, status).keep) << status;
    EXPECT_EQ(decide("cache-control: s-maxage=60", {}, status).life.fresh_s, 60u) << status;
    EXPECT_EQ(decide("cache-control: max-age=1", {}, status).life.fresh_s, 10u) << status;
  }
}
TEST(Freshness, OtherErrorsAreNeverKept) {
  for (int status : {401, 402, 406, 410, 416, 429, 505, 100, 199})
    EXPECT_FALSE(decide("cache-control: max-age=60", ttls(5, 5, 50), status).keep) << status;
}
TEST(Freshness, RedirectsAreAnswers) {
  for (int status : {200, 203, 204, 301, 302, 307, 308})
    EXPECT_EQ(decide("x: y", ttls(0, 500, 1000), status).life.fresh_s, 500u) << status;
}

TEST(Freshness, ACopyIsFreshAsLongAsItsTtl) {
  const StoredLife life = decide("cache-control: max-age=60\nage: 20").life;
  EXPECT_EQ(judge(life, kNow), Use::Fresh);
  EXPECT_EQ(judge(life, kNow + Seconds(39)), Use::Fresh);
  EXPECT_EQ(judge(life, kNow + Seconds(40)), Use::Revalidate);
  EXPECT_EQ(judge(life, kNow - Seconds(100)), Use::Fresh);
  EXPECT_EQ(life.age(kNow + Seconds(5)), Seconds(25));
  EXPECT_EQ(life.age(kNow - Seconds(5)), Seconds(20));
}

TEST(Freshness, VaryByAnythingIsKeptAndAlwaysAskedFor) {
  const Lifetime lifetime = decide("vary: accept, *\ncache-control: max-age=60");
  EXPECT_TRUE(lifetime.keep);
  EXPECT_TRUE(lifetime.life.fetch_unconditionally);
  EXPECT_EQ(judge(lifetime.life, kNow), Use::Revalidate);
}

// RFC 5861 §3; CF:Expiration
TEST(Freshness, StaleWhileRevalidateLastsAsLongAsItSays) {
  const StoredLife life = decide("cache-control: max-age=60, stale-while-revalidate=30").life;
  EXPECT_EQ(judge(life, kNow + Seconds(60)), Use::StaleWhileRevalidate);
  EXPECT_EQ(judge(life, kNow + Seconds(89)), Use::StaleWhileRevalidate);
  EXPECT_EQ(judge(life, kNow + Seconds(90)), Use::Revalidate);
  const StoredLife capped =
      decide("cache-control: max-age=60, stale-while-revalidate=3000", ttls(0, 0, 100)).life;
  EXPECT_EQ(capped.stale_while_revalidate_s, 100u);
  const StoredLife strict =
      decide("cache-control: max-age=60, stale-while-revalidate=30, must-revalidate").life;
  EXPECT_EQ(judge(strict, kNow + Seconds(60)), Use::Revalidate);
}

TEST(Freshness, AnExpiredCopyStandsInForAnError) {
  const StoredLife silent = decide("cache-control: max-age=60").life;
  EXPECT_EQ(stale_for_error(silent, kNow + Seconds(1000000), Seconds(10)), Seconds(10));
  const StoredLife limited = decide("cache-control: max-age=60, stale-if-error=30").life;
  EXPECT_EQ(stale_for_error(limited, kNow + Seconds(70), Seconds(10)), Seconds(10));
  EXPECT_EQ(stale_for_error(limited, kNow + Seconds(85), Seconds(10)), Seconds(5));
  EXPECT_EQ(stale_for_error(limited, kNow + Seconds(90), Seconds(10)), std::nullopt);
  const StoredLife never = decide("cache-control: max-age=60, stale-if-error=0").life;
  EXPECT_EQ(stale_for_error(never, kNow + Seconds(60), Seconds(10)), std::nullopt);
  const StoredLife strict = decide("cache-control: max-age=60, must-revalidate").life;
  EXPECT_EQ(stale_for_error(strict, kNow + Seconds(60), Seconds(10)), std::nullopt);
  const StoredLife forbidden = decide("cache-control: no-store", ttls(5, 5, 5)).life;
  EXPECT_EQ(stale_for_error(forbidden, kNow + Seconds(60), Seconds(10)), Seconds(10));
}

TEST(Freshness, ExplainsItsArithmetic) {
  const std::vector<Field> fields = head("cache-control: max-age=5000\nage: 20");
  std::vector<std::string> trace;
  const Lifetime lifetime = decide_lifetime(
      {200, read_origin_times(fields, kNow), ttls(1, 500, 1000), kErrorTtl, {kNow, kNow}}, &trace);
  judge(lifetime.life, kNow + Seconds(1000), &trace);
  EXPECT_EQ(trace, (std::vector<std::string>{
                       "age on arrival: 20 s = max(0 s since Date, Age 20 s + 0 s under way)",
                       "Cache-Control: max-age=5000",
                       "lowered to the Maximum TTL 1000 s",
                       "fresh for 1000 s: 5000 s less the age 20 s, within 1 to 1000 s",
                       "kept for 1000 s, fresh for 1000 s: expired",
                   }));
}

}  // namespace
}  // namespace meridian::engines::cdn::rules
