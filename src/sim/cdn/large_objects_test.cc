// Objects that no cache takes in one piece, and parts of objects that are not here yet: what viewers get, and
// what origins are asked for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/cdn/disk/disk_fixture.h"
#include "engines/cdn/slices/slice_memory.h"
#include "sim/cdn/played_file.h"
#include "sim/cdn/virtual_cdn.h"

namespace meridian::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kSlice = engines::cdn::slices::kSliceBytes;

class LargeObjects : public testing::Test {
 protected:
  LargeObjects() { play(); }
  void play() {
    origin = std::make_unique<PlayedOrigin>(
        cdn.network, VirtualCdn::kFirst,
        [this](auto& visit, const std::string& request) { file.answer(visit, request); });
    cdn.publish();
  }
  std::string range(std::uint64_t from, std::uint64_t last) {
    return "Range: bytes=" + std::to_string(from) + "-" + std::to_string(last) + "\r\n";
  }
  void expect_part(const PlayedViewer& viewer, std::uint64_t from, std::uint64_t last) {
    EXPECT_EQ(viewer.status(), 206);
    EXPECT_EQ(viewer.field("Content-Range"),
              "bytes " + std::to_string(from) + "-" + std::to_string(last) + "/" + std::to_string(file.size));
    EXPECT_TRUE(viewer.body() == file.bytes(from, last + 1)) << viewer.body().size();
  }
  void expect_whole(const PlayedViewer& viewer) {
    EXPECT_EQ(viewer.status(), 200);
    EXPECT_TRUE(viewer.body() == file.bytes(0, file.size)) << viewer.body().size() << " of " << file.size;
  }

  VirtualCdn cdn{{""}, nullptr, {.cache_bytes = 1024 * 1024, .slice_bytes = 16 * kSlice}};
  PlayedFile file{.size = 3 * kSlice + 12'345};
  std::unique_ptr<PlayedOrigin> origin;
};

TEST_F(LargeObjects, AreKeptAndGivenOutWholeAndInParts) {
  expect_whole(cdn.get("/a"));
  const auto& again = cdn.get("/a");
  expect_whole(again);
  EXPECT_EQ(again.field("X-Cache"), "Hit from cloudfront");
  expect_part(cdn.get("/a", range(kSlice - 5, 2 * kSlice + 5)), kSlice - 5, 2 * kSlice + 5);
  expect_part(cdn.get("/a", "Range: bytes=-7\r\n"), file.size - 7, file.size - 1);
  EXPECT_EQ(cdn.get("/a", range(file.size, file.size + 1)).status(), 416);
  EXPECT_EQ(cdn.get("/a", "If-None-Match: \"a\"\r\n").status(), 304);
  const auto& parts = cdn.get("/a", "Range: bytes=1-2,2000000-2000001\r\n");
  EXPECT_EQ(parts.status(), 206);
  EXPECT_THAT(parts.body(), HasSubstr("\r\n\r\n" + file.bytes(2'000'000, 2'000'002) + "\r\n--"));
  cdn.ask("/a", "", 0, "HEAD");
  cdn.network.advance(1s);
  EXPECT_EQ(cdn.viewers.back()->field("Content-Length"), std::to_string(file.size));
  EXPECT_EQ(origin->requests.size(), 1u);
}

TEST_F(LargeObjects, OfWhatIsNotHereTheSlicesAreAskedForThatTheRangeLiesIn) {
  expect_part(cdn.get("/a", range(kSlice + 10, kSlice + 19)), kSlice + 10, kSlice + 19);
  EXPECT_EQ(cdn.viewers.back()->field("X-Cache"), "Miss from cloudfront");
  ASSERT_EQ(origin->requests.size(), 1u);
  EXPECT_THAT(origin->requests[0], HasSubstr("Range: bytes=1048576-2097151\r\n"));
  EXPECT_THAT(origin->requests[0], Not(HasSubstr("If-Range")));
  expect_part(cdn.get("/a", range(kSlice, 2 * kSlice - 1)), kSlice, 2 * kSlice - 1);
  EXPECT_EQ(cdn.viewers.back()->field("X-Cache"), "Hit from cloudfront");
  EXPECT_EQ(origin->requests.size(), 1u);
  expect_part(cdn.get("/a", range(2 * kSlice - 1, 2 * kSlice)), 2 * kSlice - 1, 2 * kSlice);
  ASSERT_EQ(origin->requests.size(), 2u);
  EXPECT_THAT(origin->requests[1], HasSubstr("Range: bytes=2097152-3145727\r\n"));
  EXPECT_THAT(origin->requests[1], HasSubstr("If-Range: \"a\"\r\n"));
  expect_whole(cdn.get("/a"));
  ASSERT_EQ(origin->requests.size(), 4u) << "what lies before and behind it";
  expect_whole(cdn.get("/a"));
  EXPECT_EQ(origin->requests.size(), 4u);
}

TEST_F(LargeObjects, TheEndOfWhatIsNotHereIsFoundByAskingForTheBeginning) {
  expect_part(cdn.get("/a", "Range: bytes=-9\r\n"), file.size - 9, file.size - 1);
  ASSERT_EQ(origin->requests.size(), 2u);
  EXPECT_THAT(origin->requests[0], HasSubstr("Range: bytes=0-1048575\r\n"));
  EXPECT_THAT(origin->requests[1], HasSubstr("Range: bytes=3145728-3158072\r\n"));
}

TEST_F(LargeObjects, WhatFitsIntoOneSliceIsKeptWholeWhenAPartOfItIsAskedFor) {
  file.size = 1000;
  expect_part(cdn.get("/a", range(10, 19)), 10, 19);
  EXPECT_THAT(origin->requests[0], HasSubstr("Range: bytes=0-1048575\r\n"));
  expect_whole(cdn.get("/a"));
  EXPECT_EQ(cdn.viewers.back()->field("X-Cache"), "Hit from cloudfront");
  EXPECT_EQ(cdn.viewers.back()->field("Content-Range"), "");
  EXPECT_EQ(origin->requests.size(), 1u);
}

TEST_F(LargeObjects, ARangeThatLiesBehindTheObjectIsRefusedAndNothingIsForgotten) {
  cdn.get("/a", range(0, 9));
  EXPECT_EQ(cdn.get("/b", range(20 * kSlice, 20 * kSlice + 1)).status(), 416);
  EXPECT_EQ(cdn.get("/b", range(0, 9)).field("X-Cache"), "Miss from cloudfront");
  EXPECT_EQ(cdn.get("/b", range(0, 9)).field("X-Cache"), "Hit from cloudfront");
}

TEST_F(LargeObjects, WithoutAStrongValidatorAPartIsGivenOutAndNotKept) {
  file.has_etag = false;
  expect_part(cdn.get("/a", range(kSlice + 10, kSlice + 19)), kSlice + 10, kSlice + 19);
  expect_part(cdn.get("/a", "Range: bytes=-9\r\n"), file.size - 9, file.size - 1);
  expect_whole(cdn.get("/a"));
  EXPECT_EQ(cdn.get("/a", range(1, 2)).field("X-Cache"), "Miss from cloudfront");
}

TEST_F(LargeObjects, ViewersElsewhereInItDoNotWaitForOneAnotherAndNoSliceIsAskedForTwice) {
  file.size = 12 * kSlice;
  auto& first = cdn.ask("/a", range(0, kSlice - 1));
  auto& far = cdn.ask("/a", range(9 * kSlice, 10 * kSlice - 1));
  std::vector<PlayedViewer*> many;
  for (int i = 0; i < 20; ++i)
    many.push_back(&cdn.ask("/a", range(static_cast<std::uint64_t>(i % 10) * kSlice + 100,
                                        static_cast<std::uint64_t>(i % 10) * kSlice + 200)));
  cdn.network.advance(2s);
  expect_part(first, 0, kSlice - 1);
  expect_part(far, 9 * kSlice, 10 * kSlice - 1);
  for (std::uint64_t i = 0; i < many.size(); ++i)
    expect_part(*many[i], i % 10 * kSlice + 100, i % 10 * kSlice + 200);
  EXPECT_EQ(origin->requests.size(), 10u);
  EXPECT_GE(origin->visits, 2u);
}

TEST_F(LargeObjects, WhenTheOriginHasAnotherObjectWhoReadsIsCutOffAndTheNextGetsIt) {
  cdn.get("/a", range(0, 9));
  file.version = 'b';
  auto& old = cdn.get("/a", range(5, 2 * kSlice));
  EXPECT_TRUE(old.closed);
  EXPECT_TRUE(old.body() == PlayedFile{.size = file.size}.bytes(5, kSlice)) << "and no byte of the other";
  expect_whole(cdn.get("/a"));
  expect_part(cdn.get("/a", range(0, 9)), 0, 9);
}

TEST_F(LargeObjects, AnOriginWithoutRangesIsReadFromTheBeginning) {
  file.has_ranges = false;
  expect_part(cdn.get("/a", range(2 * kSlice + 1, 2 * kSlice + 9)), 2 * kSlice + 1, 2 * kSlice + 9);
  expect_whole(cdn.get("/a"));
  EXPECT_LE(origin->requests.size(), 2u);
}

TEST_F(LargeObjects, WhatBreaksOffIsAskedForFromThereOn) {
  file.cut_after = kSlice + 1000;
  expect_whole(cdn.get("/a"));
  ASSERT_EQ(origin->requests.size(), 2u);
  EXPECT_THAT(origin->requests[1], HasSubstr("Range: bytes=1049576-3158072\r\n"));
}

TEST_F(LargeObjects, AnInvalidationTakesAllOfItAndWhoReadsMayReadOn) {
  file.size = 12 * kSlice;
  auto& reading = cdn.ask("/a");
  cdn.network.advance(70ms);
  cdn.shared->purges.of("E1")->purge("/a");
  cdn.network.advance(2s);
  expect_whole(reading);
  const std::size_t before = origin->requests.size();
  expect_part(cdn.get("/a", range(0, 9)), 0, 9);
  EXPECT_EQ(cdn.viewers.back()->field("X-Cache"), "Miss from cloudfront");
  EXPECT_EQ(origin->requests.size(), before + 1);
}

TEST_F(LargeObjects, A304RenewsTheHeadOfAllSlices) {
  file.control = "max-age=10";
  expect_whole(cdn.get("/a"));
  cdn.network.advance(20s);
  expect_whole(cdn.get("/a"));
  EXPECT_EQ(cdn.viewers.back()->field("X-Cache"), "RefreshHit from cloudfront");
  ASSERT_EQ(origin->requests.size(), 2u);
  EXPECT_EQ(cdn.get("/a", range(kSlice, kSlice + 9)).field("X-Cache"), "Hit from cloudfront");
  EXPECT_EQ(origin->requests.size(), 2u);
}

TEST_F(LargeObjects, ManySmallOnesDoNotTakeTheHeadFromItsSlices) {
  expect_whole(cdn.get("/a"));
  const std::uint64_t size = std::exchange(file.size, 8000);
  for (int i = 0; i < 400; ++i) expect_whole(cdn.get("/small/" + std::to_string(i)));
  ASSERT_EQ(origin->requests.size(), 401u);
  file.size = size;
  expect_whole(cdn.get("/a"));
  EXPECT_EQ(origin->requests.size(), 401u);
}

TEST_F(LargeObjects, LongerThanAllMemoryForSlicesTheyPassThroughIt) {
  file.size = 40 * kSlice + 77;
  auto& viewer = cdn.get("/a", "", 5s);
  expect_whole(viewer);
  auto& second = cdn.get("/a", "", 5s);
  expect_whole(second);
  expect_part(cdn.get("/a", range(39 * kSlice, 40 * kSlice)), 39 * kSlice, 40 * kSlice);
}

TEST_F(LargeObjects, AnOriginIsNotReadAheadOfWhoReads) {
  file.size = 12 * kSlice;
  auto& viewer = cdn.ask("/a", range(0, 9));
  cdn.network.advance(5s);
  expect_part(viewer, 0, 9);
  EXPECT_THAT(origin->requests[0], HasSubstr("Range: bytes=0-1048575\r\n"));
  EXPECT_EQ(origin->requests.size(), 1u);
}

TEST_F(LargeObjects, AreThereAfterARestartAsFarAsTheyHaveCome) {
  using engines::cdn::disk::DiskCache;
  FakeDisk disk;
  engines::cdn::disk::AtOnce errands;
  const auto open = [&](VirtualCdn& world) {
    return DiskCache::open({disk, errands, world.shared->purges, world.metrics, "L"}, "d/L",
                           256 * 1024 * 1024)
        .value();
  };
  const auto first_disk = open(cdn);
  cdn.shared->tiers[0]->keep_on(*first_disk);
  expect_part(cdn.get("/a", range(kSlice, 2 * kSlice + 9)), kSlice, 2 * kSlice + 9);
  VirtualCdn other{{""}, nullptr, {.cache_bytes = 1024 * 1024, .slice_bytes = 16 * kSlice}};
  PlayedOrigin again(other.network, VirtualCdn::kFirst,
                     [this](auto& visit, const std::string& request) { file.answer(visit, request); });
  other.publish();
  const auto its_disk = open(other);
  other.shared->tiers[0]->keep_on(*its_disk);
  const auto& hit = other.get("/a", range(kSlice + 5, 2 * kSlice + 9));
  expect_part(hit, kSlice + 5, 2 * kSlice + 9);
  EXPECT_EQ(hit.field("X-Cache"), "Hit from cloudfront");
  EXPECT_EQ(again.requests.size(), 0u);
  expect_whole(other.get("/a"));
  ASSERT_EQ(again.requests.size(), 2u);
  EXPECT_THAT(again.requests[0], HasSubstr("Range: bytes=0-1048575\r\n"));
  EXPECT_THAT(again.requests[1], HasSubstr("Range: bytes=3145728-"));
  file.version = 'b';
  other.shared->purges.of("E1")->purge("/a");
  expect_whole(other.get("/a"));
}

}  // namespace
}  // namespace meridian::sim
