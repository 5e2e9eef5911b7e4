// Heads for viewers: what is kept of the origin's, and what a delivery adds.
#include "engines/cdn/rules/viewer_response_headers.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

constexpr const char* kVia = "1.1 ab.cloudfront.net (CloudFront)";

std::string kept(std::string_view lines, const snapshots::cdn::Behavior& behavior = {}) {
  const std::vector<Field> response = head(lines);
  FieldList out;
  write_kept_headers({behavior, response, kVia, "now"}, out);
  return text_of(out);
}

TEST(KeptHeaders, AreWhatDoesNotSpeakOfTheConnection) {
  EXPECT_EQ(
      kept("Date: d\nContent-Type: t\nContent-Length: 5\nConnection: X-Hop, keep-alive\nX-Hop: "
           "1\nKeep-Alive: 5\n"
           "Transfer-Encoding: chunked\nTrailer: x\nUpgrade: h2c\nProxy-Authenticate: p\nAge: 7\nX-Cache: "
           "Hit\n"
           "X-Amz-Cf-Id: theirs\nX-Edge-Location: e\nx-amz-meta-a: 1\nETag: \"e\""),
      "Date: d\nContent-Type: t\nx-amz-meta-a: 1\nETag: \"e\"\nVia: 1.1 ab.cloudfront.net (CloudFront)\n");
}

TEST(KeptHeaders, HaveADateAndAllWhoPassedThemOn) {
  EXPECT_EQ(kept("Via: 1.0 a\nVia: 1.1 b"),
            "Date: now\nVia: 1.0 a, 1.1 b, 1.1 ab.cloudfront.net (CloudFront)\n");
}

TEST(KeptHeaders, HaveCookiesOnlyWhereCookiesAreForwarded) {
  snapshots::cdn::Behavior behavior;
  EXPECT_EQ(kept("Date: d\nSet-Cookie: a=1", behavior), "Date: d\nVia: 1.1 ab.cloudfront.net (CloudFront)\n");
  behavior.forward.cookies = {snapshots::cdn::Selection::Kind::Only, {"b"}};
  EXPECT_EQ(kept("Date: d\nSet-Cookie: a=1\nSet-Cookie: b=2", behavior),
            "Date: d\nSet-Cookie: a=1\nSet-Cookie: b=2\nVia: 1.1 ab.cloudfront.net (CloudFront)\n");
}

TEST(KeptHeaders, VaryByWhatIsForwarded) {
  EXPECT_EQ(kept("Date: d\nVary: Accept-Encoding, Accept"),
            "Date: d\nVary: Accept-Encoding\nVia: 1.1 ab.cloudfront.net (CloudFront)\n");
  EXPECT_EQ(kept("Date: d\nVary: Accept"), "Date: d\nVia: 1.1 ab.cloudfront.net (CloudFront)\n");
}

TEST(ViewerHeaders, SayHowTheResponseCame) {
  const std::vector<Field> kept = head("ETag: e\nVia: v");
  FieldList out;
  Delivery delivery;
  delivery.result = CacheResult::Hit;
  delivery.age = Seconds(17);
  delivery.pop = "FRA50-C1";
  delivery.request_id = "id==";
  write_viewer_headers(kept, delivery, out);
  EXPECT_EQ(
      text_of(out),
      "ETag: e\nVia: v\nX-Cache: Hit from cloudfront\nX-Amz-Cf-Pop: FRA50-C1\nX-Amz-Cf-Id: id==\nAge: 17\n");
}

TEST(ViewerHeaders, APolicyDoesNotTouchWhatSaysHowTheResponseCame) {
  snapshots::cdn::ResponseHeadersPolicy policy;
  policy.removed = {"etag"};
  policy.added = {{"X-Cache", "forged", true}, {"Age", "1", true}};
  FieldList out;
  Delivery delivery;
  delivery.policy = &policy;
  delivery.pop = "P";
  delivery.request_id = "I";
  delivery.age = Seconds(0);
  delivery.server_timing = "cdn-cache-miss";
  write_viewer_headers(head("ETag: e"), delivery, out);
  EXPECT_EQ(text_of(out),
            "X-Cache: Miss from cloudfront\nAge: 0\nX-Amz-Cf-Pop: P\nX-Amz-Cf-Id: I\nServer-Timing: "
            "cdn-cache-miss\n");
}

TEST(ViewerHeaders, ServerTimingHasCloudFrontsMetrics) {
  EXPECT_EQ(server_timing_text({.result = CacheResult::Hit, .layer = "REC", .pop = "P", .request_id = "R"}),
            "cdn-cache-hit,cdn-hit-layer;desc=\"REC\",cdn-pop;desc=\"P\",cdn-rid;desc=\"R\"");
  EXPECT_EQ(
      server_timing_text({.result = CacheResult::Miss,
                          .layer = "EDGE",
                          .pop = "P",
                          .request_id = "R",
                          .dns_ms = 0,
                          .connect_ms = 69,
                          .upstream_first_byte_ms = 562,
                          .downstream_first_byte_ms = 570}),
      "cdn-upstream-layer;desc=\"EDGE\",cdn-cache-miss,cdn-upstream-dns;dur=0,cdn-upstream-connect;dur=69,"
      "cdn-upstream-fbl;dur=562,cdn-pop;desc=\"P\",cdn-rid;desc=\"R\",cdn-downstream-fbl;dur=570");
  EXPECT_TRUE(
      server_timing_text({.result = CacheResult::RefreshHit}).starts_with("cdn-cache-refresh,cdn-pop"));
}

TEST(ViewerHeaders, XCacheHasCloudFrontsWords) {
  EXPECT_EQ(x_cache_text(CacheResult::RefreshHit), "RefreshHit from cloudfront");
  EXPECT_EQ(x_cache_text(CacheResult::Error), "Error from cloudfront");
  EXPECT_EQ(x_cache_text(CacheResult::Redirect), "Redirect from cloudfront");
}

}  // namespace
}  // namespace meridian::engines::cdn::rules
