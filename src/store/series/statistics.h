// Statistics: what is kept of all values of a metric in one period. Two of them merge into one, so that a
// longer period, or another server's share, is never read from the values themselves.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace meridian::store {

class Statistics {
 public:
  // Buckets of the distribution; beyond, those of the smallest values become one.
  static constexpr std::size_t kBucketsMax = 1024;
  static constexpr double kAccuracy = 0.01;  // of percentiles: the relative error

  static Statistics of(double value, double count = 1);
  // A set whose values are not known but for these; it has no percentiles, unless all are the same.
  static Statistics of_set(double count, double sum, double minimum, double maximum);

  double count() const { return count_; }
  double sum() const { return sum_; }
  double minimum() const { return minimum_; }
  double maximum() const { return maximum_; }
  double average() const { return sum_ / count_; }
  bool has_percentiles() const { return distributed_; }
  // `share` in 0..1. Of values at most kAccuracy away.
  double percentile(double share) const;
  // The part of the values that lies in (low, high], 0..1; either bound may be infinite.
  double share_between(double low, double high) const;

  void merge(const Statistics& other);

  std::string encode() const;
  static Result<Statistics> decode(std::string_view bytes);

 private:
  // By ascending value. Index 0 is zero; i > 0 holds (g^(i-1-offset), g^(i-offset)], negative ones mirror
  // them.
  struct Bucket {
    std::int32_t index = 0;
    double count = 0;
  };
  static std::int32_t index_of(double value);
  static double value_of(std::int32_t index);

  double count_ = 0, sum_ = 0, minimum_ = 0, maximum_ = 0;
  bool distributed_ = true;
  std::vector<Bucket> buckets_;
};

}  // namespace meridian::store
