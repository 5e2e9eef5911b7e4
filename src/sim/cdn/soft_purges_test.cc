// Soft purges in virtual time: what they hit has expired from then on, and is renewed, stands in, or is taken
// by a later purge, in memory, on disk and in tiers alike.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/cdn/disk/disk_fixture.h"
#include "engines/cdn/disk/purge_journal.h"
#include "sim/cdn/virtual_cdn.h"

namespace meridian::sim {
namespace {

using namespace std::chrono_literals;
using engines::cdn::disk::DiskCache;
using engines::cdn::disk::PurgeJournal;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Where the copies lie that a test purges: in memory, or on a disk from which another process takes them up.
enum class Where : std::uint8_t { Memory, Disk };

class SoftPurges : public testing::TestWithParam<Where> {
 protected:
  SoftPurges() { begin(); }

  void begin() {
    origin.reset();
    cdn = std::make_unique<VirtualCdn>();
    cdn->distribution.tag_header = "cache-tag";
    journal = PurgeJournal::open(disk, "d/purges", cdn->shared->purges);
    EXPECT_TRUE(journal->begin());
    if (GetParam() == Where::Disk) {
      kept = DiskCache::open({disk, errands, cdn->shared->purges, cdn->metrics, "L"}, "d/L", 64 * 1024 * 1024)
                 .value();
      cdn->shared->tiers[0]->keep_on(*kept);
    }
    origin = std::make_unique<PlayedOrigin>(
        cdn->network, VirtualCdn::kFirst,
        [this](auto& visit, const std::string& request) { answer(visit, request); });
    cdn->publish();
  }
  // From here on copies are where the test wants them.
  void settle() {
    if (GetParam() == Where::Memory) return;
    const Duration elapsed = cdn->network.clock().now() - started();
    begin();
    cdn->network.advance(elapsed);
  }
  static SystemTime started() {
    static const SystemTime at = VirtualCdn().network.clock().now();
    return at;
  }
  void answer(PlayedOrigin::Visit& visit, const std::string& request) {
    if (status == 503) return visit.say("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    const std::string fields = "ETag: \"" + version + "\"\r\nCache-Control: " + control + "\r\n";
    if (request.find("If-None-Match: \"" + version + "\"") != request.npos)
      return visit.say("HTTP/1.1 304 Not Modified\r\n" + fields + "\r\n");
    visit.ok(version, fields + "Cache-Tag: red\r\n");
  }
  void purge(const std::string& item, bool soft = true) {
    const auto now = std::chrono::floor<std::chrono::seconds>(cdn->network.clock().now());
    EXPECT_TRUE(journal->purge("E1", item, soft ? engines::cdn::StaleSince(now) : std::nullopt));
  }
  // The body and X-Cache's first word.
  std::string get(const std::string& target, Duration time = 1s) {
    const PlayedViewer& viewer = cdn->get(target, "", time);
    const std::string result = viewer.field("X-Cache");
    return viewer.body() + " " + result.substr(0, result.find(' '));
  }

  FakeDisk disk;
  engines::cdn::disk::AtOnce errands;
  std::unique_ptr<VirtualCdn> cdn;
  std::unique_ptr<PurgeJournal> journal;
  std::unique_ptr<DiskCache> kept;
  std::unique_ptr<PlayedOrigin> origin;
  std::string version = "one", control = "max-age=3600";
  int status = 200;
};

TEST_P(SoftPurges, WhatTheyHitIsRenewedByAConditionalRequest) {
  for (const char* item : {"/img/a", "/img/*", "#RED"}) {
    get("/img/a");
    purge(item);
    settle();
    const std::size_t before = origin->requests.size();
    EXPECT_EQ(get("/img/a"), "one RefreshHit") << item;
    ASSERT_EQ(origin->requests.size(), before + 1);
    EXPECT_THAT(origin->requests.back(), HasSubstr("If-None-Match: \"one\"\r\n"));
    cdn->network.advance(3500s);
    EXPECT_EQ(get("/img/a"), "one Hit") << "fresh again, for a full lifetime";
    cdn->network.advance(200s);
    EXPECT_EQ(get("/img/a"), "one RefreshHit");
  }
}

TEST_P(SoftPurges, WhatHasChangedIsReplaced) {
  get("/a");
  get("/b");
  purge("/a");
  version = "two";
  settle();
  EXPECT_EQ(get("/a"), "two Miss");
  EXPECT_EQ(get("/a"), "two Hit");
  EXPECT_EQ(get("/b"), "one Hit") << "nobody purged it";
}

TEST_P(SoftPurges, ACopyStandsInWhileItIsRevalidatedAndNoLonger) {
  control = "max-age=3600, stale-while-revalidate=60";
  get("/a");
  get("/late");
  purge("/*");
  version = "two";
  settle();
  EXPECT_EQ(get("/a"), "one Hit") << "served, and asked for behind it";
  EXPECT_EQ(get("/a"), "two Hit");
  cdn->network.advance(60s);
  EXPECT_EQ(get("/late"), "two Miss") << "it was to stand in for a minute from the purge on";
}

TEST_P(SoftPurges, ACopyStandsInForAnOriginThatFailsUnlessItMustNot) {
  control = "max-age=3600, stale-if-error=100";
  get("/a");
  get("/late");
  control = "max-age=3600, must-revalidate";
  get("/strict");
  purge("/*");
  status = 503;
  settle();
  EXPECT_EQ(get("/a"), "one RefreshHit");
  EXPECT_EQ(cdn->viewers.back()->status(), 200);
  get("/strict");
  EXPECT_EQ(cdn->viewers.back()->status(), 503);
  cdn->network.advance(100s);
  get("/late");
  EXPECT_EQ(cdn->viewers.back()->status(), 503) << "stale-if-error is of the time since the purge";
}

TEST_P(SoftPurges, AHardPurgeWins) {
  for (const bool hard_first : {false, true}) {
    get("/a");
    purge("/a", !hard_first);
    purge("/a", hard_first);
    settle();
    EXPECT_EQ(get("/a"), "one Miss");
    EXPECT_THAT(origin->requests.back(), Not(HasSubstr("If-None-Match")));
  }
}

TEST_P(SoftPurges, OneAfterAnotherDoNotMakeACopyYounger) {
  control = "max-age=3600, stale-while-revalidate=60";
  get("/a");
  purge("/a");
  cdn->network.advance(61s);
  purge("/a");
  version = "two";
  settle();
  EXPECT_EQ(get("/a"), "two Miss");
}

INSTANTIATE_TEST_SUITE_P(Of, SoftPurges, testing::Values(Where::Memory, Where::Disk),
                         [](const auto& where) { return where.param == Where::Memory ? "Memory" : "Disk"; });

class SoftPurgesInMemory : public SoftPurges {};

TEST_P(SoftPurgesInMemory, WhoCameAfterOneDoesNotGetWhatWasAskedForBefore) {
  std::vector<PlayedOrigin::Visit*> visiting;
  origin.reset();
  origin = std::make_unique<PlayedOrigin>(cdn->network, VirtualCdn::kFirst,
                                          [&](auto& visit, auto&) { visiting.push_back(&visit); });
  const auto& before = cdn->get("/a");
  purge("/a");
  const auto& after = cdn->get("/a");
  ASSERT_EQ(visiting.size(), 1u) << "it waits for the other's answer";
  visiting[0]->ok("one", "ETag: \"one\"\r\n");
  cdn->network.advance(1s);
  EXPECT_EQ(before.body(), "one");
  EXPECT_EQ(after.heard, "");
  ASSERT_EQ(visiting.size(), 2u);
  EXPECT_THAT(origin->requests[1], HasSubstr("If-None-Match: \"one\"\r\n"));
  visiting[1]->ok("two");
  cdn->network.advance(1s);
  EXPECT_EQ(after.body(), "two");
}

TEST_P(SoftPurgesInMemory, RequestsForWhatTheyHitAreOneRequest) {
  get("/a", 300ms);
  purge("/a");  // within the second in which it came
  for (int i = 0; i < 5; ++i) cdn->ask("/a");
  cdn->network.advance(1s);
  EXPECT_EQ(origin->requests.size(), 2u);
}

TEST_P(SoftPurgesInMemory, TheyCountWhatWasRenewed) {
  for (const char* target : {"/1", "/2", "/3", "/other"}) get(target);
  purge("/1*");
  purge("#red");
  get("/1");
  get("/2");
  get("/2");
  using engines::cdn::PurgeCount;
  EXPECT_THAT(cdn->shared->purges.of("E1")->counts(9),
              ElementsAre(PurgeCount{2, "#red", 1, true}, PurgeCount{1, "/1*", 1, true}));
}

TEST_P(SoftPurgesInMemory, AnObjectInSlicesIsRenewedByItsHead) {
  VirtualCdn large{{""}, nullptr, {.cache_bytes = 1024 * 1024}};
  const std::string body(1'500'000, 'x');
  PlayedOrigin its(large.network, VirtualCdn::kFirst, [&](auto& visit, const std::string& request) {
    if (request.find("If-None-Match: \"one\"") != request.npos)
      return visit.say("HTTP/1.1 304 Not Modified\r\nETag: \"one\"\r\n\r\n");
    visit.ok(body, "ETag: \"one\"\r\n");
  });
  large.publish();
  EXPECT_EQ(large.get("/a").body().size(), body.size());
  large.shared->purges.of("E1")->purge("/a", engines::cdn::StaleSince(std::chrono::sys_seconds()));
  const auto& renewed = large.get("/a");
  EXPECT_EQ(renewed.body().size(), body.size());
  EXPECT_EQ(renewed.field("X-Cache"), "RefreshHit from cloudfront");
  EXPECT_EQ(large.get("/a", "Range: bytes=1200000-1200009\r\n").field("X-Cache"), "Hit from cloudfront");
  EXPECT_EQ(its.requests.size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Of, SoftPurgesInMemory, testing::Values(Where::Memory));

}  // namespace
}  // namespace meridian::sim
