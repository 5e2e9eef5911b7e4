#include "engines/dns/rate_table.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace meridian::engines::dns {
namespace {

using namespace std::chrono_literals;

constexpr SystemTime kStart{std::chrono::seconds(1'700'000'000)};

int allowed(RateTable& table, std::uint64_t key, const Rate& rate, SystemTime now, int asked) {
  int count = 0;
  for (int i = 0; i < asked; ++i) count += table.take(key, rate, now) == 0;
  return count;
}

TEST(RateTableTest, LetsASecondsWorthThroughAtOnceAndThenTheRate) {
  RateTable table(1);
  const Rate ten(10, 1);
  EXPECT_EQ(allowed(table, 1, ten, kStart, 50), 10);
  EXPECT_EQ(allowed(table, 1, ten, kStart + 500ms, 50), 5);
  EXPECT_EQ(allowed(table, 1, ten, kStart + 1500ms, 50), 10) << "a whole bucket, and no more after a pause";
  EXPECT_EQ(allowed(table, 1, ten, kStart + 1h, 50), 10);
}

TEST(RateTableTest, OneOfSeveralWorkersIsRefilledAtItsShare) {
  RateTable table(1);
  const Rate share(10, 5);
  EXPECT_EQ(allowed(table, 1, share, kStart, 50), 10);
  EXPECT_EQ(allowed(table, 1, share, kStart + 1s, 50), 2);
}

TEST(RateTableTest, CountsHowManyInARowWereOver) {
  RateTable table(1);
  const Rate one(1, 1);
  EXPECT_EQ(table.take(1, one, kStart), 0u);
  EXPECT_EQ(table.take(1, one, kStart), 1u);
  EXPECT_EQ(table.take(1, one, kStart), 2u);
  EXPECT_EQ(table.take(1, one, kStart + 1s), 0u);
  EXPECT_EQ(table.take(1, one, kStart + 1s), 1u);
}

TEST(RateTableTest, AFloodOfOtherKeysDoesNotMakeItForgetWhoIsOver) {
  RateTable table(1024);
  const Rate rate(200, 1);
  SeededRandom random(1);
  const std::uint64_t victim = random.next();
  allowed(table, victim, rate, kStart, 1000);
  int passed = 0;
  // A second of a million forged prefixes, far more than there are entries.
  for (int i = 0; i < 1'000'000; ++i) {
    const SystemTime now = kStart + i * 1us;
    table.take(random.next(), rate, now);
    if (i % 100 == 0) passed += table.take(victim, rate, now) == 0;
  }
  EXPECT_GE(passed, 195);
  EXPECT_LE(passed, 201) << "forgotten in between";
}

TEST(RateTableTest, AClockSetBackHoldsNobodyBack) {
  RateTable table(1);
  const Rate one(1, 1);
  EXPECT_EQ(table.take(1, one, kStart), 0u);
  EXPECT_EQ(table.take(1, one, kStart - 1h), 0u);
  EXPECT_EQ(table.take(1, one, kStart - 1h), 1u);
}

TEST(RateTableTest, KeysThatShareALineDoNotShareABucket) {
  RateTable table(1);
  const Rate one(1, 1);
  for (std::uint64_t key = 1; key <= RateTable::kEntriesALine; ++key)
    EXPECT_EQ(table.take(key << 32, one, kStart), 0u) << key;
  for (std::uint64_t key = 1; key <= RateTable::kEntriesALine; ++key)
    EXPECT_EQ(table.take(key << 32, one, kStart), 1u) << key;
}

}  // namespace
}  // namespace meridian::engines::dns
