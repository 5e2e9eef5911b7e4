#include "services/cloudwatch/statistic.h"

#include <gtest/gtest.h>

namespace meridian::services::cloudwatch {
namespace {

using namespace std::chrono_literals;
using store::Statistics;

std::optional<double> value(std::string_view statistic, const Statistics& statistics) {
  const auto parsed = Statistic::parse(statistic);
  EXPECT_TRUE(parsed) << statistic;
  return parsed ? parsed->of(statistics) : std::nullopt;
}

TEST(StatisticTest, OfValues) {
  Statistics statistics;
  for (int i = 1; i <= 100; ++i) statistics.merge(Statistics::of(i));
  EXPECT_EQ(value("SampleCount", statistics), 100);
  EXPECT_EQ(value("Sum", statistics), 5050);
  EXPECT_EQ(value("Average", statistics), 50.5);
  EXPECT_EQ(value("Minimum", statistics), 1);
  EXPECT_EQ(value("Maximum", statistics), 100);
  EXPECT_NEAR(*value("p90", statistics), 90, 1.5);
  EXPECT_NEAR(*value("p99.9", statistics), 100, 1.5);
  EXPECT_EQ(value("p0", statistics), 1);
  EXPECT_EQ(value("p100", statistics), 100);
  EXPECT_NEAR(*value("PR(:25)", statistics), 25, 1.5);
  EXPECT_NEAR(*value("PR(25:75)", statistics), 50, 2);
  EXPECT_NEAR(*value("PR(90:)", statistics), 10, 1.5);
}

TEST(StatisticTest, AStatisticSetHasNoPercentiles) {
  const auto set = Statistics::of_set(10, 50, 1, 9);
  EXPECT_EQ(value("Average", set), 5);
  EXPECT_EQ(value("p50", set), std::nullopt);
  EXPECT_EQ(value("PR(:5)", set), std::nullopt);
}

TEST(StatisticTest, WhatIsNotKeptIsNoStatistic) {
  for (const char* text :
       {"",      "average", "p",      "p101", "p-1",         "p+1",  "pp",   "p9x",  "PR()", "PR(:)",
        "PR(5)", "PR(9:1)", "PR(1:2", "tm90", "TM(10%:90%)", "wm90", "tc90", "ts90", "IQM",  "Average "})
    EXPECT_FALSE(Statistic::parse(text)) << text;
  EXPECT_FALSE(Statistic::parse_basic("p50"));
  EXPECT_FALSE(Statistic::parse_extended("Sum"));
}

TEST(StatisticTest, Periods) {
  for (const int good : {1, 5, 10, 20, 30, 60, 120, 86400}) EXPECT_TRUE(is_period(good)) << good;
  for (const int bad : {-60, 0, 2, 15, 59, 61, 90, 86460}) EXPECT_FALSE(is_period(bad)) << bad;
}

TEST(StatisticTest, TheOlderTheCoarserTheStart) {
  const SystemTime now{std::chrono::seconds(1'800'000'000)}, start = now + 59min + 59s;
  EXPECT_EQ(rounded_start(start, start + 1h, 10s), now + 59min + 50s);
  EXPECT_EQ(rounded_start(start, start + 1h, 60s), now + 59min);
  EXPECT_EQ(rounded_start(start, start + std::chrono::days(16), 60s), now + 55min);
  EXPECT_EQ(rounded_start(start, start + std::chrono::days(64), 60s), now);
}

}  // namespace
}  // namespace meridian::services::cloudwatch
