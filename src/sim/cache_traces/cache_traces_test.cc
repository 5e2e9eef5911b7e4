#include <gtest/gtest.h>

#include <unordered_map>

#include "sim/cache_traces/policies.h"
#include "sim/cache_traces/traces.h"

namespace meridian::sim {
namespace {

constexpr TraceCounts kCounts{2000, 40'000};

template <typename Policy>
double hit_ratio(Policy policy, const std::vector<CacheRequest>& trace, std::uint64_t bytes_max) {
  std::size_t hits = 0;
  for (const CacheRequest& request : trace) {
    hits += policy.ask(request.key, request.size) ? 1 : 0;
    EXPECT_LE(policy.bytes(), bytes_max);
  }
  return static_cast<double>(hits) / static_cast<double>(trace.size());
}

TEST(CacheTraces, ASeedMakesTheSameRequests) {
  for (const TraceShape shape : kTraceShapes) {
    EXPECT_EQ(make_trace(shape, kCounts, 7), make_trace(shape, kCounts, 7));
    EXPECT_NE(make_trace(shape, kCounts, 7), make_trace(shape, kCounts, 8));
  }
}

TEST(CacheTraces, AnObjectHasOneSize) {
  std::unordered_map<std::uint64_t, std::uint32_t> sizes;
  for (const CacheRequest& request : make_trace(TraceShape::Cdn, kCounts, 1))
    EXPECT_EQ(sizes.emplace(request.key, request.size).first->second, request.size);
}

TEST(CacheTraces, HalfOfOneHitWondersAreAskedForOnce) {
  std::unordered_map<std::uint64_t, int> times;
  for (const CacheRequest& request : make_trace(TraceShape::OneHitWonders, kCounts, 1)) ++times[request.key];
  const auto once = std::ranges::count_if(times, [](const auto& entry) { return entry.second == 1; });
  EXPECT_NEAR(static_cast<double>(once) / static_cast<double>(kCounts.requests), 0.5, 0.02);
}

TEST(CacheTraces, ASteeperZipfIsEasierToCache) {
  double before = 0;
  for (const TraceShape shape : {TraceShape::ZipfFlat, TraceShape::Zipf, TraceShape::ZipfSteep}) {
    const auto trace = make_trace(shape, kCounts, 1);
    const std::uint64_t bytes = footprint(trace) / 10;
    const double ratio = hit_ratio(Lru<std::uint64_t>(bytes), trace, bytes);
    EXPECT_GT(ratio, before + 0.05);
    before = ratio;
  }
}

TEST(CachePolicies, NoneKeepsMoreThanItMayAndNoneIsFarWorseThanLru) {
  for (const TraceShape shape : kTraceShapes) {
    const auto trace = make_trace(shape, kCounts, 3);
    const std::uint64_t bytes = footprint(trace) / 10;
    const double lru = hit_ratio(Lru<std::uint64_t>(bytes), trace, bytes);
    EXPECT_GT(hit_ratio(Sieve<std::uint64_t>(bytes), trace, bytes), lru * 0.8) << to_string(shape);
    EXPECT_GT(hit_ratio(S3Fifo<std::uint64_t>(bytes), trace, bytes), lru * 0.8) << to_string(shape);
    EXPECT_GT(hit_ratio(WTinyLfu<std::uint64_t>(bytes), trace, bytes), lru * 0.8) << to_string(shape);
  }
}

TEST(CachePolicies, ScansDoNotDriveOutWhatIsAskedForAgain) {
  const auto trace = make_trace(TraceShape::Scans, kCounts, 3);
  const std::uint64_t bytes = footprint(trace) / 20;
  const double lru = hit_ratio(Lru<std::uint64_t>(bytes), trace, bytes);
  EXPECT_GT(hit_ratio(Sieve<std::uint64_t>(bytes), trace, bytes), lru);
  EXPECT_GT(hit_ratio(S3Fifo<std::uint64_t>(bytes), trace, bytes), lru);
  EXPECT_GT(hit_ratio(WTinyLfu<std::uint64_t>(bytes), trace, bytes), lru);
}

TEST(CachePolicies, OneThatIsSmallEnoughIsKeptFromTheSecondRequestOn) {
  Lru<int> lru(10'000);
  Sieve<int> sieve(10'000);
  S3Fifo<int> fifo(10'000);
  WTinyLfu<int> lfu(10'000'000);
  EXPECT_FALSE(lru.ask(1, 100) || sieve.ask(1, 100) || fifo.ask(1, 100) || lfu.ask(1, 100));
  EXPECT_TRUE(lru.ask(1, 100) && sieve.ask(1, 100) && fifo.ask(1, 100) && lfu.ask(1, 100));
}

TEST(CachePolicies, SlicesOfWhatIsLargeHaveMemoryOfTheirOwn) {
  constexpr std::uint64_t kMiB = 1 << 20;
  SplitS3Fifo split(10 * kMiB, 80, 100'000);
  EXPECT_EQ(split.ask_bytes(1, 6 * kMiB), 0u);
  for (std::uint64_t once = 100; once < 1000; ++once) EXPECT_FALSE(split.ask(once, 10'000));
  EXPECT_EQ(split.ask_bytes(1, 6 * kMiB), 6 * kMiB);
  EXPECT_FALSE(split.ask(2, 5 * kMiB));
  const std::uint64_t left = split.ask_bytes(1, 6 * kMiB);
  EXPECT_GT(left, 0u);
  EXPECT_LE(split.bytes(), 10 * kMiB);
}

TEST(FrequencySketch, CountsWhatCameAgainAndForgetsInTime) {
  FrequencySketch sketch(64);
  for (int i = 0; i < 5; ++i) sketch.add(42);
  sketch.add(43);
  EXPECT_EQ(sketch.count(42), 5u);
  EXPECT_EQ(sketch.count(43), 1u);
  for (std::uint64_t i = 0; i < 640; ++i) sketch.add(7);
  EXPECT_LT(sketch.count(42), 5u);
}

}  // namespace
}  // namespace meridian::sim
