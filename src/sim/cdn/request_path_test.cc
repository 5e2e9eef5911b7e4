// The request path of the CDN from the viewer's connection to the origin's, in virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cdn/virtual_cdn.h"

namespace meridian::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class RequestPath : public testing::Test {
 protected:
  void play(PlayedOrigin::OnRequest how) {
    origin.reset();
    origin = std::make_unique<PlayedOrigin>(cdn.network, VirtualCdn::kFirst, std::move(how));
    cdn.publish();
  }
  void play_ok(std::string body = "hello", std::string fields = "") {
    play([=](auto& visit, auto&) { visit.ok(body, fields); });
  }

  VirtualCdn cdn;
  std::unique_ptr<PlayedOrigin> origin;
};

TEST_F(RequestPath, WhatOneViewerFetchedTheNextGetsFromTheCache) {
  play_ok("hello", "Content-Type: text/plain\r\nX-Own: 1\r\nConnection: keep-alive\r\n");
  const auto& first = cdn.get("/a?b=1", "Accept: */*\r\nX-Mine: 1\r\n");
  EXPECT_EQ(first.status(), 200);
  EXPECT_EQ(first.body(), "hello");
  EXPECT_EQ(first.field("X-Cache"), "Miss from cloudfront");
  EXPECT_EQ(first.field("Content-Length"), "5");
  EXPECT_EQ(first.field("X-Own"), "1");
  EXPECT_EQ(first.field("X-Amz-Cf-Pop"), "TST0-C1");
  EXPECT_EQ(first.field("X-Amz-Cf-Id").size(), 56u);
  EXPECT_THAT(first.field("Via"), HasSubstr(".cloudfront.net (CloudFront)"));
  cdn.network.advance(20s);
  const auto& second = cdn.get("/a?b=1");
  EXPECT_EQ(second.body(), "hello");
  EXPECT_EQ(second.field("X-Cache"), "Hit from cloudfront");
  EXPECT_EQ(second.field("Age"), "21");
  ASSERT_EQ(origin->requests.size(), 1u);
  EXPECT_THAT(origin->requests[0], StartsWith("GET /a?b=1 HTTP/1.1\r\nHost: origin.test\r\n"));
  EXPECT_THAT(origin->requests[0], HasSubstr("X-Forwarded-For: 203.0.113.7\r\n"));
  EXPECT_THAT(origin->requests[0], Not(HasSubstr("X-Mine")));
  EXPECT_EQ(cdn.get("/a?b=2").field("X-Cache"), "Miss from cloudfront");
}

TEST_F(RequestPath, AStagingDistributionServesThePartOfItsPrimarysViewersThatItIsGiven) {
  play_ok();
  auto& staging = cdn.others.emplace_back(cdn.distribution);
  staging.id = "E2";
  staging.domain_name = "d2.cloudfront.net";
  staging.staging = true;
  staging.default_root_object = "new.html";
  auto& policy = cdn.distribution.continuous_deployment.emplace();
  policy.staging_id = "E2";
  policy.header_name = "aws-cf-cd-try";
  policy.header_value = "1";
  cdn.publish();
  cdn.get("/");
  cdn.get("/", "aws-cf-cd-try: 1\r\n");
  ASSERT_EQ(origin->requests.size(), 2u) << "they share no cache";
  EXPECT_THAT(origin->requests[0], StartsWith("GET / HTTP"));
  EXPECT_THAT(origin->requests[1], StartsWith("GET /new.html HTTP"));
  auto& direct = cdn.viewer();
  direct.send("GET / HTTP/1.1\r\nHost: d2.cloudfront.net\r\n\r\n");
  cdn.network.advance(1s);
  EXPECT_EQ(direct.status(), 403) << "by its own name nobody reaches it";
  policy.header_name.clear();
  policy.weight = 1;
  policy.sticky_idle = policy.sticky_maximum = 300s;
  cdn.behavior().key.cookies.kind = cdn.others[0].behaviors.back().key.cookies.kind =
      snapshots::cdn::Selection::Kind::All;
  cdn.publish();
  const std::string cookie = cdn.get("/").field("Set-Cookie");
  EXPECT_THAT(cookie, StartsWith("CloudFront-Continuous-Deployment=staging."));
  policy.weight = 0;
  cdn.publish();
  EXPECT_EQ(cdn.get("/", "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n").field("X-Cache"),
            "Hit from cloudfront")
      << "the session goes on, and its cookie is in no key";
  cdn.others[0].enabled = false;
  cdn.publish();
  EXPECT_EQ(cdn.get("/", "aws-cf-cd-try: 1\r\n").status(), 200) << "the primary one serves instead";
}

TEST_F(RequestPath, WhatIsNotServedIsRefusedBeforeAnyOriginIsAsked) {
  play_ok();
  auto& stranger = cdn.viewer();
  stranger.send("GET / HTTP/1.1\r\nHost: other.test\r\n\r\n");
  cdn.network.advance(1s);
  EXPECT_EQ(stranger.status(), 403);
  EXPECT_EQ(stranger.field("X-Cache"), "Error from cloudfront");
  EXPECT_EQ(cdn.ask("/", "", 0, "DELETE").status(), 0);
  cdn.network.advance(1s);
  EXPECT_EQ(cdn.viewers.back()->status(), 403);
  auto& with_body = cdn.get("/", "Content-Length: 3\r\n");
  EXPECT_EQ(with_body.status(), 403);
  EXPECT_EQ(cdn.get("/" + std::string(8192, 'x')).status(), 413);
  EXPECT_EQ(cdn.get("/", "X: " + std::string(20'480, 'x') + "\r\n").status(), 413);
  EXPECT_TRUE(cdn.viewers.back()->closed);
  auto& nonsense = cdn.viewer();
  nonsense.send("hello\r\n\r\n");
  cdn.network.advance(1s);
  EXPECT_EQ(nonsense.status(), 400);
  cdn.behavior().viewer_protocol = snapshots::cdn::ViewerProtocol::RedirectToHttps;
  cdn.publish();
  const auto& moved = cdn.get("/x?y");
  EXPECT_EQ(moved.status(), 301);
  EXPECT_EQ(moved.field("Location"), "https://d1.cloudfront.net/x?y");
  EXPECT_EQ(moved.field("X-Cache"), "Redirect from cloudfront");
  cdn.behavior().viewer_protocol = snapshots::cdn::ViewerProtocol::AllowAll;
  cdn.behavior().restricted = true;
  cdn.publish();
  EXPECT_EQ(cdn.get("/").status(), 403);
  EXPECT_THAT(cdn.viewers.back()->body(), HasSubstr("Key-Pair-Id"));
  cdn.distribution.enabled = false;
  cdn.publish();
  EXPECT_EQ(cdn.get("/").status(), 403);
  EXPECT_TRUE(origin->requests.empty());
}

TEST_F(RequestPath, OfManyViewersOfAColdSlowObjectOneAsksAndAllGetTheBytesAsTheyCome) {
  PlayedOrigin::Visit* visiting = nullptr;
  play([&](auto& visit, auto&) { visiting = &visit; });
  for (int i = 0; i < 500; ++i) cdn.ask("/big");
  cdn.network.advance(1s);
  ASSERT_EQ(origin->requests.size(), 1u);
  cdn.viewers.front()->leave();  // he who asked first
  visiting->say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
  cdn.network.advance(1s);
  cdn.ask("/big");  // while it arrives
  cdn.network.advance(1s);
  for (std::size_t i = 1; i < cdn.viewers.size(); ++i) ASSERT_EQ(cdn.viewers[i]->body(), "abc") << i;
  for (std::size_t i = 2; i < 500; ++i)
    EXPECT_LE(cdn.viewers[i]->first_byte - cdn.viewers[1]->first_byte, 5ms);
  visiting->say("def");
  cdn.network.advance(1s);
  for (std::size_t i = 1; i < cdn.viewers.size(); ++i) ASSERT_EQ(cdn.viewers[i]->body(), "abcdef") << i;
  EXPECT_EQ(origin->requests.size(), 1u);
  EXPECT_EQ(cdn.get("/big").field("X-Cache"), "Hit from cloudfront");
}

TEST_F(RequestPath, WhatIsNotToBeSharedEachAsksForHimself) {
  play_ok("mine", "Cache-Control: private\r\n");
  cdn.behavior().ttl = {0s, 60s, 600s};
  cdn.publish();
  for (int i = 0; i < 10; ++i) cdn.ask("/me");
  cdn.network.advance(1s);
  for (const auto& viewer : cdn.viewers) EXPECT_EQ(viewer->body(), "mine");
  EXPECT_EQ(origin->requests.size(), 10u);
  EXPECT_EQ(cdn.get("/me").field("X-Cache"), "Miss from cloudfront");
}

TEST_F(RequestPath, AnExpiredCopyIsRevalidated) {
  int asked = 0;
  play([&](auto& visit, auto& request) {
    if (++asked == 1) return visit.ok("v1", "Cache-Control: max-age=10\r\nETag: \"1\"\r\n");
    if (asked == 2) {
      EXPECT_THAT(request, HasSubstr("If-None-Match: \"1\"\r\n"));
      return visit.say("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\nCache-Control: max-age=20\r\n\r\n");
    }
    visit.ok("v2", "ETag: \"2\"\r\n");
  });
  EXPECT_EQ(cdn.get("/").body(), "v1");
  cdn.network.advance(11s);
  const auto& again = cdn.get("/");
  EXPECT_EQ(again.body(), "v1");
  EXPECT_EQ(again.field("X-Cache"), "RefreshHit from cloudfront");
  EXPECT_EQ(cdn.get("/").field("X-Cache"), "Hit from cloudfront");
  cdn.network.advance(30s);
  EXPECT_EQ(cdn.get("/").body(), "v2");
  EXPECT_EQ(cdn.viewers.back()->field("X-Cache"), "Miss from cloudfront");
}

TEST_F(RequestPath, ConditionsAndRangesAreAnsweredFromTheCopy) {
  play_ok("0123456789", "ETag: \"x\"\r\nContent-Type: text/plain\r\n");
  cdn.get("/");
  EXPECT_EQ(cdn.get("/", "If-None-Match: \"x\"\r\n").status(), 304);
  EXPECT_EQ(cdn.viewers.back()->field("ETag"), "\"x\"");
  const auto& part = cdn.get("/", "Range: bytes=2-4\r\n");
  EXPECT_EQ(part.status(), 206);
  EXPECT_EQ(part.body(), "234");
  EXPECT_EQ(part.field("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(cdn.get("/", "Range: bytes=20-\r\n").status(), 416);
  EXPECT_EQ(cdn.viewers.back()->field("Content-Range"), "bytes */10");
  const auto& parts = cdn.get("/", "Range: bytes=0-1,8-9\r\n");
  EXPECT_EQ(parts.status(), 206);
  EXPECT_THAT(parts.field("Content-Type"), StartsWith("multipart/byteranges; boundary="));
  EXPECT_EQ(std::to_string(parts.body().size()), parts.field("Content-Length"));
  EXPECT_THAT(parts.body(), HasSubstr("\r\n\r\n01\r\n--"));
  cdn.ask("/", "", 0, "HEAD");
  cdn.network.advance(1s);
  EXPECT_EQ(cdn.viewers.back()->field("Content-Length"), "10");
  EXPECT_EQ(cdn.viewers.back()->body(), "");
  EXPECT_EQ(origin->requests.size(), 1u);
  // An origin that does not know ranges.
  EXPECT_EQ(cdn.get("/cold", "Range: bytes=-1\r\n").body(), "9");
}

TEST_F(RequestPath, BodiesOfRequestsPassThroughAndTheirAnswersAreNotKept) {
  cdn.behavior().allowed_methods = snapshots::cdn::kAllMethods;
  play([](auto& visit, auto& request) {
    if (!request.starts_with("POST")) visit.say("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok");
  });
  auto& post = cdn.ask("/form", "Content-Length: 9\r\nExpect: 100-continue\r\n", 0, "POST");
  cdn.network.advance(1s);
  EXPECT_EQ(post.heard.substr(0, 25), "HTTP/1.1 100 Continue\r\n\r\n");
  post.heard.clear();
  post.send("hello\r\n\r\n");
  cdn.network.advance(1s);
  EXPECT_EQ(post.status(), 201);
  EXPECT_EQ(post.body(), "ok");
  EXPECT_THAT(origin->requests[0], HasSubstr("Content-Length: 9\r\n"));
  EXPECT_EQ(origin->requests[1], "hello\r\n\r\n");
  auto& chunked = cdn.ask("/form", "Transfer-Encoding: chunked\r\n", 0, "POST");
  chunked.send("3\r\nabc\r\n0\r\n\r\n");
  cdn.network.advance(1s);
  EXPECT_EQ(chunked.status(), 201);
  EXPECT_FALSE(chunked.closed) << "the whole body was read";
}

TEST_F(RequestPath, RequestsOfOneConnectionAreAnsweredInOrder) {
  play([](auto& visit, auto& request) { visit.ok(request.substr(5, 1)); });
  auto& viewer = cdn.viewer();
  for (const char* path : {"a", "b", "c"})
    viewer.send(std::string("GET /") + path + " HTTP/1.1\r\nHost: d1.cloudfront.net\r\n\r\n");
  cdn.network.advance(2s);
  const auto a = viewer.heard.find("\r\n\r\na"), b = viewer.heard.find("\r\n\r\nb"),
             c = viewer.heard.find("\r\n\r\nc");
  EXPECT_LT(a, b);
  EXPECT_LT(b, c);
  EXPECT_NE(c, std::string::npos);
  auto& old = cdn.viewer();
  old.send("GET /a HTTP/1.0\r\nHost: d1.cloudfront.net\r\n\r\n");
  cdn.network.advance(1s);
  EXPECT_EQ(old.body(), "a");
  EXPECT_TRUE(old.closed);
}

TEST_F(RequestPath, ChunkedBodiesAreKeptOnceTheyAreWhole) {
  play([](auto& visit, auto&) {
    visit.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  });
  EXPECT_EQ(cdn.get("/").field("Transfer-Encoding"), "chunked");
  const auto& hit = cdn.get("/");
  EXPECT_EQ(hit.field("Content-Length"), "3");
  EXPECT_EQ(hit.body(), "abc");
}

TEST_F(RequestPath, ACutBodyEndsTheViewersConnectionAndIsNotKept) {
  play([](auto& visit, auto&) {
    visit.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    visit.close();
  });
  EXPECT_EQ(cdn.get("/").body(), "abc");
  EXPECT_TRUE(cdn.viewers.back()->closed);
  cdn.get("/");
  EXPECT_EQ(origin->requests.size(), 2u);
}

TEST_F(RequestPath, CompressibleObjectsAreKeptAsTheViewerTakesThem) {
  cdn.behavior().compress = cdn.behavior().key.gzip = cdn.behavior().key.brotli = true;
  play_ok(std::string(5000, 'x'), "Content-Type: text/html\r\nETag: \"e\"\r\n");
  const auto& brotli = cdn.get("/", "Accept-Encoding: gzip, br\r\n");
  EXPECT_EQ(brotli.field("Content-Encoding"), "br");
  EXPECT_EQ(brotli.field("ETag"), "W/\"e\"");
  EXPECT_LT(brotli.body().size(), 200u);
  EXPECT_THAT(origin->requests[0], HasSubstr("Accept-Encoding: br,gzip\r\n"));
  EXPECT_EQ(cdn.get("/", "Accept-Encoding: br, gzip\r\n").field("X-Cache"), "Hit from cloudfront");
  EXPECT_EQ(cdn.get("/", "Accept-Encoding: gzip\r\n").field("Content-Encoding"), "gzip");
  EXPECT_EQ(cdn.get("/").body().size(), 5000u);
}

TEST_F(RequestPath, PurgesCountAtOnce) {
  cdn.distribution.tag_header = "cache-tag";
  play_ok("x", "Cache-Tag: red, Blue\r\n");
  const auto is_hit = [&](const char* target) {
    return cdn.get(target).field("X-Cache") == "Hit from cloudfront";
  };
  const auto purge = [&](const char* item) { cdn.shared->purges.of("E1")->purge(item); };
  cdn.get("/img/a");
  cdn.get("/img/b?v=1");
  EXPECT_TRUE(is_hit("/img/a"));
  purge("/img/a");
  EXPECT_FALSE(is_hit("/img/a"));
  EXPECT_TRUE(is_hit("/img/a"));
  purge("/img/b");
  EXPECT_TRUE(is_hit("/img/b?v=1")) << "query strings are to be written";
  purge("/img/*");
  EXPECT_FALSE(is_hit("/img/b?v=1"));
  EXPECT_FALSE(is_hit("/img/a"));
  purge("#BLUE");
  EXPECT_FALSE(is_hit("/img/a"));
  purge("#green");
  EXPECT_TRUE(is_hit("/img/a"));
}

TEST_F(RequestPath, TheDefaultRootObjectIsOfTheRootAlone) {
  cdn.distribution.default_root_object = "index.html";
  play([](auto& visit, auto& request) { visit.ok(request.substr(0, request.find(" HTTP"))); });
  EXPECT_EQ(cdn.get("/").body(), "GET /index.html");
  EXPECT_EQ(cdn.get("/sub/").body(), "GET /sub/");
}

TEST_F(RequestPath, AConnectionMayBecomeAnother) {
  play([](auto& visit, auto& request) {
    if (!request.starts_with("GET")) return;
    EXPECT_THAT(request, HasSubstr("Upgrade: websocket\r\n"));
    visit.say(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: x\r\n\r\nfrom the origin");
  });
  auto& viewer = cdn.get("/socket", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n");
  EXPECT_EQ(viewer.status(), 101);
  EXPECT_EQ(viewer.field("Sec-WebSocket-Accept"), "x");
  EXPECT_EQ(viewer.body(), "from the origin");
  cdn.network.advance(300s);
  viewer.send("hi\r\n\r\n");
  cdn.network.advance(1s);
  EXPECT_EQ(origin->requests.back(), "hi\r\n\r\n");
}

TEST(Tiers, AColdObjectCostsTheOriginOneRequestThroughTwentyLocationsWithAShield) {
  std::vector<std::string> regions;
  for (int i = 0; i < 20; ++i) regions.push_back(i % 2 ? "eu-west-1" : "us-east-1");
  for (const char* shield : {"us-east-1", ""}) {
    VirtualCdn cdn(regions);
    cdn.distribution.origins[0].shield_region = shield;
    cdn.publish();
    PlayedOrigin::Visit* visiting = nullptr;
    PlayedOrigin origin(cdn.network, VirtualCdn::kFirst, [&](auto& visit, auto&) {
      visiting = &visit;
      visit.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
    });
    for (std::size_t i = 0; i < 500; ++i) cdn.ask("/cold", "", i % 20);
    cdn.network.advance(1s);
    EXPECT_EQ(origin.requests.size(), *shield ? 1u : 2u);
    for (const auto& viewer : cdn.viewers) EXPECT_EQ(viewer->body(), "ab");
  }
}

}  // namespace
}  // namespace meridian::sim
