// Caches in tiers over several processes, in virtual time: what one edge asks another, and what a viewer has
// of it when others are gone, behind or of another mind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cdn/virtual_edges.h"

namespace meridian::sim {
namespace {

using namespace std::chrono_literals;
using engines::cdn::PurgePosition;
using testing::HasSubstr;
using testing::Lt;
using testing::StartsWith;

using TiersTest = VirtualEdges;

TEST_F(TiersTest, AColdObjectCostsOneRequestWithAShieldAndElseOneARegionalCache) {
  for (const char* shield : {"us-east-1", "eu-west-2", ""}) {
    processes.clear();
    viewers.clear();
    world.distribution.origins[0].shield_region = shield;
    make(4);
    PlayedOrigin::Visit* visiting = nullptr;
    play([&](auto& visit, auto&) {
      visiting = &visit;
      visit.say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
    });
    for (std::size_t i = 0; i < 500; ++i) ask(i % kLocations, "/cold");
    world.network.advance(1s);
    EXPECT_EQ(origin->requests.size(), *shield ? 1u : 2u) << shield;
    for (const auto& viewer : viewers)
      ASSERT_EQ(viewer->body(), "abc") << "what has come is with all of them";
    if (!*shield) continue;
    visiting->say("def");
    world.network.advance(1s);
    for (const auto& viewer : viewers) ASSERT_EQ(viewer->body(), "abcdef");
    EXPECT_EQ(get(7, "/cold").field("X-Cache"), "Hit from cloudfront");
  }
}

TEST_F(TiersTest, AnObjectIsAsOldAsItIsWhereverItIsAsked) {
  world.distribution.origins[0].shield_region = "us-east-1";
  make(3);
  play([](auto& visit, auto&) { visit.ok("hello", "Cache-Control: max-age=100\r\nX-Own: 1\r\n"); });
  EXPECT_EQ(get(0, "/a").body(), "hello");
  world.network.advance(28s);
  const auto& second = get(1, "/a");
  EXPECT_EQ(second.field("Age"), "30");
  EXPECT_EQ(second.field("X-Own"), "1");
  EXPECT_EQ(second.field("X-Amz-Cf-Pop"), "TST1-C1");
  EXPECT_EQ(origin->requests.size(), 1u);
  world.network.advance(75s);
  EXPECT_EQ(get(2, "/a").body(), "hello");
  EXPECT_EQ(origin->requests.size(), 2u) << "it has expired, behind every location";
}

TEST_F(TiersTest, ABodyThatBreaksOffComesOnFromElsewhere) {
  world.distribution.origins[0].shield_region = "us-east-1";
  make(3);
  bool halves = false;
  std::vector<PlayedOrigin::Visit*> visiting;
  play([&](auto& visit, auto&) {
    if (!halves) return visit.ok("whole");
    visiting.push_back(&visit);
    visit.say("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nabcd");
  });
  const std::size_t shield = owner_of("/x");
  origin->requests.clear();
  processes[shield]->shared->purges.of("E1")->purge("/*");
  for (const auto& process : processes) process->shared->purges.of("E1")->purge("/*");
  halves = true;
  std::vector<PlayedViewer*> elsewhere;
  for (std::size_t i = 0; i < kLocations; ++i)
    if (process_of(i) != shield) elsewhere.push_back(&ask(i, "/x"));
  world.network.advance(1s);
  ASSERT_EQ(visiting.size(), 1u);
  for (auto* viewer : elsewhere) ASSERT_EQ(viewer->body(), "abcd");
  kill(shield);
  world.network.advance(2s);
  ASSERT_GE(visiting.size(), 2u) << "whoever is next asks the origin anew";
  for (std::size_t i = 1; i < visiting.size(); ++i) visiting[i]->say("efgh");
  world.network.advance(1s);
  for (auto* viewer : elsewhere) EXPECT_EQ(viewer->body(), "abcdefgh");
  EXPECT_GT(total("meridian_cdn_tier_continued_total"), 0);
  const std::size_t asked = origin->requests.size();
  for (std::size_t i = 0; i < kLocations; ++i)
    if (process_of(i) != shield) {
      EXPECT_EQ(get(i, "/x").body(), "abcdefgh");
    }
  EXPECT_EQ(origin->requests.size(), asked) << "and it is kept";
}

TEST_F(TiersTest, WhatGoesOnOtherwiseIsCutOff) {
  world.distribution.origins[0].shield_region = "us-east-1";
  make(3);
  int asked = 0;
  play([&](auto& visit, auto&) {
    visit.say(std::string("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n") +
              (++asked == 1 ? "abcd" : "abXdefgh"));
  });
  const auto owner = [&] {
    for (std::size_t i = 0; i < processes.size(); ++i)
      if (processes[i]->count("meridian_cdn_origin_requests_total") > 0) return i;
    return std::size_t{0};
  };
  for (std::size_t i = 0; i < 3; ++i) ask(i, "/x");
  world.network.advance(1s);
  const std::size_t shield = owner();
  kill(shield);
  world.network.advance(3s);
  for (std::size_t i = 0; i < 3; ++i) {
    if (process_of(i) == shield) continue;
    EXPECT_EQ(viewers[i]->body(), "abcd") << "of two objects nobody gets a mixture";
    EXPECT_TRUE(viewers[i]->closed);
  }
}

TEST_F(TiersTest, WhoDoesNotAnswerIsLeftOutForAWhile) {
  world.distribution.origins[0].shield_region = "us-east-1";
  make(3);
  play([](auto& visit, auto&) { visit.ok("hello"); });
  kill(2);
  for (std::size_t i = 0; i < 40; ++i) {
    const auto& viewer = get(i % 2 == 0 ? 0 : 1, "/a" + std::to_string(i));
    ASSERT_EQ(viewer.status(), 200);
    ASSERT_EQ(viewer.body(), "hello");
  }
  EXPECT_EQ(origin->requests.size(), 40u);
  const double failures = total("meridian_cdn_tier_failures_total");
  EXPECT_GT(failures, 0);
  for (int i = 0; i < 100; ++i) ask(0, "/b" + std::to_string(i));
  world.network.advance(1s);
  EXPECT_EQ(origin->requests.size(), 140u);
  EXPECT_THAT(total("meridian_cdn_tier_failures_total") - failures, Lt(100)) << "not every question tries it";
}

TEST_F(TiersTest, WhoHangsIsNotWaitedForWhenTheControlMissesIt) {
  world.distribution.origins[0].shield_region = "us-east-1";
  make(3);
  play([](auto& visit, auto&) { visit.ok("hello"); });
  kill(2);
  PlayedOrigin hanging(world.network, tiers_at(2), [](auto&, auto&) {});
  for (int i = 0; i < 20; ++i) ask(0, "/a" + std::to_string(i));
  world.network.advance(10s);
  const auto waiting = [&] {
    return std::ranges::count_if(viewers, [](const auto& one) { return one->heard.empty(); });
  };
  EXPECT_GT(waiting(), 0) << "it may be the origin that takes its time";
  processes[2].reset();
  processes.pop_back();
  publish();
  world.network.advance(2s);
  EXPECT_EQ(waiting(), 0);
  for (const auto& viewer : viewers) EXPECT_EQ(viewer->body(), "hello");
}

TEST_F(TiersTest, WhoHasInvalidationsStillToComeIsNotBelieved) {
  make(2);
  std::string body = "old";
  play([&](auto& visit, auto&) { visit.ok(body, "Cache-Control: max-age=1000\r\n"); });
  for (int i = 0; i < 10; ++i) {
    const std::string target = "/p" + std::to_string(i);
    body = "old";
    EXPECT_EQ(get(0, target).body(), "old");
    EXPECT_EQ(get(1, target).body(), "old");
    body = "new";
    purge(0, target, 10 + static_cast<std::uint64_t>(i));
    EXPECT_EQ(get(0, target).body(), "new") << "whoever owns it: process 1 has not heard of the purge";
    purge(1, target, 10 + static_cast<std::uint64_t>(i));
    EXPECT_EQ(get(1, target).body(), "new");
    EXPECT_EQ(get(0, target).body(), "new");
  }
}

TEST_F(TiersTest, WhatASoftPurgeHasHitAboveIsNotFreshBelow) {
  world.distribution.origins[0].shield_region = "us-east-1";
  make(2);
  std::string version, control;
  play([&](auto& visit, const std::string&) {
    visit.ok(version, "ETag: \"" + version + "\"\r\nCache-Control: max-age=3600" + control + "\r\n");
  });
  std::uint64_t revision = 9;
  const auto change = [&](const std::string& target) {
    version = "one";
    get(0, target);
    version = "two";
    const auto now = std::chrono::floor<std::chrono::seconds>(world.network.clock().now());
    ++revision;
    for (std::size_t process : {0, 1}) purge(process, target, revision, now);
  };
  // Whoever owns them; nobody at location 3 has a copy.
  for (int i = 0; i < 6; ++i) {
    const std::string target = "/object" + std::to_string(i);
    change(target);
    EXPECT_EQ(get(3, target).body(), "two") << target;
    EXPECT_THAT(origin->requests.back(), HasSubstr("If-None-Match: \"one\"\r\n"));
    EXPECT_EQ(get(0, target).body(), "two");
  }
  control = ", stale-while-revalidate=60";
  for (int i = 0; i < 6; ++i) {
    const std::string target = "/patient" + std::to_string(i);
    change(target);
    EXPECT_EQ(get(3, target).body(), "one") << "it stands in while it is asked for: " << target;
    for (int tiers = 0; tiers < 2; ++tiers) get(3, target);  // each lets its own stand in once
    EXPECT_EQ(get(3, target).body(), "two") << "what came down was not fresh: " << target;
  }
}

TEST_F(TiersTest, WhoeverCameAfterAnInvalidationDoesNotGetWhatWasAskedForBefore) {
  world.distribution.origins[0].shield_region = "us-east-1";
  make(2);
  std::vector<PlayedOrigin::Visit*> visiting;
  play([&](auto& visit, auto&) { visiting.push_back(&visit); });
  auto& before = ask(0, "/a");
  auto& before_elsewhere = ask(1, "/a");
  world.network.advance(1s);
  ASSERT_EQ(visiting.size(), 1u);
  purge(0, "/a", 5);
  purge(1, "/a", 5);
  auto& after = ask(0, "/a");
  auto& after_elsewhere = ask(1, "/a");
  world.network.advance(1s);
  visiting[0]->ok("old");
  world.network.advance(1s);
  EXPECT_EQ(after.heard, "");
  EXPECT_EQ(after_elsewhere.heard, "");
  ASSERT_GE(visiting.size(), 2u);
  for (std::size_t i = 1; i < visiting.size(); ++i) visiting[i]->ok("new");
  world.network.advance(2s);
  for (std::size_t i = 2; i < visiting.size(); ++i) visiting[i]->ok("new");
  world.network.advance(2s);
  EXPECT_EQ(after.body(), "new");
  EXPECT_EQ(after_elsewhere.body(), "new");
  EXPECT_EQ(before.status(), 200);
  EXPECT_EQ(before_elsewhere.status(), 200);
  EXPECT_EQ(get(0, "/a").body(), "new");
  EXPECT_EQ(get(1, "/a").body(), "new");
}

TEST_F(TiersTest, WhatIsNotToBeSharedEachAsksForItself) {
  make(2);
  play([](auto& visit, auto& request) {
    visit.ok(request.substr(0, request.find('\r')), "Cache-Control: no-store\r\n");
  });
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(get(i % 2, "/own").body(), "GET /own HTTP/1.1");
  EXPECT_EQ(origin->requests.size(), 6u);
  world.behavior().allowed_methods = 0xff;
  publish();
  EXPECT_EQ(get(0, "/own", "Content-Length: 0\r\n", "POST").status(), 200);
  EXPECT_EQ(origin->requests.size(), 7u);
}

TEST_F(TiersTest, AnExpiredCopyIsRenewedByTheTierBehind) {
  world.distribution.origins[0].shield_region = "us-east-1";
  make(3);
  play([](auto& visit, auto& request) {
    if (request.find("If-None-Match: \"1\"") != request.npos)
      return visit.say("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\nCache-Control: max-age=10\r\n\r\n");
    visit.ok(std::string(100'000, 'x'), "ETag: \"1\"\r\nCache-Control: max-age=10\r\n");
  });
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(get(i, "/a").body().size(), 100'000u);
  world.network.advance(20s);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& viewer = get(i, "/a");
    EXPECT_EQ(viewer.status(), 200);
    EXPECT_EQ(viewer.body().size(), 100'000u);
  }
  ASSERT_EQ(origin->requests.size(), 2u);
  EXPECT_THAT(origin->requests[1], HasSubstr("If-None-Match: \"1\""));
}

TEST_F(TiersTest, PartsHeadsAndFailuresAreWhatTheyAreWithoutTiers) {
  world.distribution.origins[0].shield_region = "us-east-1";
  make(3);
  play([](auto& visit, auto& request) {
    if (request.starts_with("HEAD")) return visit.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
    if (request.starts_with("GET /missing"))
      return visit.say("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
    if (request.starts_with("GET /closes")) return visit.close();
    if (request.starts_with("GET /chunks"))
      return visit.say(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n");
    visit.ok("0123456789");
  });
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& part = get(i, "/a", "Range: bytes=2-4\r\n");
    EXPECT_EQ(part.status(), 206);
    EXPECT_EQ(part.body(), "234");
    const auto& head = get(i, "/head", "", "HEAD");
    EXPECT_EQ(head.status(), 200);
    EXPECT_EQ(head.field("Content-Length"), "10");
    EXPECT_EQ(head.body(), "");
    const auto& chunks = get(i, "/chunks");
    EXPECT_THAT(chunks.heard, HasSubstr("56789"));
  }
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& missing = get(i, "/missing");
    EXPECT_EQ(missing.status(), 404);
    EXPECT_EQ(missing.body(), "none");
  }
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& failed = get(i, "/closes");
    EXPECT_EQ(failed.status(), 502);
    EXPECT_THAT(failed.body(), HasSubstr("CloudFront"));
  }
  const auto asked = [&](const std::string& line) {
    return std::ranges::count_if(origin->requests, [&](const auto& one) { return one.starts_with(line); });
  };
  for (const char* line : {"GET /a ", "HEAD /head ", "GET /chunks ", "GET /missing ", "GET /closes "})
    EXPECT_EQ(asked(line), 1) << line;
}

TEST_F(TiersTest, ExplainTellsWhatCachesOfOtherEdgesHave) {
  world.distribution.origins[0].shield_region = "us-east-1";
  make(4);
  play([](auto& visit, auto&) { visit.ok("hello", "Cache-Control: max-age=60\r\n"); });
  get(19, "/kept");  // by now the shield has it, and none of Europe's
  const std::size_t asked = origin->requests.size();
  const double questions = total("meridian_cdn_tier_requests_total");
  std::size_t at_peers = 0;
  for (std::size_t location = 0; location < 4; ++location) {
    const auto cold = explain(location, "/cold"), kept = explain(location, "/kept");
    EXPECT_THAT(kept, HasSubstr("us-east-1: a copy: 200, 5 bytes")) << location;
    EXPECT_THAT(cold, HasSubstr("us-east-1: no copy")) << location;
    EXPECT_THAT(cold, HasSubstr("GET /cold")) << "what the origin would be asked";
    EXPECT_THAT(kept, Not(HasSubstr("GET /kept")));
    at_peers += kept.find("which says") != kept.npos ? 1 : 0;
  }
  EXPECT_GT(at_peers, 1u);
  EXPECT_EQ(origin->requests.size(), asked);
  EXPECT_EQ(total("meridian_cdn_tier_requests_total"), questions) << "nobody is disturbed";
}

TEST_F(TiersTest, ExplainTellsWhichEdgeDoesNotTell) {
  make(4);
  play([](auto& visit, auto&) { visit.ok("hello"); });
  for (std::size_t dead = 1; dead < 4; ++dead) kill(dead);
  std::string told;
  for (int i = 0; i < 10; ++i) told += explain(0, "/e" + std::to_string(i));
  EXPECT_THAT(told, HasSubstr("which does not tell: "));
  EXPECT_EQ(origin->requests.size(), 0u);
}

TEST_F(TiersTest, AHitAtTheShieldIsToldAsOne) {
  world.distribution.origins[0].shield_region = "us-east-1";
  make(2);
  play([](auto& visit, auto&) { visit.ok("hello"); });
  EXPECT_EQ(get(19, "/a").field("X-Cache"), "Miss from cloudfront") << "a location of the shield's Region";
  EXPECT_EQ(get(0, "/a").field("X-Cache"), "Hit from cloudfront") << "at the shield";
  EXPECT_EQ(origin->requests.size(), 1u);
}

TEST_F(TiersTest, StrangersAndWhatIsNoQuestionAreRefused) {
  make(2);
  play([](auto& visit, auto&) { visit.ok("hello"); });
  const auto say = [&](const std::string& head) {
    viewers.push_back(std::make_unique<PlayedViewer>(world.network, tiers_at(0)));
    viewers.back()->send(head);
    world.network.advance(1s);
    return viewers.back()->status();
  };
  const std::string good =
      "GET /a HTTP/1.1\r\nHost: tier\r\nm-version: 1\r\nm-role: regional\r\nm-region: us-east-1\r\n"
      "m-distribution: E1\r\nm-purges: 0 \r\nm-method: GET\r\nm-viewer: 192.0.2.1 1 0\r\n";
  EXPECT_EQ(say(good + "\r\n"), 200);
  EXPECT_EQ(say("GET /a HTTP/1.1\r\nHost: d1.cloudfront.net\r\n\r\n"), 400);
  const auto with = [&](std::string from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return text + "\r\n";
  };
  EXPECT_EQ(say(with("m-distribution: E1", "m-distribution: E9")), 404);
  EXPECT_EQ(say(with("us-east-1", "sa-east-1")), 404);
  EXPECT_EQ(say(with("m-method: GET", "m-method: POST")), 404);
  EXPECT_EQ(say(with("m-purges: 0 ", "m-purges: 7 store")), 409);
  EXPECT_EQ(say(good + "Content-Length: 1\r\n\r\nx"), 400);
}

}  // namespace
}  // namespace meridian::sim
