// What explain tells of a request is what happens to it: told and played against the same engine.
#include "engines/cdn/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/cdn/disk/disk_fixture.h"
#include "sim/cdn/virtual_cdn.h"

namespace meridian::sim {
namespace {

using namespace std::chrono_literals;
using engines::cdn::ExplainAsk;
using engines::cdn::Explanation;
using engines::cdn::Trace;
using snapshots::cdn::Selection;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class ExplainHttp : public testing::Test {
 protected:
  ExplainHttp() {
    origin =
        std::make_unique<PlayedOrigin>(cdn.network, VirtualCdn::kFirst,
                                       [this](auto& visit, const auto& request) { answer(visit, request); });
    cdn.distribution.aliases = {"www.example.com", "*.example.org"};
    cdn.publish();
  }
  Result<Explanation> ask(const std::string& line, const std::string& fields = "",
                          Trace::Origins origins = Trace::Origins::Spared,
                          const std::string& host = "d1.cloudfront.net") {
    ExplainAsk ask;
    ask.head = line + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n";
    ask.viewer = net::Address::parse("203.0.113.7:0").value();
    ask.tls = tls;
    ask.origins = origins;
    Result<Explanation> out = invalid("explain did not answer");
    cdn.worker->explain(std::move(ask), [&](Result<Explanation> explained) { out = std::move(explained); });
    cdn.network.advance(1s);
    return out;
  }
  // The lines of one step, over all its places.
  static std::vector<std::string> told(const Result<Explanation>& explained, std::string_view what) {
    std::vector<std::string> lines;
    if (explained)
      for (const Trace::Step& step : explained->trace.steps())
        if (step.what == what) lines.push_back(step.text);
    return lines;
  }
  std::vector<std::string> tell(std::string_view what, const std::string& line = "GET /a",
                                const std::string& fields = "") {
    return told(ask(line, fields), what);
  }
  snapshots::cdn::Behavior& add_behavior(const std::string& pattern) {
    snapshots::cdn::Behavior made = cdn.behavior();
    made.path_pattern = pattern;
    made.is_default = false;
    return *cdn.distribution.behaviors.insert(cdn.distribution.behaviors.end() - 1, made);
  }

  VirtualCdn cdn;
  std::function<void(PlayedOrigin::Visit&, const std::string&)> answer = [](auto& visit, auto&) {
    visit.ok("hello", "Cache-Control: max-age=60\r\nETag: \"1\"\r\n");
  };
  std::unique_ptr<PlayedOrigin> origin;
  bool tls = false;
};

TEST_F(ExplainHttp, NothingIsAskedOfTheOriginAndNothingIsCounted) {
  const auto explained = ask("GET /a");
  ASSERT_TRUE(explained);
  EXPECT_EQ(explained->status, 0);
  EXPECT_THAT(told(explained, "cache"), ElementsAre("TST0-C1: no copy"));
  EXPECT_THAT(told(explained, "sent"), Contains("GET /a"));
  EXPECT_THAT(told(explained, "sent"), Contains("Host: origin.test"));
  EXPECT_THAT(told(explained, "answer"), ElementsAre(HasSubstr("--fetch")));
  EXPECT_THAT(origin->requests, IsEmpty());
  EXPECT_THAT(cdn.metrics.prometheus_text(),
              Not(HasSubstr("meridian_cdn_requests_total{result=\"Error\"} 1")));
}

TEST_F(ExplainHttp, WithFetchTheOriginIsAskedAndItsAnswerKept) {
  const auto explained = ask("GET /a", "", Trace::Origins::Asked);
  ASSERT_TRUE(explained);
  EXPECT_EQ(explained->status, 200);
  EXPECT_EQ(explained->body_bytes, 5u);
  EXPECT_THAT(told(explained, "origin said"), ElementsAre("200, which is kept"));
  EXPECT_THAT(told(explained, "answer"), ElementsAre("200, Miss from cloudfront, 5 bytes"));
  EXPECT_EQ(origin->requests.size(), 1u);
  EXPECT_EQ(cdn.get("/a").field("X-Cache"), "Hit from cloudfront");
}

TEST_F(ExplainHttp, ACopyIsToldWithTheArithmeticOfItsLifetime) {
  cdn.get("/a");
  const auto explained = ask("GET /a");
  ASSERT_TRUE(explained);
  EXPECT_EQ(explained->status, 200);
  EXPECT_THAT(explained->fields, Contains(testing::Pair("X-Cache", "Hit from cloudfront")));
  EXPECT_THAT(told(explained, "cache"),
              ElementsAre("TST0-C1: a copy: 200, 5 bytes, kept for 1 of 60 s: fresh"));
  EXPECT_THAT(told(explained, "lifetime"), Contains("Cache-Control: max-age=60"));
  EXPECT_THAT(told(explained, "lifetime"),
              Contains("fresh for 60 s: 60 s less the age 0 s, within 0 to 31536000 s"));
  EXPECT_THAT(told(explained, "compression"), ElementsAre("none: the behavior does not compress"));
  EXPECT_EQ(origin->requests.size(), 1u);

  cdn.network.advance(60s);
  EXPECT_THAT(tell("cache"), ElementsAre(HasSubstr("kept for 62 s, fresh for 60 s: expired")));
  EXPECT_THAT(tell("sent"), Contains("If-None-Match: \"1\""));
  cdn.get("/a");
  const auto now = std::chrono::floor<std::chrono::seconds>(cdn.network.clock().now());
  cdn.shared->purges.of("E1")->purge("/*", engines::cdn::StaleSince(now));
  cdn.network.advance(3s);
  EXPECT_THAT(tell("cache"), ElementsAre(HasSubstr(": expired, by the soft invalidation of /* 3 s ago")));
  EXPECT_THAT(tell("sent"), Contains("If-None-Match: \"1\""));
  cdn.shared->purges.of("E1")->purge("/*");
  EXPECT_THAT(tell("cache"), ElementsAre("TST0-C1: a copy, taken by the invalidation of /*"));
  EXPECT_THAT(tell("invalidated"), ElementsAre("/*: 1 found in memory so far, 0 on disk"));
}

TEST_F(ExplainHttp, ACopyOnDiskIsToldWhereMemoryHasNone) {
  using engines::cdn::disk::DiskCache;
  FakeDisk disk;
  engines::cdn::disk::AtOnce errands;
  const auto open = [&](VirtualCdn& world) {
    return DiskCache::open({disk, errands, world.shared->purges, world.metrics, "L"}, "d/L", 64 * 1024 * 1024)
        .value();
  };
  VirtualCdn before;
  before.publish();
  PlayedOrigin its(before.network, VirtualCdn::kFirst, answer);
  const auto first = open(before);
  before.shared->tiers[0]->keep_on(*first);
  before.get("/a");
  const auto second = open(cdn);
  cdn.shared->tiers[0]->keep_on(*second);
  EXPECT_THAT(tell("cache", "GET /b"), ElementsAre("TST0-C1: no copy"));
  const auto explained = ask("GET /a");
  ASSERT_TRUE(explained);
  EXPECT_THAT(told(explained, "cache"),
              ElementsAre(StartsWith("TST0-C1: no copy in memory, on disk a copy: 200, 5 bytes, kept for")));
  EXPECT_THAT(told(explained, "answer"), ElementsAre(StartsWith("200, Hit from cloudfront")));
  EXPECT_THAT(tell("cache"), ElementsAre(HasSubstr("on disk"))) << "it was not taken into memory";
  EXPECT_THAT(cdn.metrics.prometheus_text(), HasSubstr("meridian_cdn_disk_hits_total{location=\"L\"} 0"));
  EXPECT_EQ(cdn.get("/a").field("X-Cache"), "Hit from cloudfront");
  EXPECT_THAT(tell("cache"), ElementsAre(HasSubstr("TST0-C1: a copy: 200")));
  VirtualCdn later;
  later.publish();
  const auto third = open(later);
  later.shared->tiers[0]->keep_on(*third);
  later.shared->purges.of("E1")->purge("/a");
  Result<Explanation> purged = invalid("explain did not answer");
  ExplainAsk ask;
  ask.head = "GET /a HTTP/1.1\r\nHost: d1.cloudfront.net\r\n\r\n";
  ask.viewer = net::Address::parse("203.0.113.7:0").value();
  later.worker->explain(std::move(ask), [&](Result<Explanation> got) { purged = std::move(got); });
  later.network.advance(1s);
  EXPECT_THAT(
      told(purged, "cache"),
      ElementsAre(StartsWith("TST0-C1: no copy in memory, on disk a copy, taken by the invalidation of /a")));
  EXPECT_THAT(origin->requests, IsEmpty());
}

TEST_F(ExplainHttp, ADistributionIsNamedByWhatItWasFoundBy) {
  const auto by = [&](const std::string& host) {
    const auto lines = told(ask("GET /", "", Trace::Origins::Spared, host), "distribution");
    return lines.empty() ? "" : lines.front();
  };
  EXPECT_EQ(by("d1.cloudfront.net"), "E1: d1.cloudfront.net is its domain name");
  EXPECT_EQ(by("WWW.example.com:8080"), "E1: www.example.com is one of its aliases");
  EXPECT_EQ(by("a.b.example.org"), "E1: a.b.example.org matches its alias *.example.org");
  EXPECT_THAT(told(ask("GET /", "", Trace::Origins::Spared, "example.net"), "refused"),
              ElementsAre("403: No distribution serves this host name."));
}

TEST_F(ExplainHttp, EarlierBehaviorsAreToldWithWhyTheyWereNotChosen) {
  add_behavior("/api/*");
  add_behavior("*.js");
  cdn.distribution.default_root_object = "index.html";
  cdn.publish();
  EXPECT_THAT(tell("behavior", "GET /app.js"), ElementsAre("/api/* does not match", "*.js matches first"));
  EXPECT_THAT(tell("behavior", "GET /"), ElementsAre("/api/* does not match", "*.js does not match",
                                                     "the default behavior: no other pattern matches"));
  EXPECT_THAT(tell("path", "GET /"), ElementsAre("/ stands for /index.html, the default root object"));
}

TEST_F(ExplainHttp, TheKeyIsToldWithWhatIsLeftOutOfIt) {
  cdn.behavior().key.query_strings = {Selection::Kind::Only, {"v"}};
  cdn.behavior().key.headers = {Selection::Kind::Only, {"accept-language"}};
  cdn.publish();
  const auto explained = ask("GET /a?v=1&utm=2", "Accept-Language: de\r\nX-Own: 1\r\nCookie: session=1\r\n");
  EXPECT_THAT(told(explained, "cache key"),
              ElementsAre("distribution E1, path /a", "query string v=1", "header accept-language: de"));
  EXPECT_THAT(told(explained, "not in it"),
              ElementsAre("header Host, X-Own", "cookie session", "query string utm"));
  EXPECT_THAT(told(explained, "not sent"), ElementsAre("header X-Own, Cookie", "a part of the query string"));
}

TEST_F(ExplainHttp, RefusalsAreToldWithTheirReason) {
  cdn.behavior().viewer_protocol = snapshots::cdn::ViewerProtocol::RedirectToHttps;
  cdn.publish();
  const auto redirected = ask("GET /a?b");
  ASSERT_TRUE(redirected);
  EXPECT_EQ(redirected->status, 301);
  EXPECT_THAT(told(redirected, "protocol"), ElementsAre("HTTP, redirect-to-https: redirected with 301"));
  tls = true;
  EXPECT_THAT(tell("protocol"), ElementsAre("HTTPS, redirect-to-https: served"));
  EXPECT_THAT(tell("refused", "DELETE /a"), ElementsAre(HasSubstr("does not allow the method")));
  cdn.behavior().restricted = true;
  cdn.publish();
  EXPECT_THAT(tell("signature"), ElementsAre(StartsWith("required, and refused: ")));
}

TEST_F(ExplainHttp, AnErrorsPageIsToldAsARequestWithinTheRequest) {
  answer = [](PlayedOrigin::Visit& visit, const std::string& request) {
    if (request.starts_with("GET /index.html")) return visit.ok("page");
    visit.say("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  };
  cdn.distribution.error_pages = {{.error_code = 404, .page_path = "/index.html", .response_code = 200}};
  cdn.publish();
  EXPECT_THAT(tell("error page", "GET /route"), ElementsAre("404: /index.html as 200, kept for 10 s"));
  cdn.get("/route");
  const auto explained = ask("GET /route");
  ASSERT_TRUE(explained);
  EXPECT_EQ(explained->status, 200);
  EXPECT_THAT(told(explained, "error page"),
              ElementsAre("404 has the page /index.html, shown as 200; the error is kept for 10 s"));
  EXPECT_THAT(told(explained, "cache"),
              ElementsAre(HasSubstr("a copy: 404"), HasSubstr("a copy: 200, 4 bytes")));
  EXPECT_EQ(explained->trace.steps().back().depth, 1u);
}

TEST_F(ExplainHttp, APolicysChangesToTheHeadAreTold) {
  snapshots::cdn::ResponseHeadersPolicy policy;
  policy.id = "P";
  policy.added = {{"X-Frame-Options", "DENY", true}, {"Cache-Control", "no-cache", true}};
  policy.removed = {"x-powered-by"};
  cdn.behavior().response_headers = std::make_shared<const snapshots::cdn::ResponseHeadersPolicy>(policy);
  cdn.publish();
  EXPECT_THAT(tell("headers policy"),
              ElementsAre("adds X-Frame-Options: DENY", "adds Cache-Control: no-cache"));
  answer = [](auto& visit, auto&) { visit.ok("x", "Cache-Control: max-age=9\r\nX-Powered-By: y\r\n"); };
  cdn.get("/a");
  EXPECT_THAT(tell("headers policy"),
              testing::UnorderedElementsAre("replaces Cache-Control: no-cache", "adds X-Frame-Options: DENY",
                                            "removes X-Powered-By"));
}

TEST_F(ExplainHttp, CompressionIsToldBeforeAndAfter) {
  cdn.behavior().compress = true;
  cdn.behavior().key.gzip = cdn.behavior().key.brotli = true;
  cdn.publish();
  EXPECT_THAT(tell("compression"), ElementsAre("none: the viewer takes neither gzip nor brotli"));
  const std::string br = "Accept-Encoding: br\r\n";
  EXPECT_THAT(tell("compression", "GET /a", br), ElementsAre(StartsWith("br, if")));
  cdn.get("/a", br);
  EXPECT_THAT(tell("compression", "GET /a", br), ElementsAre("none: smaller than 1,000 bytes"));
  answer = [](auto& visit, auto&) { visit.ok(std::string(2000, 'x'), "Content-Type: text/css\r\n"); };
  cdn.get("/b", br);
  EXPECT_THAT(tell("compression", "GET /b", br), ElementsAre("br: the viewer takes brotli"));
}

TEST_F(ExplainHttp, WhatIsNoRequestIsRefused) {
  EXPECT_THAT(ask("GET no-slash").error().message, HasSubstr("refused"));
  EXPECT_THAT(ask("GET /", "A: b\r\n\r\nGET / HTTP/1.1\r\n").error().message, HasSubstr("one line"));
  EXPECT_FALSE(ask("POST /", "Content-Length: 5\r\n", Trace::Origins::Asked));
  EXPECT_TRUE(ask("POST /", "Content-Length: 5\r\n"));
}

TEST_F(ExplainHttp, TheTextFitsATerminal) {
  cdn.get("/a");
  const auto explained =
      ask("GET /a", "Cookie: a=1\r\nAccept: text/html, application/xhtml+xml, image/webp, */*\r\n");
  ASSERT_TRUE(explained);
  std::string text = explained->trace.to_text();
  EXPECT_THAT(text, HasSubstr("\ncache key  "));
  while (!text.empty()) {
    const std::string line = text.substr(0, text.find('\n'));
    EXPECT_LE(line.size(), Trace::kColumns) << line;
    text.erase(0, line.size() + 1);
  }
}

}  // namespace
}  // namespace meridian::sim
