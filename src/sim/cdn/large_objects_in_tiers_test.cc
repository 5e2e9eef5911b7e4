// Large objects where the caches behind a location are other processes': what is kept where, what the origin
// is asked for, and what a viewer has when the object changes, or a tier is gone, within it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/cdn/disk/disk_fixture.h"
#include "engines/cdn/slices/slice_memory.h"
#include "sim/cdn/played_file.h"
#include "sim/cdn/virtual_edges.h"

namespace meridian::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kSlice = engines::cdn::slices::kSliceBytes;
constexpr std::size_t kHere = 0, kFar = 10;  // locations of process 0, of one Region and of the other

// The caches of eu-west-1 are in process 1, the shield's in process 2; process 0 has locations.
class LargeObjectsInTiers : public VirtualEdges {
 protected:
  LargeObjectsInTiers() {
    memory = {.cache_bytes = 1024 * 1024, .slice_bytes = 64 * kSlice};
    rings = {{}, {"eu-west-1"}, {"us-east-1"}};
    world.distribution.origins[0].shield_region = "us-east-1";
  }
  void play_file() {
    play([this](auto& visit, const std::string& request) { file.answer(visit, request); });
  }
  void begin(std::size_t count = 3) {
    make(count);
    play_file();
  }
  static std::string range(std::uint64_t from, std::uint64_t last) {
    return "Range: bytes=" + std::to_string(from) + "-" + std::to_string(last) + "\r\n";
  }
  void expect_part(const PlayedViewer& viewer, std::uint64_t from, std::uint64_t last) {
    EXPECT_EQ(viewer.status(), 206);
    EXPECT_EQ(viewer.field("Content-Range"),
              "bytes " + std::to_string(from) + "-" + std::to_string(last) + "/" + std::to_string(file.size));
    EXPECT_TRUE(viewer.body() == file.bytes(from, last + 1))
        << viewer.body().size() << " of " << last + 1 - from;
  }
  void expect_whole(const PlayedViewer& viewer) {
    EXPECT_EQ(viewer.status(), 200);
    EXPECT_TRUE(viewer.body() == file.bytes(0, file.size)) << viewer.body().size() << " of " << file.size;
  }
  // How often the origin was asked for each slice.
  std::vector<int> asked_slices() const {
    std::vector<int> asked((file.size + kSlice - 1) / kSlice);
    for (const std::string& request : origin->requests) {
      const std::size_t at = request.find("Range: bytes=");
      std::uint64_t first = 0, last = file.size - 1;
      if (at != request.npos) {
        char* end = nullptr;
        first = std::strtoull(request.c_str() + at + 13, &end, 10);
        if (end[1] != '\r') last = std::min<std::uint64_t>(last, std::strtoull(end + 1, nullptr, 10));
      }
      for (std::uint64_t slice = first / kSlice; slice <= last / kSlice; ++slice) ++asked[slice];
    }
    return asked;
  }

  PlayedFile file{.size = 3 * kSlice + 12'345};
};

TEST_F(LargeObjectsInTiers, EachTierKeepsWhatComesThroughIt) {
  begin();
  expect_whole(get(kHere, "/a"));
  EXPECT_EQ(origin->requests.size(), 1u);
  const double questions = total("meridian_cdn_tier_requests_total");
  EXPECT_EQ(questions, 2) << "location to regional cache, that to the shield";
  const auto& again = get(kHere, "/a");
  expect_whole(again);
  EXPECT_EQ(again.field("X-Cache"), "Hit from cloudfront");
  expect_part(get(kHere, "/a", range(kSlice - 5, 2 * kSlice + 5)), kSlice - 5, 2 * kSlice + 5);
  EXPECT_EQ(get(kHere, "/a", range(file.size, file.size + 1)).status(), 416);
  EXPECT_EQ(total("meridian_cdn_tier_requests_total"), questions);
  for (std::size_t location = 1; location < 6; ++location) expect_whole(get(location, "/a"));
  expect_part(get(kFar, "/a", "Range: bytes=-7\r\n"), file.size - 7, file.size - 1);
  EXPECT_EQ(origin->requests.size(), 1u);
  kill(1);
  kill(2);
  expect_whole(get(kHere, "/a"));
  EXPECT_EQ(origin->requests.size(), 1u);
}

TEST_F(LargeObjectsInTiers, ARangeOfWhatIsNowhereIsAskedAsARangeAllTheWayUp) {
  begin();
  const auto& first = get(kHere, "/a", range(kSlice + 10, kSlice + 19));
  expect_part(first, kSlice + 10, kSlice + 19);
  EXPECT_EQ(first.field("X-Cache"), "Miss from cloudfront");
  EXPECT_EQ(total("meridian_cdn_tier_ranges_total"), 2);
  EXPECT_EQ(total("meridian_cdn_tier_parts_total"), 2);
  ASSERT_EQ(origin->requests.size(), 1u);
  EXPECT_THAT(origin->requests[0], HasSubstr("Range: bytes=1048576-2097151\r\n"));
  EXPECT_THAT(origin->requests[0], Not(HasSubstr("If-Range")));
  const auto& second = get(kHere, "/a", range(kSlice, 2 * kSlice - 1));
  expect_part(second, kSlice, 2 * kSlice - 1);
  EXPECT_EQ(second.field("X-Cache"), "Hit from cloudfront");
  EXPECT_EQ(total("meridian_cdn_tier_ranges_total"), 2);
  expect_part(get(kHere, "/a", range(2 * kSlice - 1, 2 * kSlice)), 2 * kSlice - 1, 2 * kSlice);
  ASSERT_EQ(origin->requests.size(), 2u);
  EXPECT_THAT(origin->requests[1], HasSubstr("Range: bytes=2097152-3145727\r\n"));
  EXPECT_THAT(origin->requests[1], HasSubstr("If-Range: \"a\"\r\n"));
  expect_part(get(3, "/a", range(kSlice, 3 * kSlice - 1)), kSlice, 3 * kSlice - 1);
  EXPECT_EQ(origin->requests.size(), 2u) << "the tier above has those";
  expect_whole(get(kHere, "/a"));
  EXPECT_EQ(asked_slices(), (std::vector<int>{1, 1, 1, 1}));
}

TEST_F(LargeObjectsInTiers, WhatLiesBehindTheEndOrFitsIntoOneSliceIsWhatItIsWithoutTiers) {
  begin();
  EXPECT_EQ(get(kHere, "/a", range(20 * kSlice, 20 * kSlice + 1)).status(), 416) << "of what is nowhere";
  expect_part(get(1, "/a", range(0, 9)), 0, 9);
  const auto& behind = get(kHere, "/a", range(20 * kSlice, 20 * kSlice + 1));
  EXPECT_EQ(behind.status(), 416) << "of what the regional cache has";
  EXPECT_EQ(behind.field("Content-Range"), "bytes */" + std::to_string(file.size));
  expect_part(get(3, "/a", "Range: bytes=-9\r\n"), file.size - 9, file.size - 1);
  file.size = 1000;
  expect_part(get(kHere, "/small", range(10, 19)), 10, 19);
  const std::size_t asked = origin->requests.size();
  const auto& small = get(kHere, "/small");
  expect_whole(small);
  EXPECT_EQ(small.field("X-Cache"), "Hit from cloudfront");
  expect_whole(get(3, "/small"));
  EXPECT_EQ(origin->requests.size(), asked);
}

TEST_F(LargeObjectsInTiers, WithoutAStrongValidatorAPartIsGivenOutAndNotKept) {
  file.has_etag = false;
  begin();
  expect_part(get(kHere, "/a", range(kSlice + 10, kSlice + 19)), kSlice + 10, kSlice + 19);
  EXPECT_THAT(origin->requests[0], HasSubstr("Range: bytes=1048576-2097151\r\n"));
  expect_whole(get(kHere, "/a"));
  EXPECT_EQ(get(kHere, "/a", range(1, 2)).field("X-Cache"), "Miss from cloudfront");
}

TEST_F(LargeObjectsInTiers, OfManyViewersInManyProcessesTheOriginHearsOnceOfEachSlice) {
  file.size = 20 * kSlice + 77;
  rings = {};
  begin(4);
  SeededRandom random(5);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> wanted;
  for (std::size_t i = 0; i < 100; ++i) {
    const std::uint64_t from = random.below(file.size - 1);
    wanted.emplace_back(from, std::min(file.size - 1, from + random.below(2 * kSlice)));
    ask(i % kLocations, "/a", range(wanted.back().first, wanted.back().second));
    if (i % 10 == 9) world.network.advance(3ms);
  }
  world.network.advance(5s);
  for (std::size_t i = 0; i < wanted.size(); ++i) expect_part(*viewers[i], wanted[i].first, wanted[i].second);
  for (const int times : asked_slices()) EXPECT_LE(times, 1);
  const std::size_t asked = origin->requests.size();
  EXPECT_GT(asked, 1u);
  origin.reset();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    ask(i % kLocations, "/a", range(wanted[i].first, wanted[i].second));
    world.network.advance(1s);
    expect_part(*viewers.back(), wanted[i].first, wanted[i].second);
  }
}

TEST_F(LargeObjectsInTiers, WhenTheOriginHasAnotherObjectWhoReadsIsCutOffAndTheNextGetsIt) {
  begin();
  expect_part(get(kHere, "/a", range(0, 9)), 0, 9);
  file.version = 'b';
  const auto& old = get(kHere, "/a", range(5, 2 * kSlice));
  EXPECT_TRUE(old.closed);
  EXPECT_TRUE(old.body() == PlayedFile{.size = file.size}.bytes(5, kSlice)) << "and no byte of the other";
  expect_whole(get(kHere, "/a"));
  expect_part(get(3, "/a", range(0, 9)), 0, 9);
}

TEST_F(LargeObjectsInTiers, OfATierThatHasAnotherVersionNoByteIsTaken) {
  begin();
  expect_part(get(kHere, "/a", range(0, 9)), 0, 9);
  file.version = 'b';
  for (const std::size_t behind : {1, 2}) processes[behind]->shared->purges.of("E1")->purge("/a");
  expect_part(get(1, "/a", range(kSlice, 2 * kSlice)), kSlice, 2 * kSlice);
  const auto& old = get(kHere, "/a", range(5, 2 * kSlice));
  EXPECT_TRUE(old.closed);
  EXPECT_TRUE(old.body() == PlayedFile{.size = file.size}.bytes(5, kSlice)) << old.body().size();
  expect_whole(get(kHere, "/a"));
}

TEST_F(LargeObjectsInTiers, WhoDiesWithinASliceIsFollowedByWhoeverIsNext) {
  begin();
  expect_part(get(kHere, "/a", range(0, 9)), 0, 9);
  PlayedOrigin::Visit* held = nullptr;
  bool holds = true;
  play([&](auto& visit, const std::string& request) {
    if (!holds) return file.answer(visit, request);
    held = &visit;
    const std::uint64_t from = std::strtoull(request.c_str() + request.find("bytes=") + 6, nullptr, 10);
    visit.say(
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 1048576\r\nCache-Control: max-age=1000\r\n"
        "ETag: \"a\"\r\nContent-Range: bytes " +
        std::to_string(from) + "-" + std::to_string(from + kSlice - 1) + "/" + std::to_string(file.size) +
        "\r\n\r\n" + file.bytes(from, from + 400'000));
  });
  auto& first = ask(kHere, "/a", range(kSlice, 2 * kSlice - 1));
  world.network.advance(1s);
  ASSERT_EQ(origin->requests.size(), 1u);
  EXPECT_TRUE(first.body() == file.bytes(kSlice, kSlice + 400'000)) << first.body().size();
  kill(1);
  world.network.advance(2s);
  held->say(file.bytes(kSlice + 400'000, 2 * kSlice));
  world.network.advance(1s);
  expect_part(first, kSlice, 2 * kSlice - 1);
  EXPECT_EQ(origin->requests.size(), 1u) << "the shield has what came, and goes on reading";
  EXPECT_GT(total("meridian_cdn_slice_runs_continued_total"), 0);

  auto& second = ask(kHere, "/a", range(2 * kSlice, 3 * kSlice - 1));
  world.network.advance(1s);
  EXPECT_TRUE(second.body() == file.bytes(2 * kSlice, 2 * kSlice + 400'000)) << second.body().size();
  holds = false;
  kill(2);
  world.network.advance(3s);
  expect_part(second, 2 * kSlice, 3 * kSlice - 1);
  EXPECT_EQ(origin->requests.size(), 3u) << "nobody else has what came";
  expect_part(get(kHere, "/a", range(kSlice, 3 * kSlice - 1)), kSlice, 3 * kSlice - 1);
  EXPECT_EQ(origin->requests.size(), 3u) << "and it is kept";
}

TEST_F(LargeObjectsInTiers, NobodyGetsOldSlicesFromWhoHasInvalidationsStillToCome) {
  rings = {};
  begin(2);
  for (std::uint64_t i = 0; i < 8; ++i) {
    const std::string target = "/p" + std::to_string(i);
    file.version = 'a';
    for (const std::size_t location : {0, 1}) expect_part(get(location, target, range(0, 9)), 0, 9);
    file.version = 'b';
    purge(0, target, 10 + i);
    expect_part(get(0, target, range(0, 2 * kSlice)), 0, 2 * kSlice);
    purge(1, target, 10 + i);
    expect_part(get(1, target, range(0, 2 * kSlice)), 0, 2 * kSlice);
    expect_whole(get(0, target));
    expect_whole(get(1, target));
  }
}

TEST_F(LargeObjectsInTiers, WhatHasExpiredIsRenewedWithoutComingAgain) {
  file.control = "max-age=10";
  begin();
  expect_whole(get(kHere, "/a"));
  world.network.advance(20s);
  const auto& renewed = get(kHere, "/a");
  expect_whole(renewed);
  EXPECT_EQ(renewed.field("X-Cache"), "RefreshHit from cloudfront");
  ASSERT_EQ(origin->requests.size(), 2u);
  EXPECT_THAT(origin->requests[1], HasSubstr("If-None-Match: \"a\"\r\n"));
  EXPECT_EQ(get(kHere, "/a", range(kSlice, kSlice + 9)).field("X-Cache"), "Hit from cloudfront");
  EXPECT_EQ(total("meridian_cdn_tier_ranges_total"), 0);
}

TEST_F(LargeObjectsInTiers, AreAtTheLocationAfterARestart) {
  using engines::cdn::disk::DiskCache;
  FakeDisk disk;
  engines::cdn::disk::AtOnce errands;
  key_secret = SipKey{7, 9};
  const auto open = [&](Process& process) {
    auto cache = DiskCache::open({disk, errands, process.shared->purges, process.metrics, "L"}, "d/L",
                                 256 * 1024 * 1024)
                     .value();
    process.shared->tiers[0]->keep_on(*cache);
    return cache;
  };
  begin();
  expect_part(get(1, "/a", range(kSlice, 2 * kSlice + 9)), kSlice, 2 * kSlice + 9);
  const auto before = open(*processes[0]);
  expect_part(get(kHere, "/a", range(kSlice, 2 * kSlice + 9)), kSlice, 2 * kSlice + 9);
  for (const std::size_t process : {0, 1, 2}) kill(process);
  const auto old = std::move(processes[0]);
  start(0);
  publish();
  const auto after = open(*processes[0]);
  const std::size_t asked = origin->requests.size();
  const auto& hit = get(kHere, "/a", range(kSlice + 5, 2 * kSlice + 9));
  expect_part(hit, kSlice + 5, 2 * kSlice + 9);
  EXPECT_EQ(hit.field("X-Cache"), "Hit from cloudfront");
  EXPECT_EQ(origin->requests.size(), asked);
  expect_whole(get(kHere, "/a"));
}

TEST_F(LargeObjectsInTiers, AnEdgeThatKnowsNoRangesIsPassedOver) {
  begin();
  kill(1);
  std::vector<std::string> refused;
  PlayedOrigin old(world.network, tiers_at(1), [&](auto& visit, const std::string& request) {
    refused.push_back(request);
    visit.say("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  });
  expect_part(get(kHere, "/a", range(kSlice + 10, kSlice + 19)), kSlice + 10, kSlice + 19);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_THAT(refused[0], HasSubstr("\r\nm-version: 2\r\n"));
  EXPECT_THAT(refused[0], HasSubstr("\r\nm-range: 1048576 2097151\r\n"));
  ASSERT_EQ(origin->requests.size(), 1u) << "by the next one's way";
  get(kHere, "/b");
  EXPECT_THAT(refused.back(), HasSubstr("\r\nm-version: 1\r\n")) << "it may know what all of it is";
}

TEST_F(LargeObjectsInTiers, ExplainTellsWhatIsMissingWhereAndWhoWouldBeAsked) {
  begin();
  const std::string cold = explain(kHere, "/a", range(kSlice + 5, kSlice + 9));
  EXPECT_THAT(cold, HasSubstr("eu-west-1: no copy"));
  EXPECT_THAT(cold, HasSubstr("Range: bytes=1048576-2097151\""));
  expect_part(get(1, "/a", range(2 * kSlice, 2 * kSlice + 9)), 2 * kSlice, 2 * kSlice + 9);
  expect_part(get(kHere, "/a", range(kSlice, kSlice + 9)), kSlice, kSlice + 9);
  const std::size_t asked = origin->requests.size();
  const std::string told = explain(kHere, "/a", range(kSlice + 5, file.size - 1));
  EXPECT_THAT(
      told, HasSubstr("TST0-C1: a copy: 200, 3158073 bytes in 4 slices, 1 of them in memory and 0 on disk"));
  EXPECT_THAT(told, HasSubstr("TST0-C1: bytes 2097152 to 3158072 of it are missing, and asked for"));
  EXPECT_THAT(told, HasSubstr("eu-west-1: at edge edge1, which says"));
  EXPECT_THAT(told, HasSubstr("eu-west-1: a copy: 200, 3158073 bytes in 4 slices, 2 of them"));
  EXPECT_THAT(told, HasSubstr("eu-west-1: bytes 3145728 to 3158072 of it are missing, and asked for"));
  EXPECT_THAT(told, HasSubstr("us-east-1: bytes 3145728 to 3158072 of it are missing, and asked for"));
  EXPECT_THAT(told, HasSubstr("206, Hit from cloudfront"));
  const std::string here = explain(kHere, "/a", range(kSlice + 5, kSlice + 9));
  EXPECT_THAT(here, Not(HasSubstr("missing")));
  EXPECT_EQ(origin->requests.size(), asked) << "and nobody is asked";
}

TEST_F(LargeObjectsInTiers, EdgesOfTwoConfigurationsDoNotWaitForOneAnother) {
  file.size = 12 * kSlice;
  rings = {{"eu-west-1"}, {"us-east-1"}};
  begin(2);
  auto other = world.distribution;
  other.origins[0].shield_region = "eu-west-1";
  const snapshots::cdn::SharedDistribution puts[] = {
      std::make_shared<const snapshots::cdn::Distribution>(other)};
  auto& snapshot = processes[1]->shared->snapshot;
  snapshot.publish(snapshot.latest().next(++revision, puts, {}));
  const std::size_t europe = 0, america = 11;  // each with its regional cache in its own process
  for (std::uint64_t slice = 0; slice < 12; slice += 2) {
    auto& one = ask(europe, "/a", range(slice * kSlice, slice * kSlice + 9));
    auto& two = ask(america, "/a", range(slice * kSlice, slice * kSlice + 9));
    world.network.advance(2s);
    expect_part(one, slice * kSlice, slice * kSlice + 9);
    expect_part(two, slice * kSlice, slice * kSlice + 9);
  }
}

}  // namespace
}  // namespace meridian::sim
