#include "store/series/statistic.h"

#include <gtest/gtest.h>

namespace meridian::store {
namespace {

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

}  // namespace
}  // namespace meridian::store
