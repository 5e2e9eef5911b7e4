#include "services/cloudwatch/periods.h"

#include <gtest/gtest.h>

namespace meridian::services::cloudwatch {
namespace {

using namespace std::chrono_literals;

TEST(PeriodsTest, Periods) {
  for (const int good : {1, 5, 10, 20, 30, 60, 120, 86400}) EXPECT_TRUE(is_period(good)) << good;
  for (const int bad : {-60, 0, 2, 15, 59, 61, 90, 86460}) EXPECT_FALSE(is_period(bad)) << bad;
}

TEST(PeriodsTest, TheOlderTheCoarserTheStart) {
  const SystemTime now{std::chrono::seconds(1'800'000'000)}, start = now + 59min + 59s;
  EXPECT_EQ(rounded_start(start, start + 1h, 10s), now + 59min + 50s);
  EXPECT_EQ(rounded_start(start, start + 1h, 60s), now + 59min);
  EXPECT_EQ(rounded_start(start, start + std::chrono::days(16), 60s), now + 55min);
  EXPECT_EQ(rounded_start(start, start + std::chrono::days(64), 60s), now);
}

}  // namespace
}  // namespace meridian::services::cloudwatch
