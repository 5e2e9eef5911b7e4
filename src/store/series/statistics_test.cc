#include "store/series/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

namespace meridian::store {
namespace {

TEST(Statistics, CountsSumsAndBounds) {
  Statistics all = Statistics::of(3);
  all.merge(Statistics::of(-1));
  all.merge(Statistics::of(5, 2));
  EXPECT_EQ(all.count(), 4);
  EXPECT_EQ(all.sum(), 12);
  EXPECT_EQ(all.minimum(), -1);
  EXPECT_EQ(all.maximum(), 5);
  EXPECT_EQ(all.average(), 3);
}

TEST(Statistics, NothingMergedIsNothing) {
  Statistics all;
  all.merge(Statistics());
  EXPECT_EQ(all.count(), 0);
  all.merge(Statistics::of(7));
  EXPECT_EQ(all.minimum(), 7);
}

TEST(Statistics, PercentilesAreWithinTheirAccuracyWhateverTheMerge) {
  std::mt19937 random(5);
  std::lognormal_distribution<double> draw(0, 2);
  std::vector<double> values;
  std::vector<Statistics> parts(10);
  for (int i = 0; i < 20000; ++i) {
    values.push_back(draw(random));
    parts[random() % parts.size()].merge(Statistics::of(values.back()));
  }
  Statistics all;
  for (const Statistics& part : parts) all.merge(part);
  std::ranges::sort(values);
  for (const double share : {0.5, 0.9, 0.95, 0.99, 0.999}) {
    const double exact = values[static_cast<std::size_t>(share * static_cast<double>(values.size())) - 1];
    EXPECT_NEAR(all.percentile(share), exact, exact * 0.02) << share;
  }
  EXPECT_EQ(all.percentile(1), values.back());
}

TEST(Statistics, NegativeValuesAndZeroHaveTheirPlaceInTheOrder) {
  Statistics all;
  for (const double value : {-100.0, -1.0, 0.0, 1.0, 100.0}) all.merge(Statistics::of(value));
  EXPECT_NEAR(all.percentile(0.2), -100, 1);
  EXPECT_NEAR(all.percentile(0.4), -1, 0.02);
  EXPECT_EQ(all.percentile(0.6), 0);
  EXPECT_NEAR(all.percentile(0.8), 1, 0.02);
  EXPECT_DOUBLE_EQ(all.share_between(-50, 50), 0.6);
  EXPECT_DOUBLE_EQ(all.share_between(-std::numeric_limits<double>::infinity(), 0), 0.6);
}

TEST(Statistics, ASetOfUnknownValuesHasNoPercentilesUnlessTheyAreAllTheSame) {
  EXPECT_FALSE(Statistics::of_set(10, 55, 1, 10).has_percentiles());
  EXPECT_TRUE(Statistics::of_set(10, 50, 5, 5).has_percentiles());
  Statistics mixed = Statistics::of(1);
  mixed.merge(Statistics::of_set(10, 55, 1, 10));
  EXPECT_FALSE(mixed.has_percentiles());
}

TEST(Statistics, BucketsAreBoundedAndTheUpperOnesStayExact) {
  Statistics all;
  for (int i = 0; i < 5000; ++i) all.merge(Statistics::of(std::pow(1.03, i)));
  EXPECT_LT(all.encode().size(), 12 * Statistics::kBucketsMax + 64);
  EXPECT_EQ(all.count(), 5000);
  const double exact = std::pow(1.03, 4949);
  EXPECT_NEAR(all.percentile(0.99), exact, exact * 0.02);
}

TEST(Statistics, IsReadBackAsWritten) {
  Statistics all = Statistics::of_set(3, 6, 1, 3);
  const auto again = Statistics::decode(all.encode());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->encode(), all.encode());
  EXPECT_FALSE(again->has_percentiles());
  EXPECT_FALSE(Statistics::decode(all.encode() + "x"));
  EXPECT_FALSE(Statistics::decode(""));
}

}  // namespace
}  // namespace meridian::store
