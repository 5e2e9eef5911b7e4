#include "store/embedded/record_cache.h"

#include <gtest/gtest.h>

namespace meridian::store {
namespace {

KeyValue item(std::string_view key, std::string_view value) {
  return {std::string(key), std::string(value), 1, 1, 0};
}

TEST(RecordCache, AnswersWhatWasReadAlsoThatNothingIsThere) {
  RecordCache cache;
  std::uint64_t seen = 0;
  EXPECT_FALSE(cache.find("a", seen));
  cache.keep("a", item("a", "1"), seen);
  EXPECT_FALSE(cache.find("b", seen));
  cache.keep("b", std::nullopt, seen);
  ASSERT_TRUE(cache.find("a", seen));
  EXPECT_EQ((*cache.find("a", seen))->value, "1");
  ASSERT_TRUE(cache.find("b", seen));
  EXPECT_FALSE(*cache.find("b", seen));
}

TEST(RecordCache, ForgetsWhatACommitChanges) {
  RecordCache cache;
  std::uint64_t seen = 0;
  cache.find("a", seen);
  cache.keep("a", item("a", "1"), seen);
  cache.begin_change({"a"});
  EXPECT_FALSE(cache.find("a", seen));
  cache.end_change({"a"});
  EXPECT_FALSE(cache.find("a", seen));
}

// Each of these readers asked the database before the commit was in it, and comes back at another moment.
TEST(RecordCache, TakesNothingThatWasReadBeforeACommitEnded) {
  RecordCache cache;
  std::uint64_t before = 0, during = 0, now = 0;
  cache.find("a", before);
  cache.begin_change({"a"});
  cache.find("a", during);
  cache.keep("a", item("a", "old"), before);
  cache.keep("a", item("a", "old"), during);
  EXPECT_FALSE(cache.find("a", now));
  cache.end_change({"a"});
  cache.keep("a", item("a", "old"), before);
  cache.keep("a", item("a", "old"), during);
  EXPECT_FALSE(cache.find("a", now));
  cache.keep("a", item("a", "new"), now);
  EXPECT_EQ((*cache.find("a", now))->value, "new");
}

TEST(RecordCache, AStampDiffersAfterEachChangeAndThereIsNoneMeanwhile) {
  RecordCache cache;
  const std::size_t a = Stamps::hash_of("a"), b = Stamps::hash_of("b");
  const auto of_b = cache.stamp(b);
  std::optional<std::uint64_t> last = cache.stamp(a);
  ASSERT_TRUE(last);
  EXPECT_EQ(cache.stamp(a), last);
  for (int i = 0; i < 3; ++i) {
    cache.begin_change({"a", "c"});
    EXPECT_FALSE(cache.stamp(a));
    cache.end_change({"a", "c"});
    const auto now = cache.stamp(a);
    ASSERT_TRUE(now);
    EXPECT_NE(now, last);
    last = now;
  }
  EXPECT_EQ(cache.stamp(b), of_b);
}

TEST(RecordCache, StaysWithinItsBytesAndKeepsWhatIsUsed) {
  constexpr std::size_t kMax = 256 * 1024;
  RecordCache cache(kMax);
  std::uint64_t seen = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string key = "key-" + std::to_string(i);
    cache.find(key, seen);
    cache.keep(key, item(key, std::string(100, 'x')), seen);
    cache.find("used", seen) ? void() : cache.keep("used", item("used", "!"), seen);
    EXPECT_LE(cache.bytes(), kMax);
  }
  EXPECT_TRUE(cache.find("used", seen));
  EXPECT_FALSE(cache.find("key-0", seen));
  cache.find("huge", seen);
  cache.keep("huge", item("huge", std::string(RecordCache::kRecordBytesMax + 1, 'x')), seen);
  EXPECT_FALSE(cache.find("huge", seen));
}

}  // namespace
}  // namespace meridian::store
